using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Decides which connections the server takes and counts them: <c>max-connections</c>, <c>max-connect-rate</c>, and what connections may hold
/// before their client is accepted. Thread safe by one lock, which is taken a few times a connection and never for a packet.
/// </summary>
internal sealed class ConnectionGate
{
    private readonly Lock _lock = new();
    private readonly MqttServerLimits _limits;
    private readonly MemoryBudget _memory;
    private readonly Action<int> _counted;
    private readonly AddressRates? _rates;
    private readonly Dictionary<AddressKey, LinkedList<ConnectionPermit>> _silent = []; // pending connections without CONNECT, the oldest first
    private readonly int _maxExcess;
    private LinkedList<ConnectionPermit>? _busiest;
    private int _busiestAtMost; // how many the busiest address had when it was found or grew
    private int _open;
    private int _excess;
    private int _pending;
    private Action? _whenEmpty;

    /// <param name="settings">The settings.</param>
    /// <param name="maxConnections">Most connections: the setting, or less where the system allows less.</param>
    /// <param name="memory">Counts what connections keep.</param>
    /// <param name="counted">Is told 1 for each connection that opens and -1 for each that has ended.</param>
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

    /// <summary>Most connections at a time.</summary>
    public int MaxConnections { get; }

    /// <summary>
    /// What a connection without CONNECT counts for, in bytes: a CONNECT that has come in part lies in it, and only the whole one is told.
    /// </summary>
    public int SilentCost { get; }

    /// <summary>Connections whose client is not accepted yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>How many pending connections were closed because others needed their places.</summary>
    public long Displaced { get; private set; }

    /// <summary>A connection has been accepted from the system.</summary>
    /// <param name="transport">Where it comes from.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    /// <returns>Its place; null when it must be reset at once.</returns>
    public ConnectionPermit? Admit(TransportInfo transport, long now)
    {
        var address = AddressKey.Of(transport.RemoteAddress);
        ConnectionPermit? displaced = null;
        ConnectionPermit permit;
        lock (_lock)
        {
            // A connection above the limit stays open until its CONNECT, so that a CONNACK can say why. Their number has a limit of its own.
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
                _memory.Take(MemoryKind.PreAuthentication, SilentCost); // in the place of the other one
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

    /// <summary>Calls back as soon as no connection is open, at once if none is.</summary>
    /// <param name="action">Called under no lock, from any thread.</param>
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

    /// <summary>Closes the oldest connection without CONNECT of the address that has most of them. During an attack that is usually one of the attacker.</summary>
    private bool TryDisplace(out ConnectionPermit? displaced)
    {
        if (_busiest is null || _busiest.Count < _busiestAtMost - (_busiestAtMost / 8))
        {
            // Searched again only after the busiest address has lost an eighth, so that not every connection scans all addresses.
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
