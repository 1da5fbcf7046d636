using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// A database that commits late at random, and may fail to write and to read, until its process is killed: from then on nothing changes any more, and the writer learns
/// nothing of what was done.
/// </summary>
/// <param name="inner">The database.</param>
/// <param name="random">When it is late and when it fails; used by the writer's thread alone.</param>
/// <param name="fails">Whether it fails.</param>
internal sealed class ScheduledDatabase(IStorageDatabase inner, Random random, bool fails) : IStorageDatabase
{
    private readonly ManualResetEventSlim _dead = new();

    public bool IsWriting => inner.IsWriting;

    /// <summary>The process is killed.</summary>
    public void Die() => _dead.Set();

    public void Write(ChangeSet changes) => Do(() => inner.Write(changes), failsOnceIn: 100);

    public void WriteAlive(long now) => Do(() => inner.WriteAlive(now));

    public long Reserve(IdentityKind kind, long count)
    {
        var first = 0L;
        Do(() => first = inner.Reserve(kind, count));
        return first;
    }

    public void Commit(long drain)
    {
        if (random.Next(4) == 0)
            _dead.Wait(random.Next(40));
        Do(() => inner.Commit(drain), failsOnceIn: 50);
    }

    public bool WasCommitted(long drain) => inner.WasCommitted(drain);

    public void Rollback() => inner.Rollback();

    public void Maintain() => Do(inner.Maintain);

    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into) => Do(() => inner.Count(sessions, into));

    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into) => Do(() => inner.ReadOldest(session, qos0Only, most, into));

    public StoredState? Read(long session)
    {
        StoredState? state = null;
        Do(() => state = inner.Read(session), failsOnceIn: 20);
        return state;
    }

    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => inner.FindDue(now, most, isHeld);

    public IStartCount? BeginCount() => inner.BeginCount();

    public void LoadRoutes(IRouteLoad into, CancellationToken cancel) => inner.LoadRoutes(into, cancel);

    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel) => inner.LoadSessions(cancel);

    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel) => inner.LoadRetained(cancel);

    public string Explain(Exception error) => error.Message;

    public void Dispose() => inner.Dispose();

    private void Do(Action call, int failsOnceIn = int.MaxValue)
    {
        if (!_dead.IsSet)
        {
            if (fails && random.Next(failsOnceIn) == 0)
                throw new IOException("the schedule wants it");
            call();
        }
        if (_dead.IsSet)
            throw new LeaseLostException(); // the one failure after which the writer does nothing more
    }
}
