namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where the current <see cref="SubscriptionIndex"/> is found: read by every publisher, written by <see cref="RoutingActor"/> alone.
/// Outlives
/// a restart of that actor.
/// </summary>
internal sealed class RoutingTable
{
    private SubscriptionIndex _current = SubscriptionIndex.Empty;

    public SubscriptionIndex Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }
}
