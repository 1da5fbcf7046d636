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
    private int _writeFailures;
    private int _readFailures;
    private int _damaged;
    private int _questions;
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

    /// <summary>The next writes fail, before anything is written.</summary>
    public void FailWrites(int writes) => Volatile.Write(ref _writeFailures, writes);

    /// <summary>The next reads of a session fail.</summary>
    public void FailReads(int reads) => Volatile.Write(ref _readFailures, reads);

    /// <summary>The next commits fail because of damage.</summary>
    public void Damage(int commits) => Volatile.Write(ref _damaged, commits);

    /// <summary>What mending does.</summary>
    public Func<IReadOnlyList<string>> Mends { get; set; } = static () => ["lost: all", "the damaged files are there"];

    public int Mended;

    public bool IsDamage(Exception error) => error.Message == "damage";

    public IReadOnlyList<string> Mend(DateTimeOffset now)
    {
        Interlocked.Increment(ref Mended);
        return Mends();
    }

    private static void FailOne(ref int failures, string message)
    {
        if (Volatile.Read(ref failures) <= 0)
            return;
        Interlocked.Decrement(ref failures);
        throw new IOException(message);
    }

    public bool IsWriting => inner.IsWriting;

    public void Write(ChangeSet changes)
    {
        FailOne(ref _writeFailures, "the test wants it");
        Interlocked.Increment(ref Writes);
        inner.Write(changes);
    }

    public void WriteAlive(long now) => inner.WriteAlive(now);

    public long Reserve(IdentityKind kind, long count) => inner.Reserve(kind, count);

    public void Commit(long drain)
    {
        if (_isGated)
            _commits.Wait();
        FailOne(ref _failures, "the test wants it");
        FailOne(ref _damaged, "damage");
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

    /// <summary>The database is away when it is asked what was committed, so many times.</summary>
    public void GoAway(int questions) => Volatile.Write(ref _questions, questions);

    public bool WasCommitted(long drain)
    {
        Interlocked.Increment(ref Asked);
        FailOne(ref _questions, "the database is away");
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

    public StoredState? Read(long session)
    {
        FailOne(ref _readFailures, "the test wants it");
        return inner.Read(session);
    }

    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => inner.FindDue(now, most, isHeld);

    public IStartCount? BeginCount() => inner.BeginCount();

    public void LoadRoutes(IRouteLoad into, CancellationToken cancel) => inner.LoadRoutes(into, cancel);

    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel) => inner.LoadSessions(cancel);

    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel) => inner.LoadRetained(cancel);

    public string Explain(Exception error) => error.Message;

    public void Dispose() => inner.Dispose();
}
