namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of a session at its present node, until all nodes know this node. Messages that a node flushed before its cut arrive
/// through the old place. Messages that it flushed later wait until the old place has sent all of those. Not thread safe.
/// </summary>
/// <typeparam name="TNode">A node.</typeparam>
/// <typeparam name="TItem">Messages.</typeparam>
/// <param name="deliver">Passes messages that have waited to the session.</param>
internal sealed class NewPlace<TNode, TItem>(Action<TItem> deliver)
    where TNode : notnull
{
    private readonly Dictionary<TNode, Origin> _nodes = [];
    private bool _isOldLost;

    /// <summary>Whether the old place is lost, or has no more messages.</summary>
    public bool IsOldPlaceLost => _isOldLost;

    /// <summary>Whether no more messages of the known nodes can arrive through the old place. The old place may know more nodes.</summary>
    public bool IsOver => _nodes.Values.All(each => IsDone(each) && (each.IsDrained || each.HasLeft));

    /// <summary>Nodes whose messages may still arrive through the old place.</summary>
    public IEnumerable<TNode> Missing => _nodes.Where(each => !IsDone(each.Value) || !(each.Value.IsDrained || each.Value.HasLeft)).Select(static each => each.Key);

    /// <summary>The waiting messages.</summary>
    public IEnumerable<TItem> Waiting => _nodes.Values.SelectMany(static each => each.Waiting);

    /// <summary>Adds a node that may publish.</summary>
    public void Add(TNode node) => _nodes.TryAdd(node, new Origin());

    /// <summary>
    /// A node is no longer a member. It has no cut, and only messages that it had sent to the old place can still arrive.
    /// </summary>
    public void Remove(TNode node)
    {
        if (!_nodes.TryGetValue(node, out var origin))
            return;
        origin.HasLeft = true;
        if (IsDone(origin))
            Release(origin);
    }

    /// <summary>Returns where a message belongs.</summary>
    /// <param name="node">The node of its publisher.</param>
    /// <param name="turn">The turn with which it was flushed.</param>
    public Where Of(TNode node, long turn)
    {
        if (!_nodes.TryGetValue(node, out var origin) || origin.Cut is not { } cut || turn < cut)
            return Where.OldPlace;
        return IsDone(origin) ? Where.Here : Where.HereLater;
    }

    /// <summary>Queues messages that belong <see cref="Where.HereLater"/>.</summary>
    public void Keep(TNode node, TItem item) => _nodes[node].Waiting.Add(item);

    /// <summary>A node has announced its cut. Only the first one counts.</summary>
    public void Cut(TNode node, long turn)
    {
        if (_nodes.TryGetValue(node, out var origin))
            origin.Cut ??= turn;
    }

    /// <summary>
    /// All messages that the node flushed before its cut and sent directly to this place have arrived; none of them was for the session.
    /// </summary>
    public void Drain(TNode node)
    {
        if (_nodes.TryGetValue(node, out var origin))
            origin.IsDrained = true;
    }

    /// <summary>All messages that the node flushed before its cut have arrived through the old place.</summary>
    public void Pass(TNode node)
    {
        if (!_nodes.TryGetValue(node, out var origin))
            return; // the node had already left
        origin.IsPassed = true;
        if (IsDone(origin))
            Release(origin);
    }

    /// <summary>The old place is lost: no more messages arrive from it.</summary>
    public void LoseOldPlace()
    {
        _isOldLost = true;
        foreach (var origin in _nodes.Values)
            Release(origin);
    }

    /// <summary>Replaces each waiting message.</summary>
    public void StopWaiting(Func<TItem, TItem> replace)
    {
        foreach (var origin in _nodes.Values)
        {
            for (var at = 0; at < origin.Waiting.Count; at++)
                origin.Waiting[at] = replace(origin.Waiting[at]);
        }
    }

    private bool IsDone(Origin origin) => (origin.Cut is not null || origin.HasLeft) && (origin.IsPassed || _isOldLost);

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

        /// <summary>Here, after the messages of the old place.</summary>
        HereLater,

        /// <summary>Here.</summary>
        Here,
    }

    private sealed class Origin
    {
        public long? Cut { get; set; }

        public bool IsPassed { get; set; }

        public bool IsDrained { get; set; }

        public bool HasLeft { get; set; }

        public List<TItem> Waiting { get; } = [];
    }
}
