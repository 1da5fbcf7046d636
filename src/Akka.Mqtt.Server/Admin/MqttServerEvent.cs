using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// What a server tells on the event stream of its actor system: subscribe to this type for all of it, or to one below it.
/// </summary>
/// <param name="Server">The <see cref="MqttServer.Admin"/> of the server.</param>
public abstract record MqttServerEvent(IActorRef Server) : INoSerializationVerificationNeeded;
