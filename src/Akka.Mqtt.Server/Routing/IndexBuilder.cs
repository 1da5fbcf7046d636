using System.Runtime.InteropServices;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Makes an index of many subscriptions at once. It sorts them level by level, so that each object of the trie is made once and in its final size: a change
/// at a time would make a multiple of it, and the garbage collector would look at all of it again and again.
/// </summary>
internal sealed class IndexBuilder
{
    private readonly List<Item> _items = [];

    /// <summary>Adds a subscription. There is none of this session, filter and group yet.</summary>
    /// <param name="filter">A valid topic filter, without the part that makes it shared.</param>
    /// <param name="shareName">The name of the group of a shared subscription, or null.</param>
    /// <param name="subscriber">Who.</param>
    public void Add(string filter, string? shareName, Subscriber subscriber) => _items.Add(new Item(filter, shareName, subscriber));

    /// <summary>Makes the index. The builder is empty afterwards.</summary>
    /// <returns>The index.</returns>
    public SubscriptionIndex Build()
    {
        var count = _items.Count;
        var root = Node(0, "", null, CollectionsMarshal.AsSpan(_items), 0);
        _items.Clear();
        _items.Capacity = 0;
        return new SubscriptionIndex(root, count);
    }

    /// <summary>The node above subscriptions whose filters go on at a level.</summary>
    // The depth of the recursion is bounded by the levels of a filter: max-topic-levels.
    private static IndexNode Node(int hash, string level, FilterSubscribers? here, Span<Item> items, int start)
    {
        List<Item>? all = null;
        List<Item>? any = null;
        var keys = new uint[items.Length];
        var count = 0;
        foreach (var item in items)
        {
            switch (item.Level(start))
            {
                case "#":
                    (all ??= []).Add(item);
                    break;
                case "+":
                    (any ??= []).Add(item);
                    break;
                case var own:
                    keys[count] = LevelMap<IndexEntry>.OrderOf(LevelEntry.HashOf(own));
                    items[count++] = item;
                    break;
            }
        }
        return new IndexNode(hash, level)
        {
            Here = here,
            AllBelow = all is null ? null : Together(CollectionsMarshal.AsSpan(all)),
            AnyLevel = any is null ? null : Entry(0, CollectionsMarshal.AsSpan(any), start),
            Levels = LevelMap<IndexEntry>.Of(Entries(keys.AsSpan(0, count), items[..count], start)),
        };
    }

    /// <summary>An entry for each level, in the order of <see cref="LevelMap{T}.OrderOf"/>.</summary>
    private static Span<IndexEntry> Entries(Span<uint> keys, Span<Item> items, int start)
    {
        keys.Sort(items);
        var entries = new IndexEntry[items.Length];
        var count = 0;
        for (var at = 0; at < items.Length;)
        {
            var end = at + 1;
            while (end < items.Length && keys[end] == keys[at])
                end++;
            var alike = items[at..end];
            if (!IsOneLevel(alike, start))
                alike.Sort((one, other) => one.Level(start).SequenceCompareTo(other.Level(start))); // levels of the same hash
            while (!alike.IsEmpty)
            {
                var level = alike[0].Level(start);
                var same = 1;
                while (same < alike.Length && alike[same].Level(start).SequenceEqual(level))
                    same++;
                entries[count++] = Entry(LevelEntry.HashOf(level), alike[..same], start);
                alike = alike[same..];
            }
            at = end;
        }
        return entries.AsSpan(0, count);
    }

    private static bool IsOneLevel(ReadOnlySpan<Item> items, int start)
    {
        for (var at = 1; at < items.Length; at++)
        {
            if (!items[at].Level(start).SequenceEqual(items[0].Level(start)))
                return false;
        }
        return true;
    }

    /// <summary>What stands at a level that all of these have.</summary>
    private static IndexEntry Entry(int hash, Span<Item> items, int start)
    {
        var filter = items[0].Filter;
        var isOne = true;
        for (var at = 1; at < items.Length && isOne; at++)
            isOne = items[at].Filter.AsSpan(start).SequenceEqual(filter.AsSpan(start));
        if (isOne)
            return new IndexTail(hash, filter, start, Together(items));
        var end = IndexEntry.EndOf(filter, start);
        var ending = 0;
        for (var at = 0; at < items.Length; at++)
        {
            if (items[at].Filter.Length == end)
            {
                (items[ending], items[at]) = (items[at], items[ending]);
                ending++;
            }
        }
        var here = ending == 0 ? null : Together(items[..ending]);
        return Node(hash, filter[start..end], here, items[ending..], end + 1);
    }

    /// <summary>The subscribers of one filter.</summary>
    private static FilterSubscribers Together(Span<Item> items)
    {
        FilterSubscribers? subscribers = null;
        foreach (var item in items)
            subscribers = FilterSubscribers.Change(subscribers, item.Filter, item.ShareName, item.Subscriber.Id, item.Subscriber, inPlace: true);
        return subscribers!;
    }

    private readonly record struct Item(string Filter, string? ShareName, Subscriber Subscriber)
    {
        public ReadOnlySpan<char> Level(int start) => Filter.AsSpan(start, IndexEntry.EndOf(Filter, start) - start);
    }
}
