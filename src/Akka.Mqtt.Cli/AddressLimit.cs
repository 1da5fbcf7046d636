using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Limits how many connections to a port for HTTP one address has, so that nobody uses all of them up. Networks of /64 count as one address of IPv6. Loopback addresses have no
/// limit: a reverse proxy may be there. Thread safe.
/// </summary>
/// <param name="most">Most connections of an address.</param>
internal sealed class AddressLimit(int most)
{
    private const int NetworkBytes = 8; // of an IPv6 address

    private readonly Dictionary<IPAddress, int> _connections = [];

    /// <summary>Passes a connection on, or closes it.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || IPAddress.IsLoopback(address))
        {
            await next(connection).ConfigureAwait(false);
            return;
        }
        var network = NetworkOf(address);
        if (!TryEnter(network))
        {
            connection.Abort(new ConnectionAbortedException("Too many connections of one address."));
            return;
        }
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Leave(network);
        }
    };

    /// <summary>Counts a connection.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool TryEnter(IPAddress network)
    {
        lock (_connections)
        {
            var count = _connections.GetValueOrDefault(network);
            if (count >= most)
                return false;
            _connections[network] = count + 1;
            return true;
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Leave(IPAddress network)
    {
        lock (_connections)
        {
            if (--_connections[network] == 0)
                _connections.Remove(network); // as many entries as connections, at most
        }
    }

    /// <summary>What is counted as one address.</summary>
    public static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[NetworkBytes..].Clear();
        return new IPAddress(bytes);
    }
}
