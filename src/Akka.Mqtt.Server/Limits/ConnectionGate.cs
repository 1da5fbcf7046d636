using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Decides which connections the server accepts, and counts them. It enforces <c>max-connections</c>, <c>max-connect-rate</c>, and the
/// limits for connections whose client is not accepted yet. Thread safe with one lock, which is taken a few times for each connection and
/// never for a packet.
/// </summary>
internal sealed class ConnectionGate
{
    private readonly Lock _lock = new();
    private readonly MqttServerLimits _limits;
    private readonly MemoryBudget _memory;
    private readonly Action<int> _counted;
    private readonly AddressRates? _rates;
    private readonly Dictionary<AddressKey, LinkedList<ConnectionPermit>> _silent = []; // pending connections that have not sent CONNECT, the oldest first
    private readonly int _maxExcess;
    private LinkedList<ConnectionPermit>? _busiest;
    private int _busiestAtMost; // upper bound of the silent connections of the busiest address
    private int _open;
    private int _excess;
    private int _pending;
    private Action? _whenEmpty;

    /// <param name="settings">The settings.</param>
    /// <param name="maxConnections">The highest number of connections: the setting, or less where the operating system allows less.</param>
    /// <param name="memory">Counts the memory of connections.</param>
    /// <param name="counted">Called with 1 for each connection that opens and with -1 for each that has ended.</param>
    public ConnectionGate(MqttServerSettings settings, int maxConnections, MemoryBudget memory, Action<int> counted)
    {
        _limits = settings.Limits;
        MaxConnections = maxConnections;
        _maxExcess = Math.Max(4, MaxConnections / 16);
        _memory = memory;
        _counted = counted;
        _rates = AddressRates.Of(settings.Limits);
        SilentCost = MemoryCost.PendingConnection + settings.Connection.MaxConnectPacketSize;
    }

    /// <summary>The highest number of open connections.</summary>
    public int MaxConnections { get; }

    /// <summary>
    /// The bytes that a connection without CONNECT counts for. They include the room for a CONNECT that has arrived in part, because the
    /// gate learns only of complete ones.
    /// </summary>
    public int SilentCost { get; }

    /// <summary>Connections whose client is not accepted yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>How many pending connections were closed to free their places for others.</summary>
    public long Displaced { get; private set; }

    /// <summary>Registers a connection that the operating system has accepted.</summary>
    /// <param name="transport">Its address and kind.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    /// <returns>Its permit; null when the connection must be reset at once.</returns>
    public ConnectionPermit? Admit(TransportInfo transport, long now)
    {
        var address = AddressKey.Of(transport.RemoteAddress);
        ConnectionPermit? displaced = null;
        ConnectionPermit permit;
        lock (_lock)
        {
            // A connection above the limit stays open until its CONNECT, so that a CONNACK can give the reason. The number of such
            // connections has its own limit.
            var isExcess = _open >= MaxConnections;
            if (isExcess && _excess >= _maxExcess)
                return null;
            if ((_pending >= _limits.MaxPendingConnections || !_memory.TryTake(MemoryKind.PreAuthentication, SilentCost))
                && !TryDisplace(out displaced))
            {
                return null;
            }
            var verdict = isExcess ? ReasonCode.QuotaExceeded : _rates?.TryConnect(address, now) ?? ReasonCode.Success;
            permit = new ConnectionPermit(this, verdict, address, isExcess) { PendingBytes = SilentCost };
            if (displaced is not null)
                _memory.Take(MemoryKind.PreAuthentication, SilentCost); // takes the place of the displaced connection
            if (isExcess)
                _excess++;
            else
                _open++;
            _pending++;
            Enlist(permit);
        }
        _counted(1);
        displaced?.Displace();
        return permit;
    }

    /// <summary>Calls back as soon as no connection is open; at once if none is open now.</summary>
    /// <param name="action">Called without a lock, on any thread.</param>
    public void WhenEmpty(Action action)
    {
        lock (_lock)
        {
            if (_open + _excess > 0)
            {
                _whenEmpty = action;
                return;
            }
        }
        action();
    }

