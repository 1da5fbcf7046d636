using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Sees each message of a client, its will included, before it is authorized and stored. Must not wait. An exception refuses the message
/// with 0x80.
/// </summary>
public interface IPublishInterceptor
{
    /// <summary>
    /// Changes or refuses a message. Refused, a 5.0 client is told the reason in PUBACK or PUBREC; a 3.x client is not [MQTT-3.3.5-2].
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="message">The message, its topic alias resolved. Topic, payload, RETAIN, QoS and properties may be changed.</param>
    /// <returns>What to go on with.</returns>
    Interception<Publish> Intercept(ClientIdentity client, Publish message);
}
