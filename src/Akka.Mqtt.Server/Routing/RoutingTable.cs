namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Holds the current <see cref="SubscriptionIndex"/>. All publishers read it; sessions change it. When <see cref="Apply"/> returns, the
/// change is in force for every later PUBLISH, so that SUBACK may be sent (docs/adr/0019).
/// </summary>
internal sealed class RoutingTable
{
    private readonly Lock _changing = new();
    private SubscriptionIndex _current = SubscriptionIndex.Empty;
    private Action<FilterChange>[] _watchers = [];
    private DeliveryTarget[] _nodes = [];

    public SubscriptionIndex Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }

    /// <summary>Changes subscriptions of one target in one step.</summary>
    /// <param name="target">The target.</param>
    /// <param name="changes">The changes, in order.</param>
    /// <returns>The <see cref="SubscriptionIndex.Version"/> of the first index with the changes.</returns>
    public long Apply(DeliveryTarget target, IReadOnlyList<RouteChange> changes)
    {
        lock (_changing)
        {
            var before = Current;
            var index = before;
            foreach (var change in changes)
                index = change.ApplyTo(index, target);
            Current = index;
            if (_watchers.Length > 0 && !target.IsNode)
                TellWatchers(before, index, changes);
            return index.Version;
        }
    }

    /// <summary>The targets that are stuck.</summary>
    public StuckTargets Stuck { get; } = new();

    /// <summary>Numbers the flushes of publishers; null for a server without a cluster.</summary>
    public FlushGate? Gate { get; init; }

    /// <summary>The other nodes of a cluster; empty for a server without one. A retained message is sent to all of them.</summary>
    public DeliveryTarget[] Nodes => Volatile.Read(ref _nodes);

    /// <summary>Sets the other nodes when one joins or leaves.</summary>
    /// <param name="nodes">All other nodes from now on.</param>
    public void SetNodes(DeliveryTarget[] nodes) => Volatile.Write(ref _nodes, nodes);

    /// <summary>
    /// Watches which filters have subscribers in this process. The watcher is called for each change after the returned index, in order,
    /// on the thread that makes the change. It must not block.
    /// </summary>
    /// <param name="watcher">The watcher.</param>
    /// <returns>The current index.</returns>
    public SubscriptionIndex Watch(Action<FilterChange> watcher)
    {
        lock (_changing)
        {
            _watchers = [.. _watchers, watcher];
            return Current;
        }
    }

    /// <summary>Ends <see cref="Watch"/>.</summary>
    /// <param name="watcher">The watcher.</param>
    public void StopWatching(Action<FilterChange> watcher)
    {
        lock (_changing)
            _watchers = [.. _watchers.Where(each => each != watcher)];
    }

    private void TellWatchers(SubscriptionIndex before, SubscriptionIndex after, IReadOnlyList<RouteChange> changes)
    {
        foreach (var change in changes)
        {
            var isThere = after.HasLocal(change.Filter, change.ShareName);
            if (isThere == before.HasLocal(change.Filter, change.ShareName))
                continue;
            foreach (var watcher in _watchers)
                watcher(new FilterChange(change.Filter, change.ShareName, isThere));
        }
    }

    /// <summary>
    /// Held while a retained message is stored, so that a new subscriber receives it exactly once. Under this lock a publisher reads the
    /// index and stores the message with the index's version in one step; it then routes the message by that index. A subscriber that was
    /// added with version N receives messages with version N or later by route, and the others from the store. It reads the store after
    /// <see cref="AwaitRetaining"/>: by then publishers with an older index have stored their messages.
    /// </summary>
    public Lock Retaining { get; } = new();

    /// <summary>Waits until every publisher that has read an index before the current one has stored its message.</summary>
    public void AwaitRetaining()
    {
        lock (Retaining)
        {
            // a publisher that held the lock has stored its message by now
        }
    }
}

/// <summary>A filter has got its first subscriber in this process, or has lost its last one.</summary>
/// <param name="Filter">The filter; of a shared subscription without <c>$share/</c> and group name.</param>
/// <param name="ShareName">The name of the group of a shared subscription, or null.</param>
/// <param name="IsThere">Whether the filter now has a subscriber.</param>
internal readonly record struct FilterChange(string Filter, string? ShareName, bool IsThere);
