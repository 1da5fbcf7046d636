using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A database whose commits a test lets wait, fail, or succeed without saying so.</summary>
internal sealed class FaultyDatabase(IStorageDatabase inner) : IStorageDatabase
{
    private readonly SemaphoreSlim _commits = new(0);
    private volatile bool _isGated;
    private volatile bool _isAway;
    private int _failures;
    private int _silent;
    private long _committed;

    public int Commits;
    public int Writes;
    public int OldestReads;
    public int Asked;

    /// <summary>Commits wait from here for <see cref="Let"/>.</summary>
    public void Gate() => _isGated = true;

    public void Let(int commits) => _commits.Release(commits);

    /// <summary>The next commits fail.</summary>
    public void Fail(int commits) => Volatile.Write(ref _failures, commits);

    /// <summary>The next commits are done, but their caller is told that they failed.</summary>
    public void FailSilently(int commits) => Volatile.Write(ref _silent, commits);

    public bool IsWriting => inner.IsWriting;

    public void Write(ChangeSet changes)
    {
        Interlocked.Increment(ref Writes);
        inner.Write(changes);
    }

    public void WriteAlive(long now) => inner.WriteAlive(now);

    public long Reserve(IdentityKind kind, long count) => inner.Reserve(kind, count);

    public void Commit(long drain)
    {
        if (_isGated)
            _commits.Wait();
        if (Volatile.Read(ref _failures) > 0)
        {
            Interlocked.Decrement(ref _failures);
            throw new IOException("the test wants it");
        }
        inner.Commit(drain);
        _committed = drain;
        Interlocked.Increment(ref Commits);
        if (Volatile.Read(ref _silent) > 0)
        {
            Interlocked.Decrement(ref _silent);
            throw new IOException("the answer is lost");
        }
    }

    /// <summary>The database is away: nobody can ask it what was committed.</summary>
    public void GoAway(bool isAway) => _isAway = isAway;

    public bool WasCommitted(long drain)
    {
        Interlocked.Increment(ref Asked);
        return _isAway ? throw new IOException("the database is away") : drain == _committed;
    }

    public void Rollback() => inner.Rollback();

    public void Maintain() => inner.Maintain();

    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into) => inner.Count(sessions, into);

    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into)
    {
        Interlocked.Increment(ref OldestReads);
        inner.ReadOldest(session, qos0Only, most, into);
    }

    public StoredState? Read(long session) => inner.Read(session);

    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => inner.FindDue(now, most, isHeld);

    public void LoadRoutes(IRouteLoad into, CancellationToken cancel) => inner.LoadRoutes(into, cancel);

    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel) => inner.LoadSessions(cancel);

    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel) => inner.LoadRetained(cancel);

    public string Explain(Exception error) => error.Message;

    public void Dispose() => inner.Dispose();
}
