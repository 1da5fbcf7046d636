using Akka.Actor;

namespace Akka.Mqtt.Streams;

/// <summary>Makes the framing of connections in one of two ways.</summary>
internal interface IFramingFactory
{
    /// <summary>Makes the stages of a connection and starts them.</summary>
    ConnectionFraming Start(
        IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection);
}
