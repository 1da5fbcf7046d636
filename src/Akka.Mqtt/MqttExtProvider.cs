using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>Creates the MQTT runtime of an actor system. Name it in <c>akka.extensions</c> to start the runtime with the system.</summary>
public sealed class MqttExtProvider : ExtensionIdProvider<MqttExt>
{
    /// <inheritdoc/>
    public override MqttExt CreateExtension(ExtendedActorSystem system) => new(system);
}
