using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// A change that a storage engine writes. Sessions and messages are named by the identities that the engine gave; times are milliseconds since the
/// Unix epoch. <see cref="SessionEvent"/> says what each means for a session.
/// </summary>
internal abstract record StoreOp
{
    private StoreOp()
    {
    }

    /// <summary>A session began; it is held.</summary>
    /// <param name="Session">Its identity.</param>
    /// <param name="Key">Its key. An older session of the same key has ended before.</param>
    /// <param name="Owner">The user name that made it; null for an anonymous client.</param>
    /// <param name="At">When.</param>
    internal sealed record SessionStarted(long Session, SessionKey Key, string? Owner, long At) : StoreOp;

    /// <summary>A connection took a session.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Epoch">The epoch that the directory gave.</param>
    /// <param name="Expiry">The Session Expiry Interval in seconds; <see cref="uint.MaxValue"/> never.</param>
    /// <param name="At">When.</param>
    internal sealed record Connected(long Session, long Epoch, uint Expiry, long At) : StoreOp;

    /// <summary>The connection of a session ended; the session is still held.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Expiry">The Session Expiry Interval in force from here.</param>
    /// <param name="At">When: expiry and will delay count from here.</param>
    internal sealed record Disconnected(long Session, uint Expiry, long At) : StoreOp;

    /// <summary>The holder lets go of a session that is not connected.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="QueuedMessages">Messages that wait in it.</param>
    /// <param name="QueuedBytes">Their bytes, as the session counts them.</param>
    internal sealed record Parked(long Session, int QueuedMessages, long QueuedBytes) : StoreOp;

    /// <summary>A will took the place of the one before.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Will">The will.</param>
    internal sealed record WillSet(long Session, Will Will) : StoreOp;

    /// <summary>The will was published, or taken away.</summary>
    /// <param name="Session">The session.</param>
    internal sealed record WillCleared(long Session) : StoreOp;

    /// <summary>Subscriptions were made or replaced.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Subscriptions">The subscriptions.</param>
    internal sealed record Subscribed(long Session, SessionSubscription[] Subscriptions) : StoreOp;

    /// <summary>Subscriptions ended.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Filters">Their filters.</param>
    internal sealed record Unsubscribed(long Session, string[] Filters) : StoreOp;

    /// <summary>
    /// Messages wait in sessions. A message is written once, however many sessions it is for, and removed with the last that removes or acknowledges
    /// it. Batches whose messages differ only in QoS, RETAIN and Subscription Identifiers share payload and topic by reference.
    /// </summary>
    /// <param name="FirstMessage">The identity of the first message of the batch; the others follow.</param>
    /// <param name="Batch">The batch.</param>
    /// <param name="ReceivedAt">When the server received it.</param>
    /// <param name="Sessions">The sessions that get it.</param>
    /// <param name="Shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    internal sealed record Queued(long FirstMessage, Publish[] Batch, long ReceivedAt, long[] Sessions, SharedKey?[]? Shares) : StoreOp
    {
        /// <summary>The positions that are meant; null for all of QoS 1 and 2.</summary>
        public int[]? Positions { get; init; }

        /// <summary>Where the messages come from: see <see cref="IOriginFilter"/>. Nothing is filtered when it is not known.</summary>
        public FlushOrigin Origin { get; init; }
    }

    /// <summary>Messages were given packet identifiers and are in flight, in this order.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Message identities and packet identifiers.</param>
    internal sealed record Sent(long Session, SentMessage[] Messages) : StoreOp;

    /// <summary>Messages left a session: acknowledged, sent at QoS 0, expired, dropped, or given to another member of a shared subscription.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Their identities; those that are not there are passed over.</param>
    internal sealed record Removed(long Session, long[] Messages) : StoreOp;

    /// <summary>PUBREC came for messages in flight: only the PUBREL is left.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Messages">Their identities.</param>
    internal sealed record Confirmed(long Session, long[] Messages) : StoreOp;

    /// <summary>QoS 2 messages of the client were taken.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Received(long Session, ushort[] PacketIds) : StoreOp;

    /// <summary>PUBREL came for QoS 2 messages of the client, or they were refused.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Released(long Session, ushort[] PacketIds) : StoreOp;

    /// <summary>A session ended; nothing of it is left.</summary>
    /// <param name="Session">The session.</param>
    internal sealed record Ended(long Session) : StoreOp;

    /// <summary>The retained message of a topic was set.</summary>
    /// <param name="Record">The message.</param>
    internal sealed record RetainedSet(RetainedRecord Record) : StoreOp;

    /// <summary>The retained message of a topic was removed, or has expired.</summary>
    /// <param name="Topic">The topic.</param>
    internal sealed record RetainedRemoved(string Topic) : StoreOp;
}
