using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Writes durable sessions and retained messages, so that they outlive the process: SQLite or PostgreSQL. One writer takes everything that
/// was appended during the previous commit, removes what cancels out, and commits the rest together. Thread safe. Only the asynchronous
/// members wait for the disk.
/// </summary>
/// <remarks>
/// <para>
/// Units are committed in the order of <see cref="Append"/>, each as a whole: after a crash the storage contains the first units, without
/// gaps. Messages that are queued and acknowledged within one commit are not written at all.
/// </para>
/// <para>
/// A session is held or parked. A held session is an actor of this process, which keeps the limits of its queue itself and reports what it
/// drops. For a parked session (<see cref="StoreOp.Parked"/>, until <see cref="Take"/>) the engine keeps the limits that it was opened
/// with, by the overflow rule, and counts what it drops.
/// </para>
/// <para>
/// A commit that fails (disk full, database not reachable) is retried until it succeeds; nothing that was appended is lost. In the
/// meantime <see cref="Health"/> is <see cref="StorageHealth.Failing"/>, and the server refuses new durable messages.
/// </para>
/// </remarks>
internal interface IStorageEngine : IAsyncDisposable
{
    /// <summary>Whether appended changes are written in time.</summary>
    StorageHealth Health { get; }

    /// <summary>Bytes that were appended and are not committed yet.</summary>
    long PendingBytes { get; }

    /// <summary>How many commits have failed and were retried since the start.</summary>
    long FailedCommits => 0;

    /// <summary>How long the current commit has been running; zero when none is.</summary>
    TimeSpan CommitAge => default;

    /// <summary>The sessions that other nodes of the cluster may take; null when no other node uses the storage.</summary>
    ISharedSessions? Shared => null;

    /// <summary>
    /// Assigns an identity to a new session. Identities rise and are never used again, even after a restart and on another node.
    /// </summary>
    /// <returns>The identity; above zero.</returns>
    long NextSession();

    /// <summary>Assigns consecutive identities to the messages of a batch.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <returns>The first identity; above zero.</returns>
    long NextMessages(int count);

    /// <summary>Appends changes that are committed together.</summary>
    /// <param name="unit">The changes. Its arrays are not written to any more.</param>
    /// <returns>Its ticket. Each ticket is higher than all before, including those of <see cref="Take"/>.</returns>
    long Append(in StoreUnit unit);

    /// <summary>
    /// Reads a session, which is held from now on. Its state contains everything that was appended with lower tickets, and nothing with
    /// higher ones.
    /// </summary>
    /// <param name="session">Its identity.</param>
    /// <param name="reader">Receives the state. Called once, on any thread, and must not block.</param>
    /// <returns>The ticket.</returns>
    long Take(long session, IStoredReader reader);

    /// <summary>
    /// Finds parked sessions whose will is due or that have expired at a given time, the earliest first. They stay parked: take them.
    /// </summary>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <param name="most">The highest number to return.</param>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>The sessions.</returns>
    ValueTask<IReadOnlyList<DueSession>> FindDueAsync(long now, int most, CancellationToken cancel = default);

    /// <summary>
    /// Counts the waiting messages of sessions, after everything that was appended before. The counts of parked sessions are also reported
    /// to <see cref="StorageOptions.Waiting"/>.
    /// </summary>
    /// <param name="sessions">Their identities.</param>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>Messages and bytes by identity; sessions that do not exist are left out.</returns>
    ValueTask<IReadOnlyDictionary<long, QueueCount>> CountAsync(IReadOnlyList<long> sessions, CancellationToken cancel = default);

    /// <summary>
    /// Counts the messages that waited in all sessions when the engine was opened, on another thread. It may take as long as reading all
    /// deliveries.
    /// </summary>
    /// <returns>Messages and bytes; 0 when they cannot be counted, and when other nodes write too.</returns>
    Task<(long Messages, long Bytes)> CountAtStartAsync();

    /// <summary>
    /// Reads the data of all sessions that routing needs, at start, on another thread. All sessions are parked: a connection of an earlier
    /// process has ended with it.
    /// </summary>
    /// <param name="into">Receives the sessions, each followed by its subscriptions.</param>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    Task LoadRoutesAsync(IRouteLoad into, CancellationToken cancel = default);

    /// <summary>Reads all sessions, for administrators and tools.</summary>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>The sessions, in any order.</returns>
    IAsyncEnumerable<StoredSession> LoadSessionsAsync(CancellationToken cancel = default);

    /// <summary>Reads all retained messages, at start.</summary>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>The messages, in any order.</returns>
    IAsyncEnumerable<RetainedRecord> LoadRetainedAsync(CancellationToken cancel = default);
}

/// <summary>Whether a storage engine writes in time.</summary>
internal enum StorageHealth
{
    /// <summary>Appended changes are written in time.</summary>
    Good,

    /// <summary>More bytes wait than allowed: code that appends much must wait.</summary>
    Behind,

    /// <summary>The last commit failed and is being retried: new durable messages must be refused.</summary>
    Failing,
}

/// <summary>Changes that are committed together.</summary>
/// <param name="Ops">The changes, in order.</param>
/// <param name="Receipt">Completed when they are safe; null for none.</param>
internal readonly record struct StoreUnit(IReadOnlyList<StoreOp> Ops, IStoreReceipt? Receipt);

/// <summary>Receives a session that was taken.</summary>
internal interface IStoredReader
{
    /// <summary>The session was read.</summary>
    /// <param name="state">Its state; null when there is not one of this identity.</param>
    void Read(StoredState? state);

    /// <summary>The session cannot be read: the database is damaged.</summary>
    /// <param name="cause">The error.</param>
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

/// <summary>The data of a session that routing needs.</summary>
/// <param name="Session">Its identity.</param>
/// <param name="Key">Its key.</param>
/// <param name="Owner">The user name of its first client; null for an anonymous client.</param>
/// <param name="Epoch">The epoch of its last connection.</param>
/// <param name="Subscriptions">Its subscriptions.</param>
internal readonly record struct StoredSession(long Session, SessionKey Key, string? Owner, long Epoch, SessionSubscription[] Subscriptions);
