using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Where the actors of a client run: on the dispatcher of the connections, so that a received chunk passes through without a change of threads (ADR 13). They do
/// not block, and code of the user runs elsewhere.
/// </summary>
internal static class ClientDispatcher
{
    /// <summary>Props for an actor system.</summary>
    public static Props Use(Props props, ActorSystem system) => MqttExt.Get(system).Settings.Dispatcher is { Length: > 0 } name ? props.WithDispatcher(name) : props;

    /// <summary>Props for the actor system of an actor; without change where that is not known, as with an actor of another node.</summary>
    public static Props Use(Props props, IActorRef of) => of is ActorRefWithCell { Underlying.System: { } system } ? Use(props, system) : props;
}
