namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where the current <see cref="SubscriptionIndex"/> is found: read by every publisher, written by <see cref="RoutingActor"/> alone. Outlives a
/// restart of that actor.
/// </summary>
internal sealed class RoutingTable
{
    private SubscriptionIndex _current = SubscriptionIndex.Empty;

    public SubscriptionIndex Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
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
