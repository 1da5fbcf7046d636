using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>Access to the MQTT runtime of an actor system.</summary>
public static class MqttActorSystemExtensions
{
    /// <summary>
    /// The manager of the MQTT runtime. Send it <see cref="Mqtt.Connect"/>, <see cref="Mqtt.Bind"/> or <see cref="Mqtt.Attach"/>.
    /// </summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The manager.</returns>
    public static IActorRef Mqtt(this ActorSystem system) => MqttExt.Get(system).Manager;
}
