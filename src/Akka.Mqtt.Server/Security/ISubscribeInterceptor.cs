using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Sees each filter of each SUBSCRIBE before it is authorized. Must not wait. An exception refuses the filter with 0x80.</summary>
public interface ISubscribeInterceptor
{
    /// <summary>Changes the options of a subscription, or refuses it.</summary>
    /// <param name="client">The client.</param>
    /// <param name="subscription">Filter and options. The filter stays as it is: the client will name it when it unsubscribes.</param>
    /// <returns>What to go on with.</returns>
    Interception<Subscription> Intercept(ClientIdentity client, Subscription subscription);
}
