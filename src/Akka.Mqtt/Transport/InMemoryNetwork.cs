using System.Collections.Concurrent;

namespace Akka.Mqtt.Transport;

/// <summary>The in-memory listeners of one actor system, by name. Thread safe.</summary>
internal sealed class InMemoryNetwork
{
    private readonly ConcurrentDictionary<string, InMemoryListener> _listeners = new(StringComparer.Ordinal);

    /// <summary>Listens on a name that no listener uses.</summary>
    public InMemoryListener Bind(InMemoryEndPoint address, int backlog)
    {
        var listener = new InMemoryListener(this, address, backlog);
        return _listeners.TryAdd(address.Name, listener)
            ? listener
            : throw new TransportException(CommandFailure.BindFailed, $"Could not listen on {address}: the name is in use.");
    }

    /// <summary>Connects to a listener. As with a socket, the connection is open before it is accepted.</summary>
    public StreamLink Dial(InMemoryEndPoint address)
    {
        if (!_listeners.TryGetValue(address.Name, out var listener))
            throw Failed(address, "Nothing listens on this name.");
        return listener.Offer() ?? throw Failed(address, "Its backlog is full, or it has just closed.");
    }

    /// <summary>Makes a name free again.</summary>
    public void Remove(InMemoryListener listener) =>
        _listeners.TryRemove(new KeyValuePair<string, InMemoryListener>(listener.Name, listener));

    private static TransportException Failed(InMemoryEndPoint address, string reason) =>
        new(CommandFailure.ConnectFailed, $"Could not connect to {address}: {reason}");
}
