using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>The state of a session at the time of the question.</summary>
/// <param name="ClientId">The client.</param>
public sealed record ClientState(string ClientId)
{
    /// <summary>Its connection; null while it is offline.</summary>
    public ClientConnection? Connection { get; init; }

    /// <summary>The Session Expiry Interval in seconds; with <see cref="uint.MaxValue"/> the session never expires.</summary>
    public uint SessionExpiryInterval { get; init; }

    /// <summary>Whether the session has a will.</summary>
    public bool HasWill { get; init; }

    /// <summary>The subscriptions.</summary>
    public MqttList<Subscription> Subscriptions { get; init; }

    /// <summary>Messages to the client that it has not acknowledged.</summary>
    public int InflightMessages { get; init; }

    /// <summary>Bytes of these messages, which are kept to be sent again.</summary>
    public long InflightBytes { get; init; }

    /// <summary>How many messages may be unacknowledged on this connection.</summary>
    public int InflightQuota { get; init; }

    /// <summary>QoS 2 messages of the client for which the server has received PUBLISH and not yet PUBREL.</summary>
    public int UnreleasedMessages { get; init; }

    /// <summary>Messages that wait in the queue.</summary>
    public int QueuedMessages { get; init; }

    /// <summary>Messages of QoS 0 among them.</summary>
    public int QueuedQoS0Messages { get; init; }

    /// <summary>Bytes of the messages that wait in the queue.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Bytes that the connection has accepted and not written yet.</summary>
    public long OutstandingBytes { get; init; }

    /// <summary>Whether the client is a slow consumer now.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Whether the server has paused reading because the client published too fast.</summary>
    public bool IsThrottled { get; init; }

    /// <summary>Messages that the client has published on this connection.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages sent to the client by this session.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes that the client has sent on this connection.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes written to the client on this connection.</summary>
    public long BytesSent { get; init; }

    /// <summary>The last packets in both directions, oldest first.</summary>
    public MqttList<PacketNote> LastPackets { get; init; }
}
