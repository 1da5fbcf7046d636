using Akka.Actor;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// A reference behind which there is nobody: counts what it is told, gives back the room that a delivery has taken, and answers writes at once,
/// as a connection does whose peer reads.
/// </summary>
internal sealed class Sink(string name) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "sink")) / name;

    public override IActorRefProvider Provider => throw new NotSupportedException();

    /// <summary>Messages of MQTT that came by.</summary>
    public long Messages { get; private set; }

    /// <summary>Messages of Akka that brought them.</summary>
    public long Told { get; private set; }

    protected override void TellInternal(object message, IActorRef sender)
    {
        Told++;
        switch (message)
        {
            case Deliver deliver:
                Messages += deliver.Packets.Length;
                deliver.Target.ReturnCredit(deliver.Packets.Length);
                break;
            case Mqtt.WriteBatch batch:
                Messages += batch.Packets.Count;
                if (batch.Ack is { } ack)
                    sender.Tell(ack, this);
                break;
        }
    }
}
