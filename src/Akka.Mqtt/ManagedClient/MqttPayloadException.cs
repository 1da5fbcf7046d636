using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>The payload of a message is not a value of the expected type.</summary>
public sealed class MqttPayloadException : FormatException
{
    /// <summary>A payload that cannot be read.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="type">The type of the values.</param>
    /// <param name="cause">What the serializer threw.</param>
    public MqttPayloadException(Publish packet, Type type, Exception cause)
        : base($"The payload of {LogText.Escape(packet?.Topic)} is no {type?.Name}: {cause?.Message}", cause)
    {
        ArgumentNullException.ThrowIfNull(packet);
        Packet = packet;
    }

    /// <summary>The message.</summary>
    public Publish Packet { get; }
}
