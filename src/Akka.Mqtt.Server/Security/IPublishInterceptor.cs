using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Called for each message of a client, including its will, before the message is authorized and stored. Must not block. An exception
/// refuses the message with 0x80.
/// </summary>
public interface IPublishInterceptor
{
    /// <summary>
    /// Changes or refuses a message. A 5.0 client receives the reason code of a refusal in PUBACK or PUBREC; a 3.x client does not
    /// [MQTT-3.3.5-2].
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="message">The message, with its topic alias resolved. Topic, payload, RETAIN, QoS and properties may be changed.</param>
    /// <returns>The message to publish, or a refusal.</returns>
    Interception<Publish> Intercept(ClientIdentity client, Publish message);
}
