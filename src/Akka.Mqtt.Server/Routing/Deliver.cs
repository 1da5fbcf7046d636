using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>Messages of one publisher for one target that came in one chunk.</summary>
/// <param name="Target">The life of the session that they are for.</param>
/// <param name="Batch">The messages.</param>
/// <param name="ReceivedAt">When they came, by the server's clock.</param>
/// <param name="Shares">For each message the group of the shared subscription that it goes by, or null; null when none does.</param>
internal sealed record Deliver(DeliveryTarget Target, MessageBatch Batch, long ReceivedAt, SharedKey?[]? Shares = null)
    : INoSerializationVerificationNeeded
{
    /// <summary>The identity of the first message, if the target is durable and they are written; else 0.</summary>
    public long First { get; init; }

    /// <summary>The ticket with which they were written.</summary>
    public long Ticket { get; init; }

    public Publish[] Packets => Batch.Packets;
}
