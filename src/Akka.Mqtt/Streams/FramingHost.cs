using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Streams;
using Akka.Streams.Implementation;

namespace Akka.Mqtt.Streams;

/// <summary>What all connections of an actor system share: its one materializer and one logger. Never one per connection.</summary>
internal sealed class FramingHost
{
    private readonly ExtendedActorMaterializer _materializer;
    private readonly SubFusingActorMaterializerImpl _subFusing;

    public FramingHost(ActorSystem system)
    {
        Log = system.GetSafeLogger(typeof(ConnectionActor));
        _materializer = (ExtendedActorMaterializer)system.Materializer();
        _subFusing = new SubFusingActorMaterializerImpl(
            _materializer, _ => throw new NotSupportedException("The stages of a framing island materialize nothing."));
    }

    public ILoggingAdapter Log { get; }

    public FramingIsland Start(IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef self)
    {
        var island = new FramingIsland(owner, decoder, handler, settings, self);
        island.Start(_materializer, _subFusing);
        return island;
    }
}
