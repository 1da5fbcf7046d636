using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>A subscription of an actor of this process; see <see cref="MqttServer.SubscribeAsync"/>. Thread safe.</summary>
public sealed class MqttServerSubscription : IDisposable
{
    private readonly IActorRef _actor;

    internal MqttServerSubscription(Subscription subscription, IActorRef actor)
    {
        Subscription = subscription;
        _actor = actor;
    }

    /// <summary>Filter and options.</summary>
    public Subscription Subscription { get; }

    /// <summary>Ends the subscription. Messages that were already sent to the subscriber may still arrive. May be called again.</summary>
    public void Dispose() => _actor.Tell(PoisonPill.Instance);
}
