namespace Akka.Mqtt.Server.Routing;

/// <summary>One change of the trie. It creates new nodes only along the path of the filter.</summary>
/// <param name="Filter">The filter.</param>
/// <param name="ShareName">The group of a shared subscription, or null.</param>
/// <param name="Id">The subscriber.</param>
/// <param name="Subscriber">The subscription; null removes it.</param>
internal readonly record struct IndexChange(string Filter, string? ShareName, SubscriberId Id, Subscriber? Subscriber)
{
    /// <summary>The node after the change. The next level of the filter begins at <paramref name="start"/>.</summary>
    public IndexNode Below(IndexNode node, int start)
    {
        var level = Filter.AsSpan(start, IndexEntry.EndOf(Filter, start) - start);
        if (level is "#")
            return node.WithAllBelow(Of(node.AllBelow));
        if (level is "+")
            return node.WithAnyLevel(At(node.AnyLevel, start, 0));
        var before = node.Levels.Find(level);
        var after = At(before, start, before?.Hash ?? LevelEntry.HashOf(level));
        if (ReferenceEquals(before, after))
            return node;
        var levels = after is null ? node.Levels.Without(level)
            : node.Levels.With(after);
        return ReferenceEquals(levels, node.Levels) ? node : node.WithLevels(levels);
    }

    private FilterSubscribers? Of(FilterSubscribers? subscribers) => 
        FilterSubscribers.Change(subscribers, Filter, ShareName, Id, Subscriber);

    /// <summary>The entry after the change, for the level that begins at <paramref name="start"/>.</summary>
    private IndexEntry? At(IndexEntry? entry, int start, int hash)
    {
        switch (entry)
        {
            case null:
                return Of(null) is { } subscribers ? new TextTail(hash, Filter, start, subscribers) : null;
            case IndexTail tail when tail.IsSame(Filter, start):
                var before = tail.Subscribers;
                var changed = Of(before);
                return ReferenceEquals(changed, before) ? tail
                    : changed is null ? null
                    : new TextTail(hash, Filter, start, changed);
            case IndexTail tail:
                return Subscriber is null ? tail : In(Split(tail), start);
            default:
                return In((IndexNode)entry, start);
        }
    }

    private IndexEntry? In(IndexNode node, int start)
    {
        var end = IndexEntry.EndOf(Filter, start);
        var changed = end == Filter.Length ? node.WithHere(Of(node.Here)) : Below(node, end + 1);
        return Subscriber is null ? Simplest(changed, start, end) : changed;
    }

    /// <summary>Creates a node from the first level of a tail. The rest of the tail becomes an entry below the node.</summary>
    private static IndexNode Split(IndexTail tail)
    {
        var filter = tail.Filter;
        var end = IndexEntry.EndOf(filter, tail.Start);
        var node = new IndexNode(tail.Hash, filter[tail.Start..end]);
        if (end == filter.Length)
            return node.WithHere(tail.Subscribers);
        var next = end + 1;
        var level = filter.AsSpan(next, IndexEntry.EndOf(filter, next) - next);
        return level switch
        {
            "#" => node.WithAllBelow(tail.Subscribers),
            "+" => node.WithAnyLevel(new TextTail(0, filter, next, tail.Subscribers)),
            _ => node.WithLevels(LevelMap<IndexEntry>.Empty.With(new TextTail(LevelEntry.HashOf(level), filter, next, tail.Subscribers))),
        };
    }

    /// <summary>
    /// Simplifies a node after a removal. If one filter is left, it becomes a tail; if none is left, the node is removed.
    /// </summary>
    private IndexEntry? Simplest(IndexNode node, int start, int end)
    {
        // The filters below begin with the text of this filter up to this position.
        return (node.Levels.IsEmpty, node.AnyLevel, node.AllBelow, node.Here) switch
        {
            (true, null, null, null) => null,
            (true, null, null, { } here) => new TextTail(node.Hash, Filter[..end], start, here),
            (true, null, { } all, null) => new TextTail(node.Hash, $"{Filter.AsSpan(0, end)}/#", start, all),
            (true, IndexTail any, null, null) => new TextTail(node.Hash, any.Filter, start, any.Subscribers),
            (false, null, null, null) when node.Levels.Only is IndexTail only => new TextTail(node.Hash, only.Filter, start, only.Subscribers),
            _ => node,
        };
    }
}
