using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Transport;

/// <summary>A connected TCP or unix socket, for the connection actor itself or for Akka.IO.</summary>
internal sealed record SocketLink(Socket Socket, TransportInfo Info) : TransportLink(Info)
{
    /// <summary>It was accepted, so .NET does not look at it yet.</summary>
    public bool IsAccepted { get; init; }

    public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings)
    {
        if (settings.Engine == TcpEngineKind.AkkaIo && Info.Kind == MqttTransport.Tcp && AkkaIo.CanAdoptSockets)
        {
            var props = AkkaIo.ConnectionProps(Socket, AkkaIo.TcpSettings(settings), connection.Self);
            return new AkkaIoPort(connection.ActorOf(props, "transport"), connection.Self);
        }

        return settings.Engine != TcpEngineKind.SocketCompletions && IsAccepted && Epoll.IsSupported
            ? new ReadinessSocketPort(Socket, connection.Self, settings.ReadChunkSize)
            : new CompletionSocketPort(Socket, connection.Self, settings.ReadChunkSize);
    }

    public override void Dispose() => Socket.Dispose();
}
