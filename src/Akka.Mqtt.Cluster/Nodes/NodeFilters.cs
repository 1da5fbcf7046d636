using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The filters of another node in the routing table of this one. There may be millions. Each costs the memory of its text, its entry in
/// the index, and its entry in a set here. Not thread safe; owned by the inbox of the node.
/// </summary>
/// <param name="routing">The routing table.</param>
/// <param name="target">The other node.</param>
internal sealed class NodeFilters(RoutingTable routing, DeliveryTarget target)
{
    // The most changes in one step. While they are made no client of this node can subscribe; this number takes a few milliseconds.
    private const int ChangesAtOnce = 1000;

    // Messages are sent to the other node unchanged; it adapts them to its subscribers itself. One object serves all filters, so that
    // topics which only this node wants share one route.
    private readonly Subscriber _subscriber = new(target, QualityOfService.ExactlyOnce, false, true, 0);
    private readonly HashSet<string> _filters = [];
    private readonly HashSet<(string Filter, string ShareName)> _shared = [];
    private readonly List<RouteChange> _changes = []; // not yet in the routing table
    private HashSet<(string Filter, string? ShareName)>? _stale; // of the previous link, while the filters of a new one arrive

    /// <summary>The number of filters of the node.</summary>
    public int Count => _filters.Count + _shared.Count;

    /// <summary>All filters of the node follow.</summary>
    public void Begin() => _stale = Count == 0 ? null : [.. _filters.Select(static each => (each, (string?)null)), .. _shared];

    /// <summary>All filters have arrived: removes the earlier ones that the node no longer has.</summary>
    public void End()
    {
        foreach (var (filter, shareName) in _stale ?? [])
            Set(filter, shareName, isThere: false);
        _stale = null;
    }

    /// <summary>The node has subscribers of a filter, or has none any more.</summary>
    /// <param name="filter">The filter, without the prefix that makes it shared.</param>
    /// <param name="shareName">The name of the group, or null.</param>
    /// <param name="isThere">Whether it has.</param>
    public void Set(string filter, string? shareName, bool isThere)
    {
        if (isThere)
            _stale?.Remove((filter, shareName));
        bool isChanged;
        if (shareName is null)
            isChanged = isThere ? _filters.Add(filter) : _filters.Remove(filter);
        else
            isChanged = isThere ? _shared.Add((filter, shareName)) : _shared.Remove((filter, shareName));
        if (isChanged)
            _changes.Add(new RouteChange(filter, shareName, isThere ? _subscriber : null));
    }

    /// <summary>Adds the changes to the routing table.</summary>
    public void Apply()
    {
        if (_changes.Count > 0)
            routing.Apply(target, _changes);
        _changes.Clear();
    }

    /// <summary>The node has no filters any more; takes effect at once.</summary>
    public void Clear()
    {
        foreach (var filter in _filters)
            Remove(filter, null);
        foreach (var (filter, shareName) in _shared)
            Remove(filter, shareName);
        Apply();
        _filters.Clear();
        _shared.Clear();
        _stale = null;

        void Remove(string filter, string? shareName)
        {
            _changes.Add(new RouteChange(filter, shareName, null));
            if (_changes.Count == ChangesAtOnce)
                Apply();
        }
    }
}
