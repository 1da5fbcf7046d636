using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Clients;

/// <summary>A session as lists show it. The holder of the session writes it, at most once a batch; any thread may read it.</summary>
internal sealed class ClientEntry(SessionKey key, DeliveryTarget target)
{
    private volatile ClientConnection? _connection;
    private long _waitingBytes;
    private int _waiting;

    public SessionKey Key { get; } = key;

    public string ClientId => Key.ClientId;

    /// <summary>Where publishers find the session.</summary>
    public DeliveryTarget Target { get; } = target;

    /// <summary>The connection of the client; null while it is offline.</summary>
    public ClientConnection? Connection
    {
        get => _connection;
        set => _connection = value;
    }

    /// <summary>Bytes that wait for the client: those queued, and those that its connection has accepted and not written yet.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    /// <summary>Messages in the queue.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void SetWaiting(int messages, long bytes)
    {
        Volatile.Write(ref _waiting, messages);
        Volatile.Write(ref _waitingBytes, bytes);
    }
}
