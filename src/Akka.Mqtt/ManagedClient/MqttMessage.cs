using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>A message whose payload is a value.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public sealed class MqttMessage<T>
{
    private readonly T _value = default!;

    internal MqttMessage(Publish packet, IMqttSerializer<T> serializer)
    {
        Packet = packet;
        try
        {
            _value = serializer.Deserialize(packet);
        }
        catch (Exception error)
        {
            Error = new MqttPayloadException(packet, typeof(T), error);
        }
    }

    /// <summary>The message.</summary>
    public Publish Packet { get; }

    /// <summary>Why the payload is not a value; null when it is one.</summary>
    public MqttPayloadException? Error { get; }

    /// <summary>The value.</summary>
    /// <exception cref="MqttPayloadException">The payload is not a value: <see cref="Error"/>.</exception>
    public T Value => Error is null ? _value : throw Error;
}
