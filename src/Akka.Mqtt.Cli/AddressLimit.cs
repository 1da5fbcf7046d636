using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Limits the connections of one address to a port for HTTP, so that no client can use all of them. With IPv6 a /64 network counts as one address. Loopback
/// addresses have no limit, because a reverse proxy may use them. Thread safe.
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

    /// <summary>The key that is counted as one address.</summary>
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
