using Akka.Actor;

namespace Akka.Mqtt.Streams;

/// <summary>Creates the framing of connections, in one of two ways.</summary>
internal interface IFramingFactory
{
    /// <summary>Creates and starts the stages of a connection.</summary>
    ConnectionFraming Start(
        IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection);
}
