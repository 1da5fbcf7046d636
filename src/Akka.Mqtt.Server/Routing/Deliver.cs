using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>Messages of one publisher for one target that were received in one chunk.</summary>
/// <param name="Target">The target. It stands for one life of a session: a later session with the same key has another target.</param>
/// <param name="Batch">The messages.</param>
/// <param name="ReceivedAt">When they were received, by the server's clock.</param>
/// <param name="Shares">
/// For each message the group of its shared subscription, or null. The array is null when no message has a group.
/// </param>
internal sealed record Deliver(DeliveryTarget Target, MessageBatch Batch, long ReceivedAt, SharedKey?[]? Shares = null)
    : INoSerializationVerificationNeeded
{
    /// <summary>The identity of the first message, if the target is durable and the messages are written; else 0.</summary>
    public long First { get; init; }

    /// <summary>
    /// For each message whether it is not written although others of the batch are. Null when all messages of QoS 1 and 2 are written, or
    /// none.
    /// </summary>
    public bool[]? Unwritten { get; init; }

    /// <summary>When nothing is written: the last identity that the publisher took. The messages are ordered after it.</summary>
    public long After { get; init; }

    /// <summary>The ticket of the storage under which they were written.</summary>
    public long Ticket { get; init; }

    /// <summary>The origin of the messages; null for a server without a cluster, and for messages that no publisher flushed.</summary>
    public DeliverySource? Source { get; init; }

    public Publish[] Packets => Batch.Packets;

    /// <summary>Whether the storage has a message.</summary>
    /// <param name="position">Its position.</param>
    /// <returns>Whether it is written.</returns>
    public bool IsWritten(int position) =>
        First != 0 && Packets[position].QoS != QualityOfService.AtMostOnce && Unwritten?[position] != true;

    /// <summary>The place of a message among written ones.</summary>
    /// <param name="position">Its position.</param>
    /// <returns>The identity of the message itself if it is written; else that of the written message before it.</returns>
    public long AfterOf(int position) => First != 0 ? First + position : After;

    /// <summary>The messages that a session does not contain when it was read with a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <returns>The messages; null for none.</returns>
    public Deliver? NotIn(long ticket) => First != 0 && Ticket < ticket ? WithoutWritten() : this;

    /// <summary>The messages that are not written.</summary>
    /// <returns>The messages; null for none.</returns>
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
