using Akka.Actor;
using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>
/// A handler for <see cref="MqttClient"/> that handles messages in parallel. Messages with the same key, by default the topic, are handled one after another and in order.
/// A message is acknowledged when its handling has succeeded; one that throws or takes too long is handled again after a wait, and becomes a dead letter
/// after the last attempt, if a topic or actor for dead letters is set. The acknowledgements are sent in the order that MQTT requires, even if a later lane
/// is faster.
/// </summary>
public static class MqttLanes
{
    /// <summary>The handler, for <see cref="MqttClient.Props(MqttClientSettings, IActorRef)"/>. One may serve several clients.</summary>
    /// <param name="handle">Handles a message. Its token is cancelled when the attempt has taken too long, and when the lanes stop. Runs on the thread pool.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="listener">The actor that receives the changes of state of the client, and <see cref="Dropped"/>; null for none.</param>
    /// <returns>The Props.</returns>
    /// <exception cref="ArgumentException">Settings that do not fit together.</exception>
    public static Props Props(Func<Publish, CancellationToken, ValueTask> handle, MqttLanesSettings settings, IActorRef? listener = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(settings);
        return Actor.Props.CreateBy(new LanesProducer(settings.Checked(), handle, listener, Random.Shared.NextDouble)).WithDeploy(Deploy.Local);
    }

    internal static Props Props(
        Func<Publish, CancellationToken, ValueTask> handle, MqttLanesSettings settings, IActorRef? listener, Func<double> random) =>
        Actor.Props.CreateBy(new LanesProducer(settings.Checked(), handle, listener, random)).WithDeploy(Deploy.Local);

    /// <summary>Messages of QoS 0 were dropped, because too many bytes wait in the lanes. To the listener.</summary>
    /// <param name="Count">The number since the last such message.</param>
    public sealed record Dropped(int Count) : MqttClient.Event;

    /// <summary>A message whose handling failed at each attempt. To <see cref="MqttLanesSettings.DeadLetterActor"/>; the message is then acknowledged.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="Cause">The exception of the last attempt; a <see cref="TimeoutException"/> when it took too long.</param>
    /// <param name="Attempts">The number of attempts.</param>
    public sealed record DeadLetter(Publish Message, Exception Cause, int Attempts) : MqttClient.Event;

    private sealed class LanesProducer(
        MqttLanesSettings settings, Func<Publish, CancellationToken, ValueTask> handle, IActorRef? listener, Func<double> random) : IIndirectActorProducer
    {
        public Type ActorType => typeof(LanesActor);

        public ActorBase Produce() => new LanesActor(settings, handle, listener, random);

        public void Release(ActorBase actor)
        {
        }
    }
}
