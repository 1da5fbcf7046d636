using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Called for each message before it is sent to a subscriber for the first time, after the authorizer has allowed it. Must not block. An
/// exception drops the message.
/// </summary>
public interface IDeliveryInterceptor
{
    /// <summary>Changes or refuses a message for one subscriber. A refused message is dropped and counted.</summary>
    /// <param name="client">The subscriber.</param>
    /// <param name="message">The message. Topic, payload and properties may be changed; QoS and RETAIN are kept.</param>
    /// <returns>The message to send, or a refusal.</returns>
    Interception<Publish> Intercept(ClientIdentity client, Publish message);
}
