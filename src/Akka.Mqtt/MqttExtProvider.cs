using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>Makes the MQTT runtime of an actor system; can be named in <c>akka.extensions</c> to start it with the system.</summary>
public sealed class MqttExtProvider : ExtensionIdProvider<MqttExt>
{
    /// <inheritdoc/>
    public override MqttExt CreateExtension(ExtendedActorSystem system) => new(system);
}
