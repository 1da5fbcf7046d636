using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Retained messages that one session still has to send to new subscriptions. They are read from the store as fast as the client accepts
/// them. Owned by the session; most sessions have none.
/// </summary>
internal sealed class RetainedReplays(ServerContext context, string clientId)
{
    private readonly Queue<Replay> _replays = [];

    /// <summary>Adds a subscription that is in force.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="version">
    /// The version of the routing index that contains the subscription: messages routed by it or by a later one have been delivered by
    /// route.
    /// </param>
    public void Add(SessionSubscription subscription, long version)
    {
        context.Routing.AwaitRetaining();
        _replays.Enqueue(new Replay(
            context.Retained.Match(subscription.Options.Filter).GetEnumerator(),
            subscription.Options,
            subscription.Identifier == 0 ? default : [subscription.Identifier],
            clientId,
            context.Settings.Features.UpgradeOutgoingQoS,
            version));
    }

    /// <summary>Sends as many messages as the client accepts.</summary>
    public void Pump(OutgoingMessages outgoing, long now)
    {
        while (_replays.TryPeek(out var replay))
        {
            if (!replay.TryPeek(out var message))
            {
                _replays.Dequeue();
                continue;
            }
            if (!RetainSource.MaySend(replay.Stored, context, context.Log))
                context.Drops.Add(DropReason.NotAuthorized, 1);
            else if (!outgoing.TrySendReplay(message, now, out var expired))
                return;
            else if (expired)
                context.Retained.RemoveExpired(replay.Stored);
            replay.Take();
        }
        outgoing.HasReplay = false;
    }

    /// <summary>Queues the messages that are still to be sent, because the client disconnects.</summary>
    public void Keep(OutgoingMessages outgoing)
    {
        while (_replays.TryDequeue(out var replay))
        {
            while (replay.TryPeek(out var message))
            {
                if (RetainSource.MaySend(replay.Stored, context, context.Log) && !outgoing.TryQueueReplay(message)
                    && message.Packet.QoS != QualityOfService.AtMostOnce)
                {
                    break;
                }
                replay.Take();
            }
        }
    }

    /// <summary>Retained messages for one new subscription.</summary>
    private sealed class Replay(
        IEnumerator<RetainedMessage> messages, Subscription options, MqttList<uint> identifiers, string clientId, bool upgrade, long version)
    {
        private RetainedMessage? _next;

        /// <summary>The current message as it is stored.</summary>
        public RetainedMessage Stored => _next!;

        /// <summary>
        /// The next message in the form for this subscription: RETAIN 1 [MQTT-3.3.1-8 v3.1.1], the lower QoS of both [MQTT-3.8.4-8 v5].
        /// </summary>
        public bool TryPeek(out QueuedMessage message)
        {
            message = default;
            while (_next is null)
            {
                if (!messages.MoveNext())
                {
                    messages.Dispose();
                    return false;
                }
                if (messages.Current.RoutedBy < version && (!options.NoLocal || messages.Current.Publisher != clientId)) // [MQTT-3.8.3-3 v5]
                    _next = messages.Current;
            }
            message = _next.Message;
            var packet = message.Packet;
            if (packet.QoS > options.QoS || (packet.QoS < options.QoS && upgrade))
                packet = packet with { QoS = options.QoS };
            if (!identifiers.IsEmpty) // [MQTT-3.3.4-3 v5]
            {
                var properties = packet.Properties ?? new PublishProperties();
                packet = packet with { Properties = properties with { SubscriptionIdentifiers = identifiers } };
            }
            message = message with { Packet = packet };
            return true;
        }

        /// <summary>Moves on to the next message.</summary>
        public void Take() => _next = null;
    }
}
