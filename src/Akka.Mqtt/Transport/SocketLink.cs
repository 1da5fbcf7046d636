using System.Net.Sockets;
using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>A connected TCP or unix socket, for the connection actor itself or for Akka.IO.</summary>
internal sealed record SocketLink(Socket Socket, TransportInfo Info) : TransportLink(Info)
{
    public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings) =>
        settings.TcpEngine == MqttTcpEngine.AkkaIo && Info.Kind == MqttTransport.Tcp && AkkaIo.CanAdoptSockets
            ? new ActorPort(
                connection.ActorOf(AkkaIo.ConnectionProps(Socket, AkkaIo.TcpSettings(settings), connection.Self), "transport"), connection.Self, credit: null)
            : new SocketPort(Socket, connection.Self, settings.ReadChunkSize);

    public override void Dispose() => Socket.Dispose();
}
