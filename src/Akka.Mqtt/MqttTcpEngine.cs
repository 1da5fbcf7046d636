namespace Akka.Mqtt;

/// <summary>Who reads and writes the sockets of plain TCP connections: <c>tcp-engine</c> of <c>akka.mqtt.connection</c>.</summary>
public enum MqttTcpEngine
{
    /// <summary>The connection actor itself. It holds no receive buffer while nothing comes.</summary>
    Socket,

    /// <summary>A connection actor of Akka.IO, a child of ours, in pull mode. It holds a receive buffer of <c>read-chunk-size</c>.</summary>
    AkkaIo,
}
