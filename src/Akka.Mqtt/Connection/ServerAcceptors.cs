using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The servers of an actor system, for listeners that are not theirs, such as endpoints of Kestrel: who takes the connections. Servers add themselves. Thread safe.
/// </summary>
internal sealed class ServerAcceptors
{
    private readonly Lock _lock = new();
    private readonly List<Func<string?, IActorRef?>> _servers = []; // in the order of their start

    /// <summary>A server has started.</summary>
    /// <param name="server">Gives the acceptor with the rules of a listener, or that with the rules of no listener for null; null when it has no such listener.</param>
    /// <returns>Takes the server away.</returns>
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
    /// <param name="listener">The name of the listener; null for the rules of no listener.</param>
    public IActorRef? Find(string? listener)
    {
        lock (_lock)
            return _servers.Select(server => server(listener)).FirstOrDefault(acceptor => acceptor is not null);
    }
}
