using System.Net;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Server;

/// <summary>
/// The bans of a server. A banned client is refused when it connects: with 0x8A in MQTT 5.0, with "not authorized" in earlier versions. A
/// ban does not close an open connection; use <see cref="MqttServer.DisconnectClient"/>. Bans are kept in memory, and each node of a
/// cluster has its own; a node that joins copies those of the others. Thread safe.
/// </summary>
public sealed class MqttServerBans
{
    /// <summary>The highest number of bans at a time.</summary>
    public const int MaxBans = 10_000;

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private volatile Dictionary<string, DateTimeOffset> _clients = new(StringComparer.Ordinal);
    private volatile Dictionary<IPAddress, DateTimeOffset> _addresses = [];

    internal MqttServerBans(TimeProvider clock) => _clock = clock;

    /// <summary>Bans a client identifier. An existing ban gets the new end.</summary>
    /// <param name="clientId">The client identifier, not empty.</param>
    /// <param name="duration">How long, more than zero; null for no end. Bans never outlive the server.</param>
    /// <exception cref="ArgumentException">The client identifier is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not more than zero.</exception>
    /// <exception cref="InvalidOperationException">The server already has <see cref="MaxBans"/> bans.</exception>
    public void Add(string clientId, TimeSpan? duration = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        var until = EndOf(duration);
        lock (_lock)
            _clients = With(_clients, clientId, until);
    }

    /// <summary>Bans an IP address. An existing ban gets the new end.</summary>
    /// <param name="address">The address of clients as the server sees it.</param>
    /// <param name="duration">How long, more than zero; null for no end. Bans never outlive the server.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not more than zero.</exception>
    /// <exception cref="InvalidOperationException">The server already has <see cref="MaxBans"/> bans.</exception>
    public void Add(IPAddress address, TimeSpan? duration = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        var until = EndOf(duration);
        lock (_lock)
            _addresses = With(_addresses, Plain(address), until);
    }

    /// <summary>Removes the ban of a client identifier.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>Whether it was banned.</returns>
    public bool Remove(string clientId)
    {
        ArgumentNullException.ThrowIfNull(clientId);
        lock (_lock)
        {
            var found = _clients.TryGetValue(clientId, out var until) && until > _clock.GetUtcNow();
            _clients = Without(_clients, clientId);
            return found;
        }
    }

    /// <summary>Removes the ban of an IP address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Whether it was banned.</returns>
    public bool Remove(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_lock)
        {
            var found = _addresses.TryGetValue(Plain(address), out var until) && until > _clock.GetUtcNow();
            _addresses = Without(_addresses, Plain(address));
            return found;
        }
    }

    /// <summary>All bans that are in force, those of client identifiers first, in order.</summary>
    /// <returns>The bans.</returns>
    public IReadOnlyList<MqttServerBan> List()
    {
        var now = _clock.GetUtcNow();
        return
        [
            .. _clients.Where(each => each.Value > now).OrderBy(static each => each.Key, StringComparer.Ordinal)
                .Select(static each => new MqttServerBan(each.Key, null, Shown(each.Value))),
            .. _addresses.Where(each => each.Value > now).OrderBy(static each => each.Key.ToString(), StringComparer.Ordinal)
                .Select(static each => new MqttServerBan(null, each.Key, Shown(each.Value))),
        ];
    }

    /// <summary>Adds bans of another node, unless this server has them with a later end.</summary>
    /// <param name="others">The bans. Those of no client identifier and no address are ignored.</param>
    /// <returns>How many do not fit.</returns>
    internal int Copy(IReadOnlyList<BanChange> others)
    {
        var left = 0;
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            var clients = new Dictionary<string, DateTimeOffset>(_clients.Where(each => each.Value > now), _clients.Comparer);
            var addresses = new Dictionary<IPAddress, DateTimeOffset>(_addresses.Where(each => each.Value > now));
            foreach (var ban in others)
            {
                TimeSpan? duration = ban.Seconds > 0 ? TimeSpan.FromSeconds(Math.Min(ban.Seconds, (long)TimeSpan.MaxValue.TotalSeconds - 1)) : null;
                var isAdded = ban.Address is null ? string.IsNullOrEmpty(ban.ClientId) || Add(clients, ban.ClientId, EndOf(duration))
                    : !IPAddress.TryParse(ban.Address, out var address) || Add(addresses, Plain(address), EndOf(duration));
                left += isAdded ? 0 : 1;
            }
            (_clients, _addresses) = (clients, addresses);

            bool Add<T>(Dictionary<T, DateTimeOffset> bans, T key, DateTimeOffset until)
                where T : notnull
            {
                var isThere = bans.TryGetValue(key, out var end);
                if (!isThere && clients.Count + addresses.Count >= MaxBans)
                    return false;
                if (!isThere || end < until)
                    bans[key] = until;
                return true;
            }
        }
        return left;
    }

    /// <summary>Whether a client that sends CONNECT is banned. Takes no lock: changes replace the tables.</summary>
    internal bool Contains(string clientId, EndPoint? remote)
    {
        var (clients, addresses) = (_clients, _addresses);
        if (clients.Count == 0 && addresses.Count == 0)
            return false;
        return (clients.TryGetValue(clientId, out var until) && until > _clock.GetUtcNow())
            || (remote is IPEndPoint { Address: var address } && addresses.TryGetValue(Plain(address), out until) && until > _clock.GetUtcNow());
    }

    private DateTimeOffset EndOf(TimeSpan? duration)
    {
        if (duration is not { } time)
            return DateTimeOffset.MaxValue;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(duration));
        var now = _clock.GetUtcNow();
        return time < DateTimeOffset.MaxValue - now ? now + time : DateTimeOffset.MaxValue;
    }

    /// <summary>Copies the bans and adds one; expired ones are left out. The caller holds the lock.</summary>
    private Dictionary<T, DateTimeOffset> With<T>(Dictionary<T, DateTimeOffset> bans, T key, DateTimeOffset until)
        where T : notnull
    {
        var now = _clock.GetUtcNow();
        if (!bans.ContainsKey(key) && _clients.Values.Count(each => each > now) + _addresses.Values.Count(each => each > now) >= MaxBans)
            throw new InvalidOperationException($"There are {MaxBans} bans already: remove one first.");
        return new Dictionary<T, DateTimeOffset>(bans.Where(each => each.Value > now), bans.Comparer) { [key] = until };
    }

    private static Dictionary<T, DateTimeOffset> Without<T>(Dictionary<T, DateTimeOffset> bans, T key)
        where T : notnull
    {
        var left = new Dictionary<T, DateTimeOffset>(bans, bans.Comparer);
        left.Remove(key);
        return left;
    }

    private static DateTimeOffset? Shown(DateTimeOffset until) => until == DateTimeOffset.MaxValue ? null : until;

    /// <summary>A socket of both protocols reports IPv4 addresses as IPv6 addresses.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
