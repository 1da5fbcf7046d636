using System.Net;
using Akka.Mqtt.Server.Limits;
using Microsoft.AspNetCore.Connections;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Limits the connections of one address to a port for HTTP, so that no client can use all of them. With IPv6 a /64 network counts as one address. Loopback
/// addresses have no limit, because a reverse proxy may use them. Thread safe.
/// </summary>
/// <param name="most">Most connections of an address.</param>
internal sealed class AddressLimit(int most)
{
    private readonly Dictionary<AddressKey, int> _connections = [];

    /// <summary>Passes a connection on, or closes it.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint remote || IPAddress.IsLoopback(remote.Address))
        {
            await next(connection).ConfigureAwait(false);
            return;
        }
        if (!TryEnter(remote))
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
            Leave(remote);
        }
    };

    /// <summary>Counts a connection.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool TryEnter(IPEndPoint remote)
    {
        var key = AddressKey.Of(remote);
        lock (_connections)
        {
            var count = _connections.GetValueOrDefault(key);
            if (count >= most)
                return false;
            _connections[key] = count + 1;
            return true;
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Leave(IPEndPoint remote)
    {
        var key = AddressKey.Of(remote);
        lock (_connections)
        {
            if (--_connections[key] == 0)
                _connections.Remove(key); // as many entries as connections, at most
        }
    }
}
