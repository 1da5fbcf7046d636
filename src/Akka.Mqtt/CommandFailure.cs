namespace Akka.Mqtt;

/// <summary>Why a command failed.</summary>
public enum CommandFailure
{
    /// <summary>The packet violates a rule of the protocol version; see <see cref="Mqtt.CommandFailed.ReasonCode"/>.</summary>
    InvalidPacket = 0,

    /// <summary>The packet may not be sent now, or not by this side: before CONNECT, a second CONNECT, or after DISCONNECT.</summary>
    OutOfOrder = 1,

    /// <summary>The packet is larger than the peer's Maximum Packet Size.</summary>
    PacketTooLarge = 2,

    /// <summary>The write queue is full; wait for acknowledgements.</summary>
    QueueFull = 3,

    /// <summary>The connection is closing or closed.</summary>
    ConnectionClosed = 4,

    /// <summary>
    /// The command is not supported here: a second Register, a Request without pull delivery, or a message that is not a command.
    /// </summary>
    NotSupported = 5,

    /// <summary>Dialling failed: the name could not be resolved, the peer refused, or it took too long.</summary>
    ConnectFailed = 6,

    /// <summary>The TLS handshake failed; the message contains the check that failed.</summary>
    TlsFailed = 7,

    /// <summary>The WebSocket handshake failed.</summary>
    WebSocketFailed = 8,

    /// <summary>Listening failed, for example because the port is in use.</summary>
    BindFailed = 9,
}
