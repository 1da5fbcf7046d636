using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>Where one publisher's messages go that match the same subscribers.</summary>
/// <param name="Subscribers">The subscribers; null when messages are refused for all of them.</param>
/// <param name="Parts">The targets, each in one part only.</param>
/// <param name="Groups">Shared subscriptions.</param>
/// <param name="Result">The reason code for the publisher.</param>
/// <param name="Rules">The rules that decide for which durable sessions the messages are written.</param>
internal sealed record Route(FilterSubscribers[]? Subscribers, RoutePart[] Parts, SharedGroup[] Groups, ReasonCode Result, DurabilityRule[] Rules)
{
    public static readonly Route Nowhere = new([], [], [], ReasonCode.NoMatchingSubscribers, []);

    public bool IsNowhere => Parts.Length == 0 && Groups.Length == 0;

    public static Route Refused(ReasonCode reason) => new(null, [], [], reason, []);

    /// <summary>Whether one of the parts contains a target.</summary>
    public bool IsFor(DeliveryTarget target)
    {
        foreach (var part in Parts)
        {
            foreach (var pending in part.PendingBatches)
            {
                if (ReferenceEquals(pending.Target, target))
                    return true;
            }
        }
        return false;
    }

    public bool IsFor(ReadOnlySpan<FilterSubscribers> found, DurabilityRule[] rules)
    {
        if (Subscribers is null || Subscribers.Length != found.Length || Rules.Length != rules.Length)
            return false;
        for (var at = 0; at < rules.Length; at++)
        {
            if (!ReferenceEquals(Rules[at], rules[at]))
                return false;
        }
        for (var at = 0; at < found.Length; at++)
        {
            if (!ReferenceEquals(Subscribers[at], found[at]))
                return false;
        }
        return true;
    }
}

/// <summary>Targets that receive the same messages.</summary>
/// <param name="QoS">The granted QoS.</param>
/// <param name="RetainAsPublished">Whether the RETAIN flag is kept.</param>
/// <param name="Identifiers">The subscription identifiers.</param>
/// <param name="PendingBatches">The batch of each target.</param>
/// <param name="Sessions">The identities of the durable sessions among the targets; empty when nothing is written for them.</param>
/// <param name="IsWritten">Whether messages are written for the durable sessions among the targets.</param>
internal readonly record struct RoutePart(
    QualityOfService QoS, bool RetainAsPublished, MqttList<uint> Identifiers, PendingBatch[] PendingBatches, long[] Sessions, bool IsWritten);

/// <summary>One target of a topic. It gets one copy of a message, however many of its subscriptions match.</summary>
internal readonly record struct RouteTarget(PendingBatch PendingBatch, QualityOfService QoS, bool RetainAsPublished, MqttList<uint> Identifiers)
{
    /// <summary>[MQTT-3.3.4-2 v5] [MQTT-3.3.5-1 v3.1.1] the highest QoS; [MQTT-3.3.4-4 v5] all identifiers.</summary>
    public RouteTarget And(RouteTarget other) => new(
        PendingBatch,
        QoS > other.QoS ? QoS : other.QoS,
        RetainAsPublished || other.RetainAsPublished,
        Identifiers.IsEmpty ? other.Identifiers : [.. other.Identifiers, .. Identifiers]);
}
