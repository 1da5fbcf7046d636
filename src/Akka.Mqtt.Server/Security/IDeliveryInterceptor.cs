using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Sees each message before it is sent to a subscriber for the first time, after that subscriber was found to be authorized. Must not wait.
/// An exception drops the message.
/// </summary>
public interface IDeliveryInterceptor
{
    /// <summary>Changes or refuses a message for one subscriber. A refused one is dropped and counted.</summary>
    /// <param name="client">The subscriber.</param>
    /// <param name="message">The message. Topic, payload and properties may be changed; QoS and RETAIN stay.</param>
    /// <returns>What to go on with.</returns>
    Interception<Publish> Intercept(ClientIdentity client, Publish message);
}
