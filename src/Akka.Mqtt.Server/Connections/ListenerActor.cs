using Akka.Actor;

namespace Akka.Mqtt.Server.Connections;

/// <summary>Handler of one listener: says by which listener a connection came. Stateless; the listener lives as long as it.</summary>
internal sealed class ListenerActor(string name, IActorRef acceptor) : UntypedActor
{
    public static Props PropsFor(string name, IActorRef acceptor) => Props.Create(() => new ListenerActor(name, acceptor));

    protected override void OnReceive(object message)
    {
        if (message is Mqtt.Connected connected)
            acceptor.Tell(new AcceptorActor.Accepted(name, connected), Sender);
        else
            Unhandled(message);
    }
}
