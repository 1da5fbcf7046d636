using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// Something that happened to a session. Stores write these events in order, nodes send them, and tests replay them. Immutable; times are
/// milliseconds since the Unix epoch. <see cref="SessionSnapshot.Apply(SessionEvent)"/> defines what each event means.
/// </summary>
internal abstract record SessionEvent
{
    private SessionEvent()
    {
    }

    /// <summary>A session began.</summary>
    /// <param name="Key">The key of the session.</param>
    /// <param name="Owner">The user name of its first client; null for an anonymous client.</param>
    /// <param name="At">When.</param>
    internal sealed record SessionStarted(SessionKey Key, string? Owner, long At) : SessionEvent;

    /// <summary>A connection took the session.</summary>
    /// <param name="Epoch">The epoch that the directory assigned; it rises over the life of the client identifier.</param>
    /// <param name="Expiry">The Session Expiry Interval in seconds; with <see cref="uint.MaxValue"/> the session never expires.</param>
    /// <param name="At">When.</param>
    internal sealed record Connected(long Epoch, uint Expiry, long At) : SessionEvent;

    /// <summary>The connection ended.</summary>
    /// <param name="Expiry">The Session Expiry Interval in force from now on.</param>
    /// <param name="At">When: expiry and will delay count from here.</param>
    internal sealed record Disconnected(uint Expiry, long At) : SessionEvent;

    /// <summary>CONNECT contained a will, which replaces the previous one.</summary>
    /// <param name="Will">The will.</param>
    internal sealed record WillSet(Will Will) : SessionEvent;

    /// <summary>The will was published or cancelled.</summary>
    internal sealed record WillCleared : SessionEvent;

    /// <summary>Subscriptions were added or replaced.</summary>
    /// <param name="Subscriptions">The subscriptions.</param>
    internal sealed record Subscribed(SessionSubscription[] Subscriptions) : SessionEvent;

    /// <summary>Subscriptions were removed.</summary>
    /// <param name="Filters">Their filters.</param>
    internal sealed record Unsubscribed(string[] Filters) : SessionEvent;

    /// <summary>The session accepted messages of one batch: they are queued, or about to be sent.</summary>
    /// <param name="Batch">
    /// The batch. All sessions that get a batch name the same array, so a store can tell that it has written it.
    /// </param>
    /// <param name="ReceivedAt">When the server received it.</param>
    /// <param name="Messages">The messages that the session accepted.</param>
    internal sealed record Queued(Publish[] Batch, long ReceivedAt, QueuedPosition[] Messages) : SessionEvent;

    /// <summary>Messages were given packet identifiers and are in flight, in this order.</summary>
    /// <param name="Messages">The messages.</param>
    internal sealed record Sent(SentMessage[] Messages) : SessionEvent;

    /// <summary>
    /// Messages left the queue without being in flight: sent at QoS 0, expired, dropped, or given to another member of a shared
    /// subscription.
    /// </summary>
    /// <param name="Numbers">Their numbers.</param>
    internal sealed record Removed(long[] Numbers) : SessionEvent;

    /// <summary>
    /// The client sent PUBREC for messages in flight, or the messages count as delivered. Only PUBREL and PUBCOMP are left.
    /// </summary>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Confirmed(ushort[] PacketIds) : SessionEvent;

    /// <summary>Messages are no longer in flight: acknowledged, refused by the client, or given to another member.</summary>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Acknowledged(ushort[] PacketIds) : SessionEvent;

    /// <summary>The session received QoS 2 messages of the client.</summary>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Received(ushort[] PacketIds) : SessionEvent;

    /// <summary>The client sent PUBREL for its QoS 2 messages, or the server refused them.</summary>
    /// <param name="PacketIds">Their packet identifiers.</param>
    internal sealed record Released(ushort[] PacketIds) : SessionEvent;

    /// <summary>The session ended; nothing of it is kept.</summary>
    internal sealed record Ended : SessionEvent;
}

/// <summary>A message of a batch that a session accepted.</summary>
/// <param name="Position">Its position in the batch.</param>
/// <param name="Number">The number by which the session knows it; numbers rise.</param>
/// <param name="Share">The group of the shared subscription by which it came; null for an ordinary one.</param>
internal readonly record struct QueuedPosition(int Position, long Number, SharedKey? Share);

/// <summary>A message that was given a packet identifier.</summary>
/// <param name="Number">The number by which the session knows it.</param>
/// <param name="PacketId">The packet identifier.</param>
internal readonly record struct SentMessage(long Number, ushort PacketId);
