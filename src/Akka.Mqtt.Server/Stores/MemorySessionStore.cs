using System.Collections.Concurrent;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Sessions that nobody holds as plain objects of this process; they end with it. Deliveries lock the one session that they are for. Thread safe.
/// </summary>
/// <param name="limits">The bounds of each session.</param>
/// <param name="memory">The memory that all sessions share; null for no bound.</param>
internal sealed class MemorySessionStore(SessionLimits limits, ISessionMemory? memory) : ISessionStore
{
    private readonly ConcurrentDictionary<SessionKey, Parked> _parked = new();
    private readonly SortedSet<(long Due, long Number, SessionKey Key)> _due = new(Comparer<(long Due, long Number, SessionKey Key)>.Create(
        static (one, other) => one.Due != other.Due ? one.Due.CompareTo(other.Due) : one.Number.CompareTo(other.Number)));

    private readonly Lock _dueLock = new();
    private long _number;

    /// <summary>Sessions that nobody holds.</summary>
    public int Count => _parked.Count;

    public SessionCore Begin(SessionKey key, string? owner, long now) => new(key, owner, limits, now, recorder: null, memory);

    public ValueTask<SessionCore?> TakeAsync(SessionKey key, long now, CancellationToken cancel = default) => new(Take(key));

    public void Park(SessionCore session)
    {
        if (session.IsConnected || session.IsOver)
            throw new InvalidOperationException("Only a session that is not connected and not over can be parked.");
        var due = session.NextDue;
        var parked = new Parked(session, (due, Interlocked.Increment(ref _number), session.Key));
        if (due < long.MaxValue)
        {
            lock (_dueLock)
                _due.Add(parked.Due);
        }
        if (!_parked.TryAdd(session.Key, parked))
        {
            Forget(parked);
            throw new InvalidOperationException($"A session of {session.Key} is parked already.");
        }
    }

    public StoreDelivery Deliver(
        SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now, IHandOver? handOver = null, int from = 0)
    {
        if (!_parked.TryGetValue(key, out var parked))
            return default;
        lock (parked)
        {
            if (parked.Session is not { } session)
                return default; // taken meanwhile
            var taken = session.Outgoing.Deliver(batch, shares, receivedAt, now, handOver, from);
            return new StoreDelivery(true, taken, session.TakeDrops());
        }
    }

    public bool IsSafe(IStoreReceipt? receipt) => true;

    public IReadOnlyList<SessionCore> TakeDue(long now, int most)
    {
        var taken = new List<SessionCore>();
        while (taken.Count < most && NextDue(now) is { } key)
        {
            if (Take(key) is { } session)
                taken.Add(session);
        }
        return taken;
    }

    private SessionKey? NextDue(long now)
    {
        lock (_dueLock)
        {
            var first = _due.Min;
            if (_due.Count == 0 || first.Due > now)
                return null;
            _due.Remove(first);
            return first.Key;
        }
    }

    private SessionCore? Take(SessionKey key)
    {
        if (!_parked.TryRemove(key, out var parked))
            return null;
        Forget(parked);
        lock (parked)
        {
            var session = parked.Session;
            parked.Session = null;
            return session;
        }
    }

    private void Forget(Parked parked)
    {
        if (parked.Due.Due == long.MaxValue)
            return;
        lock (_dueLock)
            _due.Remove(parked.Due);
    }

    private sealed class Parked(SessionCore session, (long Due, long Number, SessionKey Key) due)
    {
        public SessionCore? Session { get; set; } = session; // null once it is taken

        public (long Due, long Number, SessionKey Key) Due { get; } = due;
    }
}
