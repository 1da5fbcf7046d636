using System.Collections.Concurrent;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Parked sessions as plain objects of this process; they end with it. A delivery locks only its session. Thread safe.
/// </summary>
/// <param name="limits">The limits of each session.</param>
/// <param name="memory">The memory that all sessions share; null for no limit.</param>
internal sealed class MemorySessionStore(SessionLimits limits, ISessionMemory? memory) : ISessionStore
{
    private readonly ConcurrentDictionary<SessionKey, Parked> _parked = new();
    private readonly SortedSet<(long Due, long Number, SessionKey Key)> _due = new(Comparer<(long Due, long Number, SessionKey Key)>.Create(
        static (one, other) => one.Due != other.Due ? one.Due.CompareTo(other.Due) : one.Number.CompareTo(other.Number)));

    private readonly Lock _dueLock = new();
    private long _number;

    /// <summary>The number of parked sessions.</summary>
    public int Count => _parked.Count;

    public long NextDue
    {
        get
        {
            lock (_dueLock)
                return _due.Count == 0 ? long.MaxValue : _due.Min.Due;
        }
    }

    public SessionCore Begin(SessionKey key, string? owner, long now) => new(key, owner, limits, now, recorder: null, memory);

    public SessionCore? Take(SessionKey key)
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

    public void Park(SessionCore session, IParkedSessionWatcher watcher)
    {
        if (session.IsConnected || session.IsOver)
            throw new InvalidOperationException("Only a session that is not connected and not over can be parked.");
        var due = session.NextDue;
        var parked = new Parked(session, watcher, (due, due == long.MaxValue ? 0 : Interlocked.Increment(ref _number), session.Key));
        if (due < long.MaxValue)
        {
            lock (_dueLock)
                _due.Add(parked.Due);
        }
        if (_parked.TryAdd(session.Key, parked))
            return;
        Forget(parked);
        throw new InvalidOperationException($"A session of {session.Key} is parked already.");
    }

    public bool TryDeliver(SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now)
    {
        if (!_parked.TryGetValue(key, out var parked))
            return false;
        lock (parked)
        {
            if (parked.Session is not { } session)
                return false; // taken in the meantime
            var outgoing = session.Outgoing;
            outgoing.Deliver(batch, shares, receivedAt, now);
            parked.Watcher.Delivered(outgoing.QueuedCount, outgoing.QueuedBytes, session.TakeDrops());
            return true;
        }
    }

    public IReadOnlyList<SessionKey> FindDue(long now, int most)
    {
        var found = new List<SessionKey>();
        lock (_dueLock)
        {
            while (found.Count < most && _due.Count > 0 && _due.Min is var first && first.Due <= now)
            {
                _due.Remove(first);
                found.Add(first.Key);
            }
        }
        return found;
    }

    private void Forget(Parked parked)
    {
        if (parked.Due.Due == long.MaxValue)
            return;
        lock (_dueLock)
            _due.Remove(parked.Due);
    }

    private sealed class Parked(SessionCore session, IParkedSessionWatcher watcher, (long Due, long Number, SessionKey Key) due)
    {
        public SessionCore? Session { get; set; } = session; // null once it is taken

        public IParkedSessionWatcher Watcher { get; } = watcher;

        public (long Due, long Number, SessionKey Key) Due { get; } = due;
    }
}
