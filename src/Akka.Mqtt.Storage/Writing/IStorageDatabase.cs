using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// The functions of a database that the writer needs. Only the writer's thread calls them, except those that load. A failure is an exception; after it the
/// writer calls <see cref="Rollback"/> and starts the drain again.
/// </summary>
internal interface IStorageDatabase : IDisposable
{
    /// <summary>Whether <see cref="Write"/> has begun a transaction.</summary>
    bool IsWriting { get; }

    /// <summary>Writes changes; starts a transaction if none is open.</summary>
    /// <param name="changes">The changes, prepared.</param>
    void Write(ChangeSet changes);

    /// <summary>Records that the process is alive; starts a transaction if none is open.</summary>
    /// <param name="now">The time now.</param>
    void WriteAlive(long now);

    /// <summary>Reserves identities; starts a transaction if none is open.</summary>
    /// <param name="kind">Of what.</param>
    /// <param name="count">How many.</param>
    /// <returns>The first one. It may be used after the commit.</returns>
    long Reserve(IdentityKind kind, long count);

    /// <summary>Commits the transaction.</summary>
    /// <param name="drain">The number of the drain, for <see cref="WasCommitted"/>.</param>
    void Commit(long drain);

    /// <summary>Whether a drain whose commit failed was committed after all.</summary>
    /// <param name="drain">Its number.</param>
    /// <returns>Whether it was.</returns>
    bool WasCommitted(long drain);

    /// <summary>Rolls the transaction back, if one is open. Never throws.</summary>
    void Rollback();

    /// <summary>Called after receipts were completed: may do maintenance such as a checkpoint.</summary>
    void Maintain();

    /// <summary>Counts the queued messages of sessions; those that do not exist are omitted.</summary>
    /// <param name="sessions">Their identities.</param>
    /// <param name="into">Takes the counts.</param>
    void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into);

    /// <summary>The oldest queued messages of a session.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="qos0Only">Whether to return only those of QoS 0.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="into">Takes them, the oldest first.</param>
    void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into);

    /// <summary>Reads a session.</summary>
    /// <param name="session">Its identity.</param>
    /// <returns>Its state; null when there is none.</returns>
    StoredState? Read(long session);

    /// <summary>Sessions whose will is due or that have expired.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="isHeld">Those to skip.</param>
    /// <returns>The identities, the earliest first.</returns>
    IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld);

    /// <summary>Takes a snapshot of all deliveries, which another thread counts later. Called before anything but the start itself is written.</summary>
    /// <returns>The counter; null if other processes write too.</returns>
    IStartCount? BeginCount() => null;

    /// <summary>Loads the data of all sessions that routing needs; on any thread.</summary>
    /// <param name="into">Takes them.</param>
    /// <param name="cancel">The caller no longer waits.</param>
    void LoadRoutes(IRouteLoad into, CancellationToken cancel)
    {
        foreach (var session in LoadSessions(cancel))
            StoredRoutes.Give(session, into);
    }

    /// <summary>All sessions; on any thread.</summary>
    /// <param name="cancel">The caller no longer waits.</param>
    /// <returns>The sessions.</returns>
    IEnumerable<StoredSession> LoadSessions(CancellationToken cancel);

    /// <summary>All retained messages; on any thread.</summary>
    /// <param name="cancel">The caller no longer waits.</param>
    /// <returns>The messages.</returns>
    IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel);

    /// <summary>Whether a failure means that the database is damaged, so that <see cref="Mend"/> is needed instead of another attempt.</summary>
    /// <param name="error">The exception that a member of this database threw.</param>
    /// <returns>Whether it is damaged; always false for a database that cannot be repaired.</returns>
    bool IsDamage(Exception error) => false;

    /// <summary>
    /// Repairs the database: keeps the readable data, and moves the damaged files away. May take minutes. No transaction is open, and earlier statements are
    /// not used again.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <returns>Lines that name the lost and the kept rows.</returns>
    IReadOnlyList<string> Mend(DateTimeOffset now) => throw new NotSupportedException();

    /// <summary>The cause, and what an operator can do, in one line.</summary>
    /// <param name="error">The exception that a member of this database threw.</param>
    /// <returns>The line.</returns>
    string Explain(Exception error);
}

/// <summary>The kinds of identities.</summary>
internal enum IdentityKind
{
    /// <summary>Sessions.</summary>
    Session,

    /// <summary>Messages.</summary>
    Message,
}

/// <summary>A queued message of a session.</summary>
/// <param name="Number">Its identity.</param>
/// <param name="Size">Its bytes.</param>
internal readonly record struct QueuedRow(long Number, int Size);
