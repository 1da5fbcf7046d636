namespace Akka.Mqtt.Settings;

/// <summary>Who reads and writes the sockets of plain TCP: what <see cref="MqttConnectionSettings.TcpEngine"/> names.</summary>
internal enum TcpEngineKind
{
    /// <summary>A connection actor of Akka.IO, a child of ours, in pull mode.</summary>
    AkkaIo,

    /// <summary>The connection actor; an accepted socket waits in an epoll loop where there is epoll.</summary>
    Socket,

    /// <summary>The connection actor, by reads and writes that .NET completes, as <see cref="Socket"/> does where there is no epoll.</summary>
    SocketCompletions,
}
