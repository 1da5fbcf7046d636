using System.Runtime.CompilerServices;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt;

/// <summary>
/// A storage engine that keeps its commits in memory, for tests. It commits each unit at once, and completes its receipt inside
/// <see cref="Append"/>, unless a test holds commits back. Thread safe.
/// </summary>
internal sealed class MemoryEngine : IStorageEngine
{
    private readonly Lock _lock = new();
    private readonly SessionLimits _limits;
    private readonly List<Entry> _log = [];
    private StoreModel _appended;
    private StorageHealth? _health;
    private int _committed;
    private long _ticket;
    private long _nextSession = 1;
    private long _nextMessage = 1;
    private bool _isHolding;
    private readonly Dictionary<long, QueueCount> _left = []; // of sessions of an earlier process that nobody has named
    private (long Messages, long Bytes) _atStart;

    public MemoryEngine(SessionLimits limits)
    {
        _limits = limits;
        _appended = new StoreModel(limits);
    }

    /// <summary>What <see cref="Health"/> says while no test sets it: <see cref="StorageHealth.Behind"/> above this many units that wait.</summary>
    public int MaxPendingUnits { get; init; } = int.MaxValue;

    /// <summary>Units that were appended and are not committed.</summary>
    public int PendingUnits
    {
        get
        {
            lock (_lock)
                return _log.Count - _committed;
        }
    }

    /// <summary>All operations that were appended, takes left out.</summary>
    public IReadOnlyList<StoreOp> Operations
    {
        get
        {
            lock (_lock)
                return [.. _log.SelectMany(each => each.Ops)];
        }
    }

    /// <summary>Messages that the rule for full queues dropped from parked sessions.</summary>
    public int Dropped
    {
        get
        {
            lock (_lock)
                return _appended.Dropped;
        }
    }

    /// <summary>Told how much waits in a parked session, as soon as that is appended.</summary>
    public Action<long, int, long>? Waiting { get; set; }

    /// <summary>Told what has waited in a session of an earlier process when it is named for the first time.</summary>
    public Action<QueueCount>? Found { get; set; }

    public bool IsDisposed { get; private set; }

    public StorageHealth Health
    {
        get
        {
            lock (_lock)
                return _health ?? (_log.Count - _committed > MaxPendingUnits ? StorageHealth.Behind : StorageHealth.Good);
        }
        set
        {
            lock (_lock)
                _health = value;
        }
    }

    public long PendingBytes
    {
        get
        {
            lock (_lock)
                return _log.Skip(_committed).Sum(each => 64L * each.Ops.Count);
        }
    }

    /// <summary>From here on nothing is committed but by <see cref="Commit"/>.</summary>
    public void Hold()
    {
        lock (_lock)
            _isHolding = true;
    }

    /// <summary>Commits what waits: all of it, or the first units. Receipts are completed by the calling thread.</summary>
    public void Commit(int units = int.MaxValue)
    {
        List<IStoreReceipt> receipts = [];
        lock (_lock)
        {
            for (; units > 0 && _committed < _log.Count; units--, _committed++)
            {
                if (_log[_committed].Receipt is { } receipt)
                    receipts.Add(receipt);
            }
        }
        receipts.ForEach(receipt => receipt.Complete());
    }

    /// <summary>Commits what waits, and from here on each unit at once.</summary>
    public void GoOn()
    {
        lock (_lock)
            (_isHolding, _health) = (false, null);
        Commit();
    }

    /// <summary>Commits fail from here until <see cref="GoOn"/>.</summary>
    public void Fail()
    {
        lock (_lock)
            (_isHolding, _health) = (true, StorageHealth.Failing);
    }

    /// <summary>What the next process finds after this one was killed: the units that were committed.</summary>
    /// <param name="aliveAt">When it was alive last, in milliseconds since the Unix epoch.</param>
    /// <param name="limits">The limits of the next process; null for the same.</param>
    public MemoryEngine Crash(long aliveAt, SessionLimits? limits = null)
    {
        lock (_lock)
        {
            var next = new MemoryEngine(limits ?? _limits) { _nextSession = _nextSession, _nextMessage = _nextMessage, _ticket = _ticket };
            next._log.AddRange(_log.Take(_committed).Append(new Entry([], null) { RestartedAt = aliveAt }));
            next._committed = next._log.Count;
            next._appended = new StoreModel(next._limits);
            foreach (var entry in next._log)
                entry.ApplyTo(next._appended);
            foreach (var session in next._appended.Load())
            {
                var count = next.Count(session.Session, parkedOnly: false)!.Value;
                next._left.Add(session.Session, count);
                next._atStart = (next._atStart.Messages + count.Messages, next._atStart.Bytes + count.Bytes);
            }
            return next;
        }
    }

