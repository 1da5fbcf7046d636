using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The dispatcher of the actors of a client. It is that of the connections, so that a received chunk is handled without a change of threads (ADR 13). These
/// actors do not block, and code of the user runs elsewhere.
/// </summary>
internal static class ClientDispatcher
{
    /// <summary>Props for an actor system.</summary>
    public static Props Use(Props props, ActorSystem system) => MqttExt.Get(system).Settings.Dispatcher is { Length: > 0 } name ? props.WithDispatcher(name) : props;

    /// <summary>Props for the actor system of an actor; unchanged if that is unknown, for example for an actor of another node.</summary>
    public static Props Use(Props props, IActorRef of) => of is ActorRefWithCell { Underlying.System: { } system } ? Use(props, system) : props;
}
