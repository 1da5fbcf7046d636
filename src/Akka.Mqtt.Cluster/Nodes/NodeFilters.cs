using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The filters of another node, as the routing table of this one has them. There may be millions: a filter costs its text, its place in the index, and its place in
/// a set here. Plain code; owned by the inbox of the node.
/// </summary>
/// <param name="routing">The routing table.</param>
/// <param name="target">The other node.</param>
internal sealed class NodeFilters(RoutingTable routing, DeliveryTarget target)
{
    // While changes are made no client of this node can subscribe: a few milliseconds for so many.
    private const int ChangesAtOnce = 1000;

    // The node shapes messages for its subscribers itself: it gets them as they were published. One object for all filters, so that topics which only this node
    // wants have one route.
    private readonly Subscriber _subscriber = new(target, QualityOfService.ExactlyOnce, false, true, 0);
    private readonly HashSet<string> _filters = [];
    private readonly HashSet<(string Filter, string ShareName)> _shared = [];
    private readonly List<RouteChange> _changes = []; // that the routing table does not have yet
    private HashSet<(string Filter, string? ShareName)>? _stale; // of the link before, while the filters of a new one come

    /// <summary>How many the node has.</summary>
    public int Count => _filters.Count + _shared.Count;

    /// <summary>All filters of the node follow.</summary>
    public void Begin() => _stale = Count == 0 ? null : [.. _filters.Select(static each => (each, (string?)null)), .. _shared];

    /// <summary>All filters have come: what the node had before and has not any more is removed.</summary>
    public void End()
    {
        foreach (var (filter, shareName) in _stale ?? [])
            Set(filter, shareName, isThere: false);
        _stale = null;
    }

    /// <summary>The node has, or has not, subscribers of a filter.</summary>
    /// <param name="filter">The filter, without the part that makes it shared.</param>
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

    /// <summary>What was set is in force.</summary>
    public void Apply()
    {
        if (_changes.Count > 0)
            routing.Apply(target, _changes);
        _changes.Clear();
    }

    /// <summary>The node has none any more; in force at once.</summary>
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
