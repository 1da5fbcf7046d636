using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>Converts values to payloads, and messages to values. <see cref="MqttJson"/> has one for JSON; write your own class for another format.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public interface IMqttSerializer<T>
{
    /// <summary>The Content Type that messages of 5.0 get, such as <c>application/json</c>; null for none.</summary>
    string? ContentType { get; }

    /// <summary>Whether payloads are UTF-8 text: then messages of 5.0 get the Payload Format Indicator 1. Default: no, and no indicator.</summary>
    bool IsText => false;

    /// <summary>The payload of a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The payload.</returns>
    MqttBinary Serialize(T value);

    /// <summary>The value of a message. It may throw any exception if the payload is not a value; <see cref="MqttMessage{T}.Error"/>, an <see cref="MqttPayloadException"/>, then has that exception.</summary>
    /// <param name="packet">The message.</param>
    /// <returns>The value.</returns>
    T Deserialize(Publish packet);
}
