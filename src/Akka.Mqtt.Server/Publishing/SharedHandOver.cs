using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>Finds another member of the group of a shared subscription. Thread safe.</summary>
internal static class SharedHandOver
{
    /// <summary>
    /// Gives a message of a shared subscription to another member when a member cannot deliver it (U-4.8.2-1 v5).
    /// </summary>
    /// <param name="context">The server.</param>
    /// <param name="clientId">The client identifier of the previous member.</param>
    /// <param name="message">The message.</param>
    /// <param name="from">The previous member.</param>
    /// <param name="connectedOnly">Whether only a connected member may get the message.</param>
    /// <returns>Whether another member got it.</returns>
    public static bool TryHandOver(
        ServerContext context, string clientId, in QueuedMessage message, DeliveryTarget from, bool connectedOnly)
    {
        var key = message.Share!;
        var packet = message.Packet;
        // Chooses among the members of this node only: another node does not report whether its members are connected, and two nodes
        // without a connected member would send a message to each other for ever.
        var member = context.Routing.Current.Find(key)?.Choose(
            context.Settings.SharedSubscriptionStrategy, clientId, packet.Topic, from, localOnly: connectedOnly);
        if (member is null || (connectedOnly && !member.IsConnected))
            return false;
        var properties = packet.Properties;
        if (member.Identifier != 0 || properties is { SubscriptionIdentifiers.IsEmpty: false })
            properties = (properties ?? new PublishProperties()) with { SubscriptionIdentifiers = MessageShape.Identifiers(member.Identifier) };
        packet = packet with
        {
            QoS = packet.QoS < member.QoS ? packet.QoS : member.QoS, // [MQTT-4.8.2-3 v5]
            Retain = packet.Retain && member.RetainAsPublished,
            Properties = properties,
        };
        var target = member.Target;
        var delivery = new Deliver(target, new MessageBatch([packet], isShared: false), message.ReceivedAt, [key]);
        if (target.Session != 0 && packet.QoS != QualityOfService.AtMostOnce && context.Topics?.Writes(packet.Topic, target.ClientId) != false)
            delivery = Written(context.Engine!, delivery);
        if (!target.TryDeliver(delivery)
            && (packet.QoS == QualityOfService.AtMostOnce || !target.DeliverBehind(delivery, null)))
        {
            context.Drops.Add(DropReason.SessionBehind, 1);
        }
        return true;
    }

    private static Deliver Written(IStorageEngine engine, Deliver delivery)
    {
        var first = engine.NextMessages(delivery.Packets.Length);
        var ticket = engine.Append(new StoreUnit(
            [new StoreOp.Queued(first, delivery.Packets, delivery.ReceivedAt, [delivery.Target.Session], delivery.Shares)], null));
        return delivery with { First = first, Ticket = ticket };
    }
}
