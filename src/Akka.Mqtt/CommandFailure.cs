namespace Akka.Mqtt;

/// <summary>Why a command failed.</summary>
public enum CommandFailure
{
    /// <summary>The packet breaks a rule of the protocol version; see <see cref="Mqtt.CommandFailed.ReasonCode"/>.</summary>
    InvalidPacket = 0,

    /// <summary>The packet may not be sent now: before CONNECT, a second CONNECT, after DISCONNECT, or by this side.</summary>
    OutOfOrder = 1,

    /// <summary>The packet is larger than the peer's Maximum Packet Size.</summary>
    PacketTooLarge = 2,

    /// <summary>The write queue is full; wait for acknowledgements.</summary>
    QueueFull = 3,

    /// <summary>The connection is closing or closed.</summary>
    ConnectionClosed = 4,

    /// <summary>The command does not fit here: a second Register, a Request without pull delivery, a message that is no command.</summary>
    NotSupported = 5,

    /// <summary>Dialling failed: the name did not resolve, the peer refused, or it took too long.</summary>
    ConnectFailed = 6,

    /// <summary>The TLS handshake failed; the message says which check.</summary>
    TlsFailed = 7,

    /// <summary>The WebSocket handshake failed.</summary>
    WebSocketFailed = 8,

    /// <summary>Listening failed, for example because the port is in use.</summary>
    BindFailed = 9,
}
