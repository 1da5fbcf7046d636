using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Writes what durable sessions and retained messages are, so that it outlives the process: SQLite or PostgreSQL. One writer takes everything that was
/// appended while the commit before was under way, folds it, and commits it together. Thread safe; no member but the asynchronous ones waits for the
/// disk.
/// </summary>
/// <remarks>
/// <para>
/// Units are committed in the order of <see cref="Append"/>, each as a whole: after a crash a prefix of them is there. What is queued and acknowledged
/// within one commit is not written at all.
/// </para>
/// <para>
/// A session is held or parked. A held one is an actor of this process, which keeps the bounds of its queue itself and says what it drops. For a
/// parked one (<see cref="StoreOp.Parked"/>, until <see cref="Take"/>) the engine keeps the bounds that it was opened with, by the rule for full
/// queues, and counts what it drops.
/// </para>
/// <para>
/// A commit that fails (disk full, database away) is tried again until it succeeds; nothing that was appended is given up. Meanwhile
/// <see cref="Health"/> says <see cref="StorageHealth.Failing"/>, and its user refuses new durable messages.
/// </para>
/// </remarks>
internal interface IStorageEngine : IAsyncDisposable
{
    /// <summary>Whether what is appended is written in time.</summary>
    StorageHealth Health { get; }

    /// <summary>Bytes that were appended and are not committed.</summary>
    long PendingBytes { get; }

    /// <summary>The sessions that other nodes of the cluster may take; null when no other node uses the storage.</summary>
    ISharedSessions? Shared => null;

    /// <summary>An identity for a new session. Identities rise and are never used again, also after a restart and on another node.</summary>
    /// <returns>The identity; above zero.</returns>
    long NextSession();

    /// <summary>Identities for the messages of a batch, which are one after the other.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <returns>The first of them; above zero.</returns>
    long NextMessages(int count);

    /// <summary>Appends changes that are committed together.</summary>
    /// <param name="unit">The changes. Its arrays are not written to any more.</param>
    /// <returns>Its ticket; each is higher than all before, those of <see cref="Take"/> included.</returns>
    long Append(in StoreUnit unit);

    /// <summary>
    /// Reads a session and holds it from here on: it is given with everything in it that was appended with lower tickets, and nothing of higher ones.
    /// </summary>
    /// <param name="session">Its identity.</param>
    /// <param name="reader">Who is given it; called once, by any thread, and must not block.</param>
    /// <returns>The ticket.</returns>
    long Take(long session, IStoredReader reader);

    /// <summary>Parked sessions whose will is due or that have expired at a time, first the earliest. They stay parked: take them.</summary>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The sessions.</returns>
    ValueTask<IReadOnlyList<DueSession>> FindDueAsync(long now, int most, CancellationToken cancel = default);

    /// <summary>
    /// Counts what waits in sessions, behind everything that was appended before. What it finds of parked ones goes to <see cref="StorageOptions.Waiting"/> too.
    /// </summary>
    /// <param name="sessions">Their identities.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>Messages and bytes by identity; sessions that do not exist are left out.</returns>
    ValueTask<IReadOnlyDictionary<long, QueueCount>> CountAsync(IReadOnlyList<long> sessions, CancellationToken cancel = default);

    /// <summary>Counts what waited in all sessions when the engine was opened, on another thread. It may take as long as reading all deliveries.</summary>
    /// <returns>Messages and bytes; 0 where they cannot be counted, and where other nodes write too.</returns>
    Task<(long Messages, long Bytes)> CountAtStartAsync();

    /// <summary>
    /// Reads what routing must know of all sessions, at start, on another thread. All are parked: a connection that held one has ended with its process.
    /// </summary>
    /// <param name="into">Takes them, each followed by its subscriptions.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    Task LoadRoutesAsync(IRouteLoad into, CancellationToken cancel = default);

    /// <summary>All sessions, for administrators and tools.</summary>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The sessions, in any order.</returns>
    IAsyncEnumerable<StoredSession> LoadSessionsAsync(CancellationToken cancel = default);

    /// <summary>All retained messages, at start.</summary>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The messages, in any order.</returns>
    IAsyncEnumerable<RetainedRecord> LoadRetainedAsync(CancellationToken cancel = default);
}

/// <summary>Whether what is appended to a storage engine is written in time.</summary>
internal enum StorageHealth
{
    /// <summary>It is.</summary>
    Good,

    /// <summary>More bytes wait than may: whoever appends much is to wait.</summary>
    Behind,

    /// <summary>The last commit failed and is tried again: new durable messages are to be refused.</summary>
    Failing,
}

/// <summary>Changes that are committed together.</summary>
/// <param name="Ops">The changes, in order.</param>
/// <param name="Receipt">Told when they are safe; null when nobody waits.</param>
internal readonly record struct StoreUnit(IReadOnlyList<StoreOp> Ops, IStoreReceipt? Receipt);

/// <summary>Is given a session that was taken.</summary>
internal interface IStoredReader
{
    /// <summary>The session was read.</summary>
    /// <param name="state">Its state; null when there is none of this identity.</param>
    void Read(StoredState? state);

    /// <summary>It cannot be read: the database is damaged there.</summary>
    /// <param name="cause">Why.</param>
    void Failed(Exception cause);
}

/// <summary>A session whose will or expiry is due.</summary>
/// <param name="Session">Its identity.</param>
/// <param name="Key">Its key.</param>
internal readonly record struct DueSession(long Session, SessionKey Key);

/// <summary>A session that was taken.</summary>
/// <param name="State">Its state. The numbers of its queue are identities of messages.</param>
/// <param name="InFlight">The identities of the messages in flight, in the order of <see cref="SessionSnapshot.InFlight"/>.</param>
internal sealed record StoredState(SessionSnapshot State, long[] InFlight);

/// <summary>What routing must know of a session.</summary>
/// <param name="Session">Its identity.</param>
/// <param name="Key">Its key.</param>
/// <param name="Owner">The user name that made it; null for an anonymous client.</param>
/// <param name="Epoch">The epoch of its last connection.</param>
/// <param name="Subscriptions">Its subscriptions.</param>
internal readonly record struct StoredSession(long Session, SessionKey Key, string? Owner, long Epoch, SessionSubscription[] Subscriptions);
