using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Called for each filter of each SUBSCRIBE before it is authorized. Must not block. An exception refuses the filter with 0x80.
/// </summary>
public interface ISubscribeInterceptor
{
    /// <summary>Changes the options of a subscription, or refuses it.</summary>
    /// <param name="client">The client.</param>
    /// <param name="subscription">Filter and options. The filter cannot be changed, because the client uses it to unsubscribe.</param>
    /// <returns>The subscription to use, or a refusal.</returns>
    Interception<Subscription> Intercept(ClientIdentity client, Subscription subscription);
}
