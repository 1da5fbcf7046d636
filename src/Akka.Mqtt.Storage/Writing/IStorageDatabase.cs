using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// What the writer needs of a database. All members but those that load are called by the writer's thread alone. A failure is an exception; after
/// one the writer calls <see cref="Rollback"/> and begins the drain anew.
/// </summary>
internal interface IStorageDatabase : IDisposable
{
    /// <summary>Whether <see cref="Write"/> has begun a transaction.</summary>
    bool IsWriting { get; }

    /// <summary>Writes changes; begins the transaction if there is none.</summary>
    /// <param name="changes">The changes, prepared.</param>
    void Write(ChangeSet changes);

    /// <summary>Writes that the process is alive; begins the transaction if there is none.</summary>
    /// <param name="now">The time now.</param>
    void WriteAlive(long now);

    /// <summary>Reserves identities; begins the transaction if there is none.</summary>
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

    /// <summary>Gives up the transaction, if there is one. Throws nothing.</summary>
    void Rollback();

    /// <summary>Called after receipts were completed: may move what was committed to its place.</summary>
    void Maintain();

    /// <summary>Counts what waits in sessions; those that do not exist are left out.</summary>
    /// <param name="sessions">Their identities.</param>
    /// <param name="into">Takes the counts.</param>
    void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into);

    /// <summary>The messages that wait longest in a session.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="qos0Only">Whether only those of QoS 0 are meant.</param>
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
    /// <param name="isHeld">Those to pass over.</param>
    /// <returns>The identities, first the earliest.</returns>
    IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld);

    /// <summary>Takes the state of all deliveries, to be counted later by another thread. Called before anything is written but the start itself.</summary>
    /// <returns>Counts it; null where other processes write too.</returns>
    IStartCount? BeginCount() => null;

    /// <summary>What routing must know of all sessions; by any thread.</summary>
    /// <param name="into">Takes them.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    void LoadRoutes(IRouteLoad into, CancellationToken cancel)
    {
        foreach (var session in LoadSessions(cancel))
            StoredRoutes.Give(session, into);
    }

    /// <summary>All sessions; by any thread.</summary>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The sessions.</returns>
    IEnumerable<StoredSession> LoadSessions(CancellationToken cancel);

    /// <summary>All retained messages; by any thread.</summary>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The messages.</returns>
    IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel);

    /// <summary>Whether a failure says that the database is damaged, so that trying again is of no use, and <see cref="Mend"/> is.</summary>
    /// <param name="error">The exception that a member of this database threw.</param>
    /// <returns>Whether it does; never for a database that cannot be mended.</returns>
    bool IsDamage(Exception error) => false;

    /// <summary>
    /// Makes the database sound: what can be read goes on, what cannot is set aside. May take minutes. No transaction is open, and no statement is used from
    /// before.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <returns>What is lost and what was kept, a line each.</returns>
    IReadOnlyList<string> Mend(DateTimeOffset now) => throw new NotSupportedException();

    /// <summary>What went wrong, and what an operator can do, in one line.</summary>
    /// <param name="error">The exception that a member of this database threw.</param>
    /// <returns>The line.</returns>
    string Explain(Exception error);
}

/// <summary>What identities are of.</summary>
internal enum IdentityKind
{
    /// <summary>Sessions.</summary>
    Session,

    /// <summary>Messages.</summary>
    Message,
}

/// <summary>A message that waits in a session.</summary>
/// <param name="Number">Its identity.</param>
/// <param name="Size">Its bytes.</param>
internal readonly record struct QueuedRow(long Number, int Size);
