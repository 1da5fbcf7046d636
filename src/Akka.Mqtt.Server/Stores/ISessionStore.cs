using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Where sessions are that nobody holds, and what makes those that are held safe. A session is either held, by the one who called <see cref="Begin"/> or
/// <see cref="TakeAsync"/>, or parked here; the directory decides who may take it. Thread safe; a session that is held is its holder's alone.
/// </summary>
/// <remarks>
/// <para>
/// In memory nothing is recorded and everything is safe at once: no event is made, nothing is allocated, <see cref="TakeAsync"/> completes at once.
/// </para>
/// <para>
/// An engine that writes (SQLite, PostgreSQL) gives each session a recorder, gathers the events of all of them, and commits them together when
/// somebody waits or a short time is over. <see cref="SessionEvent.Queued"/> names the array of the batch: the engine writes the messages of an
/// array once, and for each session only positions and numbers, however many sessions wait for them; the last session that removes or
/// acknowledges a message removes it. <see cref="TakeAsync"/> reads one session by its key and folds what is not yet committed;
/// <see cref="Deliver"/> need not load a session: it writes <see cref="SessionEvent.Queued"/> with numbers from a counter that is kept
/// beside the key, within the bounds that are counted there. Events of one session are committed in their order, so that after a crash a prefix of
/// them is there: a message that was sent and not acknowledged is sent again, never lost.
/// </para>
/// </remarks>
internal interface ISessionStore
{
    /// <summary>Begins a session; the caller holds it. There must be none of this key.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="owner">The user name that makes it; null for an anonymous client.</param>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <returns>The session.</returns>
    SessionCore Begin(SessionKey key, string? owner, long now);

    /// <summary>Takes a session that nobody holds; the caller holds it from here on.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="now">The time now.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The session; null when there is none, or somebody holds it.</returns>
    ValueTask<SessionCore?> TakeAsync(SessionKey key, long now, CancellationToken cancel = default);

    /// <summary>The holder lets go of a session that is not connected and not over.</summary>
    /// <param name="session">The session; the caller must not touch it any more.</param>
    void Park(SessionCore session);

    /// <summary>Hands messages to a session that nobody holds.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="batch">The batch. Give the same array for all sessions that get it, so that it is stored once.</param>
    /// <param name="shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    /// <param name="receivedAt">When the server received it.</param>
    /// <param name="now">The time now.</param>
    /// <param name="handOver">Asked for messages of shared subscriptions first; null when no other member shall be looked for.</param>
    /// <param name="from">The position to begin at.</param>
    /// <returns>What became of it. It is safe when <see cref="IsSafe"/> says so.</returns>
    StoreDelivery Deliver(
        SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now, IHandOver? handOver = null, int from = 0);

    /// <summary>Whether all that was recorded and delivered so far by the calling thread is safe.</summary>
    /// <param name="receipt">Who waits when it is not; null when nobody does.</param>
    /// <returns>True when it is: the receipt is not completed then. False when the receipt will be.</returns>
    bool IsSafe(IStoreReceipt? receipt);

    /// <summary>
    /// Takes sessions whose will is due or that have expired: the caller holds them, publishes, ends or parks them again.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <param name="most">How many at most; call again while it gives as many.</param>
    /// <returns>The sessions.</returns>
    IReadOnlyList<SessionCore> TakeDue(long now, int most);
}

/// <summary>What became of messages for a session that nobody holds.</summary>
/// <param name="Found">Whether the session is parked here; if not, nothing was taken: ask the directory again.</param>
/// <param name="Taken">The position up to which messages were taken; less than the batch when the queue is full and its messages wait.</param>
/// <param name="Drops">Messages that were dropped by rule.</param>
internal readonly record struct StoreDelivery(bool Found, int Taken, SessionDrops Drops);
