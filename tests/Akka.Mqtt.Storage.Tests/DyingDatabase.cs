using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// A database whose process ends at the n-th call of the writer: that call and all after it change nothing more, and the transaction that was open is rolled
/// back, as the database does it when its client has gone.
/// </summary>
/// <param name="inner">The database.</param>
/// <param name="dieAt">The number of the call, from 1.</param>
/// <param name="isDone">Whether that call is done before the process ends.</param>
internal sealed class DyingDatabase(IStorageDatabase inner, int dieAt, bool isDone) : IStorageDatabase
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>Completes when the process has ended.</summary>
    public Task Died => _died.Task;

    public bool IsWriting => inner.IsWriting;

    public void Write(ChangeSet changes) => Do(() => inner.Write(changes));

    public void WriteAlive(long now) => Do(() => inner.WriteAlive(now));

    public long Reserve(IdentityKind kind, long count)
    {
        var first = 0L;
        Do(() => first = inner.Reserve(kind, count));
        return first;
    }

    public void Commit(long drain) => Do(() => inner.Commit(drain));

    public bool WasCommitted(long drain) => inner.WasCommitted(drain);

    public void Rollback() => inner.Rollback();

    public void Maintain() => Do(inner.Maintain);

    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into) => Do(() => inner.Count(sessions, into));

    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into) => Do(() => inner.ReadOldest(session, qos0Only, most, into));

    public StoredState? Read(long session)
    {
        StoredState? state = null;
        Do(() => state = inner.Read(session));
        return state;
    }

    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => inner.FindDue(now, most, isHeld);

    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel) => inner.LoadSessions(cancel);

    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel) => inner.LoadRetained(cancel);

    public string Explain(Exception error) => error.Message;

    public void Dispose() => inner.Dispose();

    private void Do(Action call)
    {
        _calls++;
        if (_calls < dieAt || (_calls == dieAt && isDone))
            call();
        if (_calls < dieAt)
            return;
        _died.TrySetResult();
        throw new LeaseLostException(); // the one failure after which the writer does nothing more
    }
}
