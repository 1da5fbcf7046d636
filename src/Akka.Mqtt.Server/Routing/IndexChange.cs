namespace Akka.Mqtt.Server.Routing;

/// <summary>How a change makes a new trie of the old one: only what lies on the way to the filter is made anew.</summary>
/// <param name="Filter">The filter.</param>
/// <param name="ShareName">The group, or null.</param>
/// <param name="Id">Whose subscription.</param>
/// <param name="Subscriber">The subscription; null removes it.</param>
internal readonly record struct IndexChange(string Filter, string? ShareName, SubscriberId Id, Subscriber? Subscriber)
{
    /// <summary>The node after the change; the level after it begins at <paramref name="start"/>.</summary>
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

    /// <summary>What stands at the level that begins at <paramref name="start"/> after the change.</summary>
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

    /// <summary>Makes a node of the first level of a tail. What follows is below the node.</summary>
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

    /// <summary>After a removal: nothing, or the one filter that is left by itself, so that the trie shrinks as it grew.</summary>
    private IndexEntry? Simplest(IndexNode node, int start, int end)
    {
        // The filters below begin with the text of this one up to here.
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
