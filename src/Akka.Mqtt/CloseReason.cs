namespace Akka.Mqtt;

/// <summary>What ended a connection. The reasons from <see cref="MalformedPacket"/> on arrive as <see cref="Mqtt.ErrorClosed"/>.</summary>
public enum CloseReason
{
    /// <summary>We closed.</summary>
    Closed = 0,

    /// <summary>We reset.</summary>
    Aborted = 1,

    /// <summary>The peer closed.</summary>
    PeerClosed = 2,

    /// <summary>A packet could not be parsed.</summary>
    MalformedPacket = 3,

    /// <summary>A packet broke a rule: out of order, of the wrong role, a value that is not allowed.</summary>
    ProtocolError = 4,

    /// <summary>A packet was larger than the limit.</summary>
    PacketTooLarge = 5,

    /// <summary>No handler registered within <c>register-timeout</c>.</summary>
    RegisterTimeout = 6,

    /// <summary>No CONNECT came within <c>connect-timeout</c>.</summary>
    ConnectTimeout = 7,

    /// <summary>The client was silent for longer than its Keep Alive allows.</summary>
    KeepAliveTimeout = 8,

    /// <summary>The handler died.</summary>
    HandlerTerminated = 9,

    /// <summary>The peer took nothing of what we wrote for <c>write-timeout</c>.</summary>
    WriteTimeout = 10,

    /// <summary>The transport failed, for example by a reset of the peer.</summary>
    TransportError = 11,

    /// <summary>
    /// A packet had more of something than a limit allows (<c>max-user-properties</c>, <c>max-subscriptions-per-packet</c>), or there was no
    /// memory for it.
    /// </summary>
    QuotaExceeded = 12,

    /// <summary>
    /// The peer closed, and the handler took nothing of what had come before for <c>close-timeout</c>: it asked for no packets, or had suspended
    /// reading. What it did not take is dropped.
    /// </summary>
    HandlerStalled = 13,

    /// <summary>Receiving failed on our side, for example because memory ran out.</summary>
    InternalError = 14,
}
