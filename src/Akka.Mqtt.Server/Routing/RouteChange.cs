using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>A change of one subscription of a target.</summary>
/// <param name="Filter">The filter to match by.</param>
/// <param name="ShareName">The group of a shared subscription, or null.</param>
/// <param name="Subscriber">The subscription; null removes it.</param>
internal readonly record struct RouteChange(string Filter, string? ShareName, Subscriber? Subscriber)
{
    /// <summary>The change for a subscription, shared or not.</summary>
    public static RouteChange Of(SessionSubscription subscription, Subscriber? subscriber) =>
        subscription.Shared is { } shared
            ? new RouteChange(shared.Filter, shared.ShareName, subscriber)
            : new RouteChange(subscription.Options.Filter, null, subscriber);

    /// <summary>Applies the change to an index.</summary>
    public SubscriptionIndex ApplyTo(SubscriptionIndex index, DeliveryTarget target) =>
        Subscriber is { } subscriber ? index.With(Filter, ShareName, subscriber) : index.Without(Filter, ShareName, target);
}
