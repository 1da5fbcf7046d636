using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// The sessions that the writer knows: all held ones, and recently used parked ones. It records the changes of the current drain, so that they can be undone
/// when the commit fails.
/// </summary>
/// <param name="firstSession">The first identity of this run: sessions below it are from earlier runs.</param>
internal sealed class KnownSessions(long firstSession = 0)
{
    // The parked sessions whose counts are remembered; about 100 bytes each.
    private const int MaxParked = 200_000;

    private readonly Dictionary<long, SessionInfo> _sessions = [];
    private readonly List<SessionInfo> _touched = [];
    private readonly Dictionary<long, IOriginFilter> _filters = []; // of sessions that move between nodes
    private readonly SessionSet _found = new(); // sessions of earlier runs
    private long _drain;
    private int _parked;

    /// <summary>Whether a session is held, after the operations that were processed so far.</summary>
    public bool IsHeld(long session) => _sessions.TryGetValue(session, out var info) && info.IsHeld;

    /// <summary>Finds a session that is known.</summary>
    /// <param name="id">Its identity.</param>
    /// <returns>The session; null when it is not known.</returns>
    public SessionInfo? Find(long id)
    {
        if (!_sessions.TryGetValue(id, out var info))
            return null;
        Touch(info);
        return info;
    }

    /// <summary>Adds a session that is not known.</summary>
    /// <param name="id">Its identity.</param>
    /// <returns>The session, which is parked and not counted.</returns>
    public SessionInfo Add(long id)
    {
        var info = new SessionInfo(id);
        _sessions.Add(id, info);
        Touch(info);
        info.WasUnknown = true;
        _parked++;
        return info;
    }

    /// <summary>Adds a session that is not known, and that the database has.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="count">Its queued messages, before the current drain.</param>
    public void Add(long id, QueueCount count)
    {
        var info = Add(id);
        (info.IsCounted, info.Messages, info.Bytes, info.Found) = (true, count.Messages, count.Bytes, count);
    }

    /// <summary>Another process has taken a parked session.</summary>
    /// <param name="id">Its identity.</param>
    public void Remove(long id)
    {
        if (_sessions.TryGetValue(id, out var info) && !info.IsHeld)
            Forget(info);
    }

    /// <summary>Which messages are written for a session that moves; null for one that does not.</summary>
    /// <param name="id">Its identity.</param>
    public IOriginFilter? FilterOf(long id) => _filters.Count == 0 ? null : _filters.GetValueOrDefault(id);

    /// <summary>A session starts to move. A failed drain does not undo this, because the request is then repeated.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="filter">Which messages are written.</param>
    public void SetFilter(long id, IOriginFilter filter) => _filters[id] = filter;

    /// <summary>A move is over: all messages are written again. Changes nothing if the next move of the session, with its own filter, has already started.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="filter">The filter of the move.</param>
    public void EndFilter(long id, IOriginFilter filter)
    {
        if (ReferenceEquals(_filters.GetValueOrDefault(id), filter))
            _filters.Remove(id);
    }

    /// <summary>The same for all sessions that have the filter.</summary>
    /// <param name="filter">The filter.</param>
    public void EndFilter(IOriginFilter filter)
    {
        foreach (var id in _filters.Where(each => ReferenceEquals(each.Value, filter)).Select(static each => each.Key).ToList())
            _filters.Remove(id);
    }

    /// <summary>Changes whether the session or the writer enforces the limits of a session.</summary>
    /// <param name="info">The session.</param>
    /// <param name="held">Whether it is held from here on.</param>
    public void Hold(SessionInfo info, bool held)
    {
        if (info.IsHeld == held)
            return;
        info.IsHeld = held;
        info.Uncount();
        _parked += held ? -1 : 1;
    }

    /// <summary>A new attempt, or a new drain, begins.</summary>
    public void Begin() => _drain++;

    /// <summary>The database has counted the queued messages of a session.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="count">What waits.</param>
    public void Counted(long id, QueueCount count)
    {
        if (Find(id) is not { } info)
            Add(id, count);
        else if (info is { IsHeld: false, IsCounted: false })
            (info.IsCounted, info.Messages, info.Bytes) = (true, count.Messages, count.Bytes);
    }

    /// <summary>The drain was committed.</summary>
    /// <param name="waiting">Receives the counts of the parked sessions that it changed; may be null.</param>
    /// <param name="found">Receives the count of each session of an earlier run when it is used for the first time; may be null.</param>
    public void Committed(Action<long, int, long>? waiting, Action<QueueCount>? found)
    {
        foreach (var info in _touched)
        {
            if (found is not null && info.WasUnknown && info.Id < firstSession && _found.Add(info.Id))
                found(info.Found);
            if (info.IsEnded)
            {
                Forget(info);
                waiting?.Invoke(info.Id, 0, 0);
            }
            else if (info is { IsHeld: false, IsCounted: true })
            {
                waiting?.Invoke(info.Id, info.Messages, info.Bytes);
            }
        }
        _touched.Clear();
        if (_parked <= MaxParked)
            return;
        foreach (var info in _sessions.Values.Where(each => !each.IsHeld).ToList())
            Forget(info);
    }

    /// <summary>The drain failed: undoes its changes.</summary>
    public void TakeBack()
    {
        foreach (var info in _touched)
        {
            Hold(info, info.WasHeld);
            info.IsEnded = false;
            info.Uncount();
            if (info.WasUnknown)
                Forget(info);
        }
        _touched.Clear();
    }

    /// <summary>The held sessions.</summary>
    /// <returns>Their identities.</returns>
    public List<long> Held() => [.. _sessions.Values.Where(static each => each.IsHeld).Select(static each => each.Id)];

    /// <summary>The database has lost a held session.</summary>
    /// <param name="session">Its identity.</param>
    public void Lose(long session) => Forget(_sessions[session]);

    /// <summary>Forgets the counts of all sessions; of parked ones also whether they exist.</summary>
    public void UncountAll()
    {
        foreach (var info in _sessions.Values.Where(static each => !each.IsHeld).ToList())
            Forget(info);
    }

    private void Touch(SessionInfo info)
    {
        if (info.Drain == _drain)
            return;
        info.Drain = _drain;
        info.WasHeld = info.IsHeld;
        info.WasUnknown = false;
        _touched.Add(info);
    }

    private void Forget(SessionInfo info)
    {
        if (_sessions.Remove(info.Id) && !info.IsHeld)
            _parked--;
    }
}
