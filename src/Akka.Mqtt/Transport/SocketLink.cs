using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Transport;

/// <summary>A connected TCP or unix socket, for our connection actor or for Akka.IO.</summary>
internal sealed record SocketLink(Socket Socket, TransportInfo Info) : TransportLink(Info)
{
    /// <summary>Whether it was accepted. If so, .NET does not watch it yet.</summary>
    public bool IsAccepted { get; init; }

    public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings)
    {
        var engine = EngineOf(settings, Info.Kind, AkkaIo.CanAdoptSockets);
        if (engine == TcpEngineKind.AkkaIo)
        {
            var props = AkkaIo.ConnectionProps(Socket, AkkaIo.TcpSettings(settings), connection.Self);
            return new AkkaIoPort(connection.ActorOf(props, "transport"), connection.Self);
        }

        return engine != TcpEngineKind.SocketCompletions && IsAccepted && Epoll.IsSupported
            ? new ReadinessSocketPort(Socket, connection.Self, settings.ReadChunkSize)
            : new CompletionSocketPort(Socket, connection.Self, settings.ReadChunkSize);
    }

    /// <summary>
    /// The engine of a connection. Akka.IO does not support unix sockets, and the connection actor of some versions accepts no socket of
    /// ours.
    /// </summary>
    public static TcpEngineKind EngineOf(MqttConnectionSettings settings, MqttTransport transport, bool canAdoptSockets) =>
        settings.Engine == TcpEngineKind.AkkaIo && (transport != MqttTransport.Tcp || !canAdoptSockets) ? TcpEngineKind.Socket : settings.Engine;

    public override void Dispose() => Socket.Dispose();
}
