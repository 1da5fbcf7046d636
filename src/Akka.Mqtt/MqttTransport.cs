namespace Akka.Mqtt;

/// <summary>The kinds of transport under a connection.</summary>
public enum MqttTransport
{
    /// <summary>Plain TCP, by the engine of <c>tcp-engine</c>.</summary>
    Tcp = 0,

    /// <summary>TLS over TCP.</summary>
    Tls = 1,

    /// <summary>WebSocket without TLS.</summary>
    WebSocket = 2,

    /// <summary>WebSocket over TLS.</summary>
    SecureWebSocket = 3,

    /// <summary>A unix domain socket.</summary>
    UnixSocket = 4,

    /// <summary>A named pipe.</summary>
    NamedPipe = 5,

    /// <summary>A stream or pipe that was attached.</summary>
    Stream = 6,

    /// <summary>In the memory of this process.</summary>
    InMemory = 7,
}