    internal bool TryHold(ConnectionPermit permit, long bytes)
    {
        ConnectionPermit? displaced = null;
        var isHeld = true;
        lock (_lock)
        {
            if (permit.State != ConnectionPermit.PermitState.Pending)
                return true;
            if (permit.PendingBytes == 0)
                return false; // it was displaced before its CONNECT was seen
            Delist(permit);
            // From here on the size of the CONNECT counts, not the estimate.
            _memory.Return(MemoryKind.PreAuthentication, permit.PendingBytes - MemoryCost.PendingConnection);
            permit.PendingBytes = MemoryCost.PendingConnection;
            if (!_memory.TryTake(MemoryKind.PreAuthentication, bytes))
                isHeld = TryDisplace(out displaced) && _memory.TryTake(MemoryKind.PreAuthentication, bytes);
            if (isHeld)
                permit.PendingBytes += bytes;
        }
        displaced?.Displace();
        return isHeld;
    }

    internal bool TryAccept(ConnectionPermit permit, bool hasSession)
    {
        lock (_lock)
        {
            if (permit.State != ConnectionPermit.PermitState.Pending)
                return permit.State == ConnectionPermit.PermitState.Accepted;
            if (!_memory.TryTake(MemoryKind.Connections, MemoryCost.Connection))
            {
                if (!hasSession)
                    return false;
                _memory.Take(MemoryKind.Connections, MemoryCost.Connection);
            }
            LeavePending(permit);
            permit.State = ConnectionPermit.PermitState.Accepted;
            return true;
        }
    }

    internal void End(ConnectionPermit permit)
    {
        Action? whenEmpty = null;
        lock (_lock)
        {
            if (permit.State == ConnectionPermit.PermitState.Ended)
                return;
            if (permit.State == ConnectionPermit.PermitState.Accepted)
                _memory.Return(MemoryKind.Connections, MemoryCost.Connection);
            else
                LeavePending(permit);
            permit.State = ConnectionPermit.PermitState.Ended;
            if (permit.IsExcess)
                _excess--;
            else
                _open--;
            if (_open + _excess == 0)
                (whenEmpty, _whenEmpty) = (_whenEmpty, null);
        }
        _counted(-1);
        whenEmpty?.Invoke();
    }

    private void LeavePending(ConnectionPermit permit)
    {
        Delist(permit);
        if (permit.PendingBytes == 0)
            return; // it was displaced
        _pending--;
        _memory.Return(MemoryKind.PreAuthentication, permit.PendingBytes);
        permit.PendingBytes = 0;
    }

    private void Enlist(ConnectionPermit permit)
    {
        if (!_silent.TryGetValue(permit.Address, out var list))
            _silent.Add(permit.Address, list = new LinkedList<ConnectionPermit>());
        permit.Node = list.AddLast(permit);
        if (_busiest is null || list.Count >= _busiest.Count)
            (_busiest, _busiestAtMost) = (list, list.Count);
    }

    private void Delist(ConnectionPermit permit)
    {
        if (permit.Node is not { List: { } list } node)
            return;
        permit.Node = null;
        list.Remove(node);
        if (list.Count > 0)
            return;
        _silent.Remove(permit.Address);
        if (ReferenceEquals(list, _busiest))
            _busiest = null;
    }

    /// <summary>
    /// Closes the oldest connection without CONNECT of the address that has the most of them. During an attack this is usually a
    /// connection of the attacker.
    /// </summary>
    private bool TryDisplace(out ConnectionPermit? displaced)
    {
        if (_busiest is null || _busiest.Count < _busiestAtMost - (_busiestAtMost / 8))
        {
            // Searches again only after the busiest address has lost an eighth of its connections, so that not every new connection scans
            // all addresses.
            _busiest = null;
            foreach (var list in _silent.Values)
            {
                if (list.Count > (_busiest?.Count ?? 0))
                    _busiest = list;
            }
            _busiestAtMost = _busiest?.Count ?? 0;
        }
        displaced = _busiest?.First?.Value;
        if (displaced is null)
            return false;
        LeavePending(displaced);
        Displaced++;
        return true;
    }
}
