using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// Makes an actor by calling its constructor: for actors that every connection has. <c>Props.Create</c> builds and takes apart an expression
/// tree and finds the constructor by reflection, each time.
/// </summary>
internal sealed class ActorProducer<TActor>(Func<TActor> create) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => create();

    public void Release(ActorBase actor)
    {
    }
}
