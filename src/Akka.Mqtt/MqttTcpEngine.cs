
namespace Akka.Mqtt;

/// <summary>Who reads and writes the sockets of plain TCP connections: <c>tcp-engine</c> of <c>akka.mqtt.connection</c>.</summary>
public enum MqttTcpEngine
{
    /// <summary>
    /// The connection actor itself. On Linux it learns from epoll when an accepted socket is ready; elsewhere, and for dialled ones, this is
    /// <see cref="SocketCompletions"/>.
    /// </summary>
    Socket,

    /// <summary>A connection actor of Akka.IO, a child of ours, in pull mode. It holds a receive buffer of <c>read-chunk-size</c>.</summary>
    AkkaIo,

    /// <summary>The connection actor itself, by reads and writes that .NET completes. It holds half a KiB to receive into while nothing comes.</summary>
    SocketCompletions,
}
