namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where the current <see cref="SubscriptionIndex"/> is found: read by every publisher, changed by the sessions. A change is in force for every
/// later publish when <see cref="Apply"/> returns, so a SUBACK may be sent after it (docs/adr/0019).
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

    /// <summary>Changes subscriptions of one target, all of them in one step.</summary>
    /// <param name="target">The target.</param>
    /// <param name="changes">The changes, in order.</param>
    /// <returns>The <see cref="SubscriptionIndex.Version"/> that has them.</returns>
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

    /// <summary>Numbers the flushes of publishers; null for a server that is alone.</summary>
    public FlushGate? Gate { get; init; }

    /// <summary>The other nodes of a cluster; empty for a server that is alone. A retained message goes to all of them.</summary>
    public DeliveryTarget[] Nodes => Volatile.Read(ref _nodes);

    /// <summary>Another node joins, or leaves.</summary>
    /// <param name="nodes">All other nodes from now on.</param>
    public void SetNodes(DeliveryTarget[] nodes) => Volatile.Write(ref _nodes, nodes);

    /// <summary>
    /// Watches which filters have subscribers in this process. The watcher is called for each change after the index that is returned, in order, by the
    /// thread that makes the change; it must not block.
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
    /// Makes a retained message reach a new subscriber exactly once. A publisher reads the index and stores the message with the index's version
    /// as one step under this lock, and routes it by that index. A subscriber that came with version N was sent what has version N or later, and
    /// gets the others from the store. It reads the store after <see cref="AwaitRetaining"/>: publishers with an older index have stored their messages by then.
    /// </summary>
    public Lock Retaining { get; } = new();

    /// <summary>Waits until every publisher that has read an index before the current one has stored its message.</summary>
    public void AwaitRetaining()
    {
        lock (Retaining)
        {
            // a publisher that held the lock has stored its message
        }
    }
}

/// <summary>A filter has its first subscriber in this process, or has lost the last one.</summary>
/// <param name="Filter">The filter, without the part that makes it shared.</param>
/// <param name="ShareName">The name of the group of a shared subscription, or null.</param>
/// <param name="IsThere">Whether it has one now.</param>
internal readonly record struct FilterChange(string Filter, string? ShareName, bool IsThere);
