namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where the current <see cref="SubscriptionIndex"/> is found: read by every publisher, changed by the sessions. A change is in force for every
/// later publish when <see cref="Apply"/> returns, so a SUBACK that leaves after it is true (docs/adr/0019).
/// </summary>
internal sealed class RoutingTable
{
    private readonly Lock _changing = new();
    private SubscriptionIndex _current = SubscriptionIndex.Empty;

    public SubscriptionIndex Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }

    /// <summary>Changes subscriptions of one target, all of them in one step.</summary>
    /// <param name="target">The target.</param>
    /// <param name="changes">The changes, in order.</param>
    /// <returns>The <see cref="SubscriptionIndex.Version"/> that has them.</returns>
    public long Apply(DeliveryTarget target, IReadOnlyList<RouteChange> changes)
    {
        lock (_changing)
        {
            var index = Current;
            foreach (var change in changes)
                index = change.ApplyTo(index, target);
            Current = index;
            return index.Version;
        }
    }

    /// <summary>
    /// Makes a retained message reach a new subscriber exactly once. A publisher reads the index and stores the message with the index's version
    /// as one step under this lock, and routes it by that index. A subscriber that came with version N was sent what has version N or later, and
    /// gets the others from the store. It reads the store behind <see cref="AwaitRetaining"/>: whoever read an older index has stored by then.
    /// </summary>
    public Lock Retaining { get; } = new();

    /// <summary>Waits until every publisher that has read an index before the current one has stored its message.</summary>
    public void AwaitRetaining()
    {
        lock (Retaining)
        {
            // whoever held it has stored
        }
    }
}
