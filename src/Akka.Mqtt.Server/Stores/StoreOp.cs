using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// A change that a storage engine writes. It refers to sessions and messages by the identities that the engine assigned; times are
/// milliseconds since the Unix epoch. <see cref="SessionEvent"/> describes what each change means for a session.
/// </summary>
internal abstract record StoreOp
{
    private StoreOp()
    {
    }

    /// <summary>A new session, which is held.</summary>
    /// <param name="Session">Its identity.</param>
    /// <param name="Key">Its key. An older session of the same key must have ended before.</param>
    /// <param name="Owner">The user name of its first client; null for an anonymous client.</param>
    /// <param name="At">When.</param>
    internal sealed record SessionStarted(long Session, SessionKey Key, string? Owner, long At) : StoreOp;

    /// <summary>A connection took a session.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Epoch">The epoch that the directory assigned.</param>
    /// <param name="Expiry">The Session Expiry Interval in seconds; with <see cref="uint.MaxValue"/> the session never expires.</param>
    /// <param name="At">When.</param>
    internal sealed record Connected(long Session, long Epoch, uint Expiry, long At) : StoreOp;

    /// <summary>The connection of a session ended; the session is still held.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Expiry">The Session Expiry Interval in force from now on.</param>
    /// <param name="At">When: expiry and will delay count from here.</param>
    internal sealed record Disconnected(long Session, uint Expiry, long At) : StoreOp;

    /// <summary>The holder has parked a session that is not connected.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="QueuedMessages">The messages that wait in it.</param>
    /// <param name="QueuedBytes">Their bytes, as the session counts them.</param>
    internal sealed record Parked(long Session, int QueuedMessages, long QueuedBytes) : StoreOp;

    /// <summary>A will replaced the previous one.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Will">The will.</param>
    internal sealed record WillSet(long Session, Will Will) : StoreOp;

    /// <summary>The will was published or cancelled.</summary>
    /// <param name="Session">The session.</param>
    internal sealed record WillCleared(long Session) : StoreOp;

    /// <summary>Subscriptions were added or replaced.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Subscriptions">The subscriptions.</param>
    internal sealed record Subscribed(long Session, SessionSubscription[] Subscriptions) : StoreOp;

    /// <summary>Subscriptions were removed.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Filters">Their filters.</param>
    internal sealed record Unsubscribed(long Session, string[] Filters) : StoreOp;

    /// <summary>
    /// Messages were queued in sessions. A message is written once, however many sessions receive it. It is deleted when the last session
    /// removes or acknowledges it. Batches whose messages differ only in QoS, RETAIN and Subscription Identifiers share payload and topic
    /// by reference.
    /// </summary>
    /// <param name="FirstMessage">The identity of the first message of the batch; the others follow.</param>
    /// <param name="Batch">The batch.</param>
    /// <param name="ReceivedAt">When the server received it.</param>
    /// <param name="Sessions">The sessions that receive it.</param>
    /// <param name="Shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    internal sealed record Queued(long FirstMessage, Publish[] Batch, long ReceivedAt, long[] Sessions, SharedKey?[]? Shares) : StoreOp
    {
        /// <summary>The positions of the messages; null for all of QoS 1 and 2.</summary>
        public int[]? Positions { get; init; }

        /// <summary>The origin of the messages: see <see cref="IOriginFilter"/>. When it is unknown, nothing is filtered.</summary>
        public FlushOrigin Origin { get; init; }
    }

    /// <summary>Messages were given packet identifiers and are in flight, in this order.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Message identities and packet identifiers.</param>
    internal sealed record Sent(long Session, SentMessage[] Messages) : StoreOp;

    /// <summary>Messages left a session: acknowledged, sent at QoS 0, expired, dropped, or given to another member of a shared subscription.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Their identities; unknown ones are ignored.</param>
    internal sealed record Removed(long Session, long[] Messages) : StoreOp;

    /// <summary>The client sent PUBREC for messages in flight: only PUBREL and PUBCOMP are left.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Their identities.</param>
    internal sealed record Confirmed(long Session, long[] Messages) : StoreOp;

    /// <summary>The session received QoS 2 messages of the client.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Received(long Session, ushort[] PacketIds) : StoreOp;

    /// <summary>The client sent PUBREL for its QoS 2 messages, or the server refused them.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Released(long Session, ushort[] PacketIds) : StoreOp;

    /// <summary>A session ended; nothing of it is kept.</summary>
    /// <param name="Session">The session.</param>
    internal sealed record Ended(long Session) : StoreOp;

    /// <summary>The messages of the same unit came from another node. An heir of this node must not write them again.</summary>
    /// <param name="From">The name of the other node in the storage.</param>
    /// <param name="Position">The position of the last message.</param>
    internal sealed record LinkTaken(string From, LinkPosition Position) : StoreOp;

    /// <summary>The retained message of a topic was set.</summary>
    /// <param name="Record">The message.</param>
    internal sealed record RetainedSet(RetainedRecord Record) : StoreOp;

    /// <summary>The retained message of a topic was removed, or has expired.</summary>
    /// <param name="Topic">The topic.</param>
    internal sealed record RetainedRemoved(string Topic) : StoreOp;
}
