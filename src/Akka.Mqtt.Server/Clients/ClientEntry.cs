using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Clients;

/// <summary>A session as lists see it. Written by whoever holds the session, once a batch at most; read by anybody.</summary>
internal sealed class ClientEntry(SessionKey key, DeliveryTarget target)
{
    private volatile ClientConnection? _connection;
    private long _waitingBytes;
    private int _waiting;

    public SessionKey Key { get; } = key;

    public string ClientId => Key.ClientId;

    /// <summary>Where publishers find the session.</summary>
    public DeliveryTarget Target { get; } = target;

    /// <summary>The connection of the client, or null while it is away.</summary>
    public ClientConnection? Connection
    {
        get => _connection;
        set => _connection = value;
    }

    /// <summary>Bytes that wait for the client: queued, or told to its connection and not written.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    /// <summary>Messages in the queue.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void SetWaiting(int messages, long bytes)
    {
        Volatile.Write(ref _waiting, messages);
        Volatile.Write(ref _waitingBytes, bytes);
    }
}
