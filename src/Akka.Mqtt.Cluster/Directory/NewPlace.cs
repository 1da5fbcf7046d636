namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of a session at the node where it is now, until all nodes know that. What a node flushed before its cut comes from the old place; what it flushed
/// since then waits until the old place has sent all of that. Plain code; not thread safe.
/// </summary>
/// <typeparam name="TNode">A node.</typeparam>
/// <typeparam name="TItem">Messages.</typeparam>
/// <param name="deliver">Gives messages that have waited to the session.</param>
internal sealed class NewPlace<TNode, TItem>(Action<TItem> deliver)
    where TNode : notnull
{
    private readonly Dictionary<TNode, Origin> _nodes = [];
    private bool _isOldLost;

    /// <summary>Whether the old place is lost, or has nothing any more.</summary>
    public bool IsOldPlaceLost => _isOldLost;

    /// <summary>Whether nothing comes by the old place any more from the nodes that are known here. The old place may know more of them.</summary>
    public bool IsOver => _nodes.Values.All(each => IsDone(each) && (each.IsDrained || each.IsGone));

    /// <summary>Nodes whose messages may come by the old place still.</summary>
    public IEnumerable<TNode> Missing => _nodes.Where(each => !IsDone(each.Value) || !(each.Value.IsDrained || each.Value.IsGone)).Select(static each => each.Key);

    /// <summary>What waits.</summary>
    public IEnumerable<TItem> Waiting => _nodes.Values.SelectMany(static each => each.Waiting);

    /// <summary>A node publishes, as far as is known here.</summary>
    public void Add(TNode node) => _nodes.TryAdd(node, new Origin());

    /// <summary>A node is no member any more: it has no cut, and only what it had sent to the old place may come.</summary>
    public void Remove(TNode node)
    {
        if (!_nodes.TryGetValue(node, out var origin))
            return;
        origin.IsGone = true;
        if (IsDone(origin))
            Release(origin);
    }

    /// <summary>Where a message belongs.</summary>
    /// <param name="node">The node of its publisher.</param>
    /// <param name="turn">The turn by which it was flushed.</param>
    public Where Of(TNode node, long turn)
    {
        if (!_nodes.TryGetValue(node, out var origin) || origin.Cut is not { } cut || turn < cut)
            return Where.OldPlace;
        return IsDone(origin) ? Where.Here : Where.HereLater;
    }

    /// <summary>Keeps messages that belong <see cref="Where.HereLater"/>.</summary>
    public void Keep(TNode node, TItem item) => _nodes[node].Waiting.Add(item);

    /// <summary>A node has announced its cut. The first one counts.</summary>
    public void Cut(TNode node, long turn)
    {
        if (_nodes.TryGetValue(node, out var origin))
            origin.Cut ??= turn;
    }

    /// <summary>What the node flushed before its cut, and sent straight to this place, has come: it was not for the session.</summary>
    public void Drain(TNode node)
    {
        if (_nodes.TryGetValue(node, out var origin))
            origin.IsDrained = true;
    }

    /// <summary>All that the node flushed before its cut has come by the old place.</summary>
    public void Pass(TNode node)
    {
        if (!_nodes.TryGetValue(node, out var origin))
            return; // of a node that had left before
        origin.IsPassed = true;
        if (IsDone(origin))
            Release(origin);
    }

    /// <summary>The old place is lost: nothing comes from there any more.</summary>
    public void LoseOldPlace()
    {
        _isOldLost = true;
        foreach (var origin in _nodes.Values)
            Release(origin);
    }

    /// <summary>Replaces each that waits.</summary>
    public void StopWaiting(Func<TItem, TItem> replace)
    {
        foreach (var origin in _nodes.Values)
        {
            for (var at = 0; at < origin.Waiting.Count; at++)
                origin.Waiting[at] = replace(origin.Waiting[at]);
        }
    }

    private bool IsDone(Origin origin) => (origin.Cut is not null || origin.IsGone) && (origin.IsPassed || _isOldLost);

    private void Release(Origin origin)
    {
        foreach (var item in origin.Waiting)
            deliver(item);
        origin.Waiting.Clear();
    }

    /// <summary>Where a message belongs.</summary>
    internal enum Where
    {
        /// <summary>To the old place, which sends it here.</summary>
        OldPlace,

        /// <summary>Here, behind what the old place sends.</summary>
        HereLater,

        /// <summary>Here.</summary>
        Here,
    }

    private sealed class Origin
    {
        public long? Cut { get; set; }

        public bool IsPassed { get; set; }

        public bool IsDrained { get; set; }

        public bool IsGone { get; set; }

        public List<TItem> Waiting { get; } = [];
    }
}
