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

    /// <summary>For each message whether it is not written although others of the batch are; null when all of QoS 1 and 2 are, or none.</summary>
    public bool[]? Unwritten { get; init; }

    /// <summary>Where nothing is written: the identity that the publisher took last. The messages come after it.</summary>
    public long After { get; init; }

    /// <summary>The ticket with which they were written.</summary>
    public long Ticket { get; init; }

    /// <summary>Where they come from; null for a server that is alone, and for what no publisher flushed.</summary>
    public DeliverySource? Source { get; init; }

    public Publish[] Packets => Batch.Packets;

    /// <summary>Whether the storage has a message.</summary>
    /// <param name="position">Its position.</param>
    /// <returns>Whether it is written.</returns>
    public bool IsWritten(int position) =>
        First != 0 && Packets[position].QoS != QualityOfService.AtMostOnce && Unwritten?[position] != true;

    /// <summary>Where a message is among written ones.</summary>
    /// <param name="position">Its position.</param>
    /// <returns>The identity of the written message after which it comes, or its own.</returns>
    public long AfterOf(int position) => First != 0 ? First + position : After;

    /// <summary>The messages that are not in the session as it was read with a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <returns>They; null for none.</returns>
    public Deliver? NotIn(long ticket) => First != 0 && Ticket < ticket ? WithoutWritten() : this;

    /// <summary>The messages that are not written.</summary>
    /// <returns>They; null for none.</returns>
    public Deliver? WithoutWritten()
    {
        if (First == 0)
            return this;
        List<Publish>? kept = null;
        List<SharedKey?>? shares = null;
        var first = 0;
        for (var at = 0; at < Packets.Length; at++)
        {
            if (IsWritten(at))
                continue;
            if (kept is null)
                (kept, first) = ([], at);
            kept.Add(Packets[at]);
            if (Shares is not null)
                (shares ??= []).Add(Shares[at]);
        }
        return kept is null ? null : this with
        {
            Batch = new MessageBatch([.. kept], isShared: false), Shares = shares?.ToArray(), First = 0, Unwritten = null, After = First + first, Ticket = 0,
        };
    }
}
