namespace Akka.Mqtt.Settings;

/// <summary>The code that reads and writes sockets of plain TCP: the value of <see cref="MqttConnectionSettings.TcpEngine"/>.</summary>
internal enum TcpEngineKind
{
    /// <summary>A connection actor of Akka.IO in pull mode, which is a child of our connection actor.</summary>
    AkkaIo,

    /// <summary>Our connection actor. An accepted socket waits in an epoll loop where the system supports epoll.</summary>
    Socket,

    /// <summary>
    /// Our connection actor, with reads and writes that .NET completes. <see cref="Socket"/> does the same where the system does not
    /// support epoll.
    /// </summary>
    SocketCompletions,
}
