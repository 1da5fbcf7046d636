using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The servers of an actor system, for listeners of others, such as endpoints of Kestrel: finds the actor that accepts their connections.
/// Servers register themselves. Thread safe.
/// </summary>
internal sealed class ServerAcceptors
{
    private readonly Lock _lock = new();
    private readonly List<Func<string?, IActorRef?>> _servers = []; // in the order of their start

    /// <summary>Registers a server.</summary>
    /// <param name="server">
    /// Returns the acceptor with the rules of a listener; for null, the acceptor with the default rules. Returns null when the server has
    /// no such listener.
    /// </param>
    /// <returns>Call it to remove the server.</returns>
    public Action Add(Func<string?, IActorRef?> server)
    {
        lock (_lock)
            _servers.Add(server);
        return () =>
        {
            lock (_lock)
                _servers.Remove(server);
        };
    }

    /// <summary>The acceptor of the first server that has such a listener.</summary>
    /// <param name="listener">The name of the listener; null for the default rules.</param>
    public IActorRef? Find(string? listener)
    {
        lock (_lock)
            return _servers.Select(server => server(listener)).FirstOrDefault(acceptor => acceptor is not null);
    }
}
