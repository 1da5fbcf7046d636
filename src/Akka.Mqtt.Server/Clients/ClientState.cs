using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>A session as it was when it was asked.</summary>
/// <param name="ClientId">The client.</param>
public sealed record ClientState(string ClientId)
{
    /// <summary>Its connection; null while it is away.</summary>
    public ClientConnection? Connection { get; init; }

    /// <summary>The Session Expiry Interval in seconds; <see cref="uint.MaxValue"/> never ends.</summary>
    public uint SessionExpiryInterval { get; init; }

    /// <summary>Whether a will is kept for it.</summary>
    public bool HasWill { get; init; }

    /// <summary>The subscriptions.</summary>
    public MqttList<Subscription> Subscriptions { get; init; }

    /// <summary>Messages to the client that it has not acknowledged.</summary>
    public int InflightMessages { get; init; }

    /// <summary>Bytes of these that are kept to be sent again.</summary>
    public long InflightBytes { get; init; }

    /// <summary>How many may be unacknowledged on this connection.</summary>
    public int InflightQuota { get; init; }

    /// <summary>QoS 2 messages of the client between PUBLISH and PUBREL.</summary>
    public int UnreleasedMessages { get; init; }

    /// <summary>Messages that wait.</summary>
    public int QueuedMessages { get; init; }

    /// <summary>Those among them of QoS 0.</summary>
    public int QueuedQoS0Messages { get; init; }

    /// <summary>Bytes of the messages that wait.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Bytes told to the connection that it has not written.</summary>
    public long OutstandingBytes { get; init; }

    /// <summary>Whether it is a slow consumer now.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Whether reading from it pauses because it published too fast.</summary>
    public bool IsThrottled { get; init; }

    /// <summary>Messages that the client has published on this connection.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages sent to the client by this session.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes that the client has sent on this connection.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes written to the client on this connection.</summary>
    public long BytesSent { get; init; }

    /// <summary>The last packets both ways, oldest first.</summary>
    public MqttList<PacketNote> LastPackets { get; init; }
}
