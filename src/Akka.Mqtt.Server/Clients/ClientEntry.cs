using Akka.Actor;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Clients;

/// <summary>A session as lists see it. Written by its session actor alone, once a batch at most; read by anybody.</summary>
internal sealed class ClientEntry(SessionKey key, IActorRef session)
{
    private volatile ClientConnection? _connection;
    private long _waitingBytes;
    private int _waiting;

    public SessionKey Key { get; } = key;

    public string ClientId => Key.ClientId;

    public IActorRef Session { get; } = session;

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
