using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>The bounds of one session; the same record serves all sessions of a server.</summary>
internal sealed record SessionLimits
{
    /// <summary>Most messages that may wait. 0 queues nothing.</summary>
    public required int MaxQueuedMessages { get; init; }

    /// <summary>Most bytes of messages that may wait; one message of any size is taken when nothing else waits.</summary>
    public required long MaxQueuedBytes { get; init; }

    /// <summary>What a full queue gives up.</summary>
    public QueueOverflow Overflow { get; init; } = QueueOverflow.DropQoS0First;

    /// <summary>
    /// Whether a full queue stops taking QoS 1 and 2 instead of dropping them: <see cref="OutgoingMessages.Deliver"/> then says how many it took.
    /// </summary>
    public bool WaitWhenFull { get; init; }

    /// <summary>Most messages that may be unacknowledged by the client; its Receive Maximum may be lower.</summary>
    public required int MaxInflightMessages { get; init; }

    /// <summary>Most bytes that may be unacknowledged; one message of any size may always be.</summary>
    public required long MaxInflightBytes { get; init; }

    /// <summary>Whether messages of QoS 0 wait for a client that is away.</summary>
    public bool QueueQoS0 { get; init; }
}
