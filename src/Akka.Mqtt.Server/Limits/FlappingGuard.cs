using System.Net;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Detects clients that connect too often. No IO; a lock is taken once for each CONNECT. Its table is bounded: when it is full, old counts
/// are removed; if no count is old enough, new clients are not counted.
/// </summary>
internal sealed class FlappingGuard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string ClientId, IPAddress? Address), State> _clients = [];
    private readonly int _maxConnects;
    private readonly long _window;
    private readonly long _ban;
    private readonly int _maxClients;
    private long _sweptAt;

    private FlappingGuard(int maxConnects, MqttServerLimits limits)
    {
        _maxConnects = maxConnects;
        _window = (long)limits.FlappingWindow.TotalMilliseconds;
        _ban = (long)limits.FlappingBan.TotalMilliseconds;
        _maxClients = limits.FlappingClients;
    }

    /// <summary>The number of clients that are counted.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    public static FlappingGuard? Of(MqttServerLimits limits) =>
        limits.FlappingConnects is { } connects ? new FlappingGuard(connects, limits) : null;

    /// <summary>Counts a CONNECT of a client.</summary>
    /// <param name="clientId">Its identifier.</param>
    /// <param name="remote">The address of the client.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    /// <returns>Whether the client may connect; false when it is banned.</returns>
    public bool TryConnect(string clientId, EndPoint? remote, long now)
    {
        var key = (clientId, (remote as IPEndPoint)?.Address);
        lock (_lock)
        {
            var known = _clients.TryGetValue(key, out var state);
            if (known && now < state.BannedUntil)
                return false;
            if (!known && !RemoveOldIfFull(now))
                return true;
            if (!known || now - state.Since >= _window || state.BannedUntil != 0)
                state = new State(now, 0, 0);
            state = state with { Connects = state.Connects + 1 };
            if (state.Connects > _maxConnects)
                state = state with { BannedUntil = now + _ban };
            _clients[key] = state;
            return state.BannedUntil == 0;
        }
    }

    private bool RemoveOldIfFull(long now)
    {
        if (_clients.Count < _maxClients)
            return true;
        if (now - _sweptAt < _window / 4)
            return false; // removing old counts reads all of them: too expensive for every CONNECT
        _sweptAt = now;
        foreach (var (key, state) in _clients)
        {
            if (now >= state.BannedUntil && now - state.Since >= _window)
                _clients.Remove(key);
        }
        return _clients.Count < _maxClients;
    }

    private readonly record struct State(long Since, int Connects, long BannedUntil);
}
