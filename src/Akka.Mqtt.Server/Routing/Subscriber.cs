using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>One subscription of one session, as the index keeps it.</summary>
/// <param name="Target">The session.</param>
/// <param name="QoS">The granted QoS.</param>
/// <param name="NoLocal">Not to its own client.</param>
/// <param name="RetainAsPublished">Keep RETAIN as it was published.</param>
/// <param name="Identifier">The subscription identifier; 0 for none.</param>
internal sealed record Subscriber(DeliveryTarget Target, QualityOfService QoS, bool NoLocal, bool RetainAsPublished, uint Identifier)
    : FilterSubscribers
{
    public static Subscriber Of(DeliveryTarget target, SessionSubscription subscription) => new(
        target, subscription.Options.QoS, subscription.Options.NoLocal, subscription.Options.RetainAsPublished, subscription.Identifier);
}
