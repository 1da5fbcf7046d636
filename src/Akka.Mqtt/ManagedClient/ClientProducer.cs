using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Makes a <see cref="ClientActor"/>.</summary>
internal sealed class ClientProducer(MqttClientSettings settings, IActorRef handler, Func<double> random) : IIndirectActorProducer
{
    public Type ActorType => typeof(ClientActor);

    public ActorBase Produce() => new ClientActor(settings, handler, random);

    public void Release(ActorBase actor)
    {
    }
}

/// <summary>Makes a <see cref="FacadeActor"/>.</summary>
internal sealed class FacadeProducer(Facade facade) : IIndirectActorProducer
{
    public Type ActorType => typeof(FacadeActor);

    public ActorBase Produce() => new FacadeActor(facade);

    public void Release(ActorBase actor)
    {
    }
}
