using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>The limits of one session. All sessions of a server use the same record.</summary>
internal sealed record SessionLimits
{
    /// <summary>The highest number of queued messages. 0 queues nothing.</summary>
    public required int MaxQueuedMessages { get; init; }

    /// <summary>The highest number of bytes of queued messages. An empty queue accepts one message of any size.</summary>
    public required long MaxQueuedBytes { get; init; }

    /// <summary>Which message a full queue drops.</summary>
    public QueueOverflow Overflow { get; init; } = QueueOverflow.DropQoS0First;

    /// <summary>
    /// Whether a full queue stops accepting QoS 1 and 2 instead of dropping them: <see cref="OutgoingMessages.Deliver"/> then returns how
    /// many it accepted.
    /// </summary>
    public bool WaitWhenFull { get; init; }

    /// <summary>The highest number of messages that the client may leave unacknowledged; its Receive Maximum may be lower.</summary>
    public required int MaxInflightMessages { get; init; }

    /// <summary>The highest number of unacknowledged bytes. One message of any size is always allowed.</summary>
    public required long MaxInflightBytes { get; init; }

    /// <summary>Whether messages of QoS 0 are queued for an offline client.</summary>
    public bool QueueQoS0 { get; init; }
}
