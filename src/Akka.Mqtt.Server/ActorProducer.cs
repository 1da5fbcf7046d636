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

/// <summary>Where the actors of a message's way through the server run.</summary>
internal static class ServerDispatcher
{
    /// <summary>On the dispatcher of the connections, so that a chunk passes through without a change of threads.</summary>
    public static Props OnDispatcher(this Props props, MqttServerSettings settings) =>
        settings.Connection.Dispatcher is { Length: > 0 } name ? props.WithDispatcher(name) : props;
}