    /// <summary>A session as all that was appended makes it; it is not taken.</summary>
    public StoredState? Peek(long session)
    {
        lock (_lock)
            return _appended.Peek(session);
    }

    public bool IsHeld(long session)
    {
        lock (_lock)
            return _appended.IsHeld(session);
    }

    public long NextSession() => Interlocked.Increment(ref _nextSession) - 1;

    public long NextMessages(int count) => Interlocked.Add(ref _nextMessage, count) - count;

    public long Append(in StoreUnit unit)
    {
        long ticket;
        bool commit;
        lock (_lock)
        {
            var entry = new Entry(unit.Ops, unit.Receipt);
            entry.ApplyTo(_appended);
            _log.Add(entry);
            ticket = ++_ticket;
            commit = !_isHolding;
        }
        foreach (var op in unit.Ops)
            TellWaiting(op);
        if (commit)
            Commit();
        return ticket;
    }

    public ValueTask<IReadOnlyDictionary<long, QueueCount>> CountAsync(IReadOnlyList<long> sessions, CancellationToken cancel = default)
    {
        Dictionary<long, QueueCount> counts = [];
        foreach (var session in sessions)
        {
            if (Count(session, parkedOnly: false) is { } count)
                counts[session] = count;
        }
        foreach (var session in sessions)
            TellWaiting(session);
        return new(counts);
    }

    public Task<(long Messages, long Bytes)> CountAtStartAsync() => Task.FromResult(_atStart);

    public long Take(long session, IStoredReader reader)
    {
        long ticket;
        StoredState? state;
        lock (_lock)
        {
            state = _appended.Take(session);
            _log.Add(new Entry([], null) { Taken = session });
            if (!_isHolding)
                _committed = _log.Count;
            ticket = ++_ticket;
        }
        TellFound(session);
        reader.Read(state);
        return ticket;
    }

    public ValueTask<IReadOnlyList<DueSession>> FindDueAsync(long now, int most, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_appended.FindDue(now, most));
    }

    public Task LoadRoutesAsync(IRouteLoad into, CancellationToken cancel = default)
    {
        IReadOnlyList<StoredSession> all;
        lock (_lock)
            all = _appended.Load();
        foreach (var session in all)
            StoredRoutes.Give(session, into);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredSession> LoadSessionsAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        IReadOnlyList<StoredSession> all;
        lock (_lock)
            all = _appended.Load();
        foreach (var session in all)
        {
            await Task.Yield();
            yield return session;
        }
    }

    public async IAsyncEnumerable<RetainedRecord> LoadRetainedAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        IReadOnlyList<RetainedRecord> all;
        lock (_lock)
            all = [.. _appended.Retained];
        foreach (var record in all)
        {
            await Task.Yield();
            yield return record;
        }
    }

    public ValueTask DisposeAsync()
    {
        GoOn();
        IsDisposed = true;
        return default;
    }

    private void TellFound(long session)
    {
        QueueCount left;
        lock (_lock)
        {
            if (!_left.Remove(session, out left))
                return;
        }
        Found?.Invoke(left);
    }

    private void TellWaiting(StoreOp op)
    {
        foreach (var session in op switch
        {
            StoreOp.Queued queued => queued.Sessions,
            StoreOp.Parked parked => [parked.Session],
            StoreOp.Removed removed => [removed.Session],
            StoreOp.Ended ended => [ended.Session],
            _ => (long[])[],
        })
        {
            TellWaiting(session);
        }
    }

    private void TellWaiting(long session)
    {
        TellFound(session);
        if (Count(session, parkedOnly: true) is { } count)
            Waiting?.Invoke(session, count.Messages, count.Bytes);
    }

    private QueueCount? Count(long session, bool parkedOnly)
    {
        lock (_lock)
        {
            if (parkedOnly && _appended.IsHeld(session))
                return null;
            if (_appended.Peek(session) is not { } stored)
                return parkedOnly ? new QueueCount(0, 0) : null;
            return new QueueCount(stored.State.Queue.Count, stored.State.Queue.Values.Sum(static each => (long)each.KeptSize));
        }
    }

    private sealed record Entry(IReadOnlyList<StoreOp> Ops, IStoreReceipt? Receipt)
    {
        public long? RestartedAt { get; init; }

        public long? Taken { get; init; }

        public void ApplyTo(StoreModel model)
        {
            if (RestartedAt is { } aliveAt)
                model.Restart(aliveAt);
            if (Taken is { } session)
                model.Take(session);
            foreach (var op in Ops)
                model.Apply(op);
        }
    }
}
