using System.Net.Sockets;
using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>A connected TCP socket for Akka.IO.</summary>
internal sealed record SocketLink(Socket Socket, Akka.IO.TcpSettings TcpSettings, TransportInfo Info) : TransportLink(Info)
{
    public override Props ConnectionProps(MqttConnectionSettings settings, IActorRef connection, ReadCredit? credit) => AkkaIo.CanAdoptSockets
        ? AkkaIo.ConnectionProps(Socket, TcpSettings, connection)
        : StreamConnectionActor.Props(new StreamLink(new NetworkStream(Socket, ownsSocket: true), Info), settings, credit);

    public override ReadCredit? CreateCredit(MqttConnectionSettings settings) =>
        AkkaIo.CanAdoptSockets ? null : new ReadCredit(settings.MaxQueuedReadBytes);

    public override void Dispose() => Socket.Dispose();
}
