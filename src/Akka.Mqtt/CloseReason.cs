namespace Akka.Mqtt;

/// <summary>
/// Why a connection ended. The reasons from <see cref="MalformedPacket"/> on are reported as <see cref="Mqtt.ErrorClosed"/>.
/// </summary>
public enum CloseReason
{
    /// <summary>This side closed the connection.</summary>
    Closed = 0,

    /// <summary>This side reset the connection.</summary>
    Aborted = 1,

    /// <summary>The peer closed the connection.</summary>
    PeerClosed = 2,

    /// <summary>A packet could not be parsed.</summary>
    MalformedPacket = 3,

    /// <summary>A packet violated a rule: wrong order, wrong role, or a value that is not allowed.</summary>
    ProtocolError = 4,

    /// <summary>A packet was larger than the limit.</summary>
    PacketTooLarge = 5,

    /// <summary>No handler registered within <c>register-timeout</c>.</summary>
    RegisterTimeout = 6,

    /// <summary>No CONNECT arrived within <c>connect-timeout</c>.</summary>
    ConnectTimeout = 7,

    /// <summary>The client was silent for longer than its Keep Alive allows.</summary>
    KeepAliveTimeout = 8,

    /// <summary>The handler stopped.</summary>
    HandlerTerminated = 9,

    /// <summary>The peer received nothing of what was written for <c>write-timeout</c>.</summary>
    WriteTimeout = 10,

    /// <summary>The transport failed, for example by a reset of the peer.</summary>
    TransportError = 11,

    /// <summary>
    /// A packet exceeded a limit (<c>max-user-properties</c>, <c>max-subscriptions-per-packet</c>), or there was no memory for it.
    /// </summary>
    QuotaExceeded = 12,

    /// <summary>
    /// The peer closed, and for <c>close-timeout</c> the handler took none of the packets received before: it requested none, or had
    /// suspended reading. These packets are dropped.
    /// </summary>
    HandlerStalled = 13,

    /// <summary>Receiving failed on our side, for example because memory ran out.</summary>
    InternalError = 14,
}
