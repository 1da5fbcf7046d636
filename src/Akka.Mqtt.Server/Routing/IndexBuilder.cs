using System.Runtime.InteropServices;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Makes an index of many subscriptions at once. It sorts them level by level, so that each object of the trie is made once and in its final size: a change
/// at a time would make a multiple of it, and the garbage collector would look at all of it again and again.
/// </summary>
internal sealed class IndexBuilder
{
    // So many levels at one place are worth a second thread.
    private const int WorthThreads = 50_000;

    // Items are gathered in pieces that the garbage collector moves as it moves small objects: one list of them all would be copied each time it grows.
    private const int PieceLength = 2048;

    private readonly List<Item[]> _full = [];
    private Item[] _piece = new Item[PieceLength];
    private int _inPiece;

    /// <summary>Adds a subscription. There is none of this session, filter and group yet.</summary>
    /// <param name="filter">A valid topic filter, without the part that makes it shared.</param>
    /// <param name="shareName">The name of the group of a shared subscription, or null.</param>
    /// <param name="subscriber">Who.</param>
    public void Add(string filter, string? shareName, Subscriber subscriber)
    {
        if (_inPiece == PieceLength)
        {
            _full.Add(_piece);
            _piece = new Item[PieceLength];
            _inPiece = 0;
        }
        _piece[_inPiece++] = new Item(filter, shareName, subscriber);
    }

    /// <summary>Makes the index. The builder is empty afterwards.</summary>
    /// <returns>The index.</returns>
    public SubscriptionIndex Build()
    {
        var count = (_full.Count * PieceLength) + _inPiece;
        var items = new Item[count];
        for (var at = 0; at < _full.Count; at++)
            _full[at].CopyTo(items, at * PieceLength);
        _piece.AsSpan(0, _inPiece).CopyTo(items.AsSpan(count - _inPiece));
        _full.Clear();
        (_piece, _inPiece) = (new Item[PieceLength], 0);
        var root = Node(0, "", null, items, 0);
        return new SubscriptionIndex(root, count);
    }

    /// <summary>The node above subscriptions whose filters go on at a level.</summary>
    // The depth of the recursion is bounded by the levels of a filter: max-topic-levels.
    private static IndexNode Node(int hash, string level, FilterSubscribers? here, Span<Item> items, int start)
    {
        List<Item>? all = null;
        List<Item>? any = null;
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
                default:
                    items[count++] = item;
                    break;
            }
        }
        return new IndexNode(hash, level)
        {
            Here = here,
            AllBelow = all is null ? null : Together(CollectionsMarshal.AsSpan(all)),
            AnyLevel = any is null ? null : Entry(0, CollectionsMarshal.AsSpan(any), start),
            Levels = LevelMap<IndexEntry>.Of(Entries(items[..count], start)),
        };
    }

    /// <summary>An entry for each level, in the order of <see cref="LevelMap{T}.OrderOf"/>.</summary>
    private static IndexEntry[] Entries(Span<Item> items, int start)
    {
        if (items.IsEmpty)
            return [];
        if (IsOneLevel(items, start))
            return [Entry(LevelEntry.HashOf(items[0].Level(start)), items, start)];
        // Numbers are sorted instead of items: the order of its level, and where the item is.
        var order = new ulong[items.Length];
        for (var at = 0; at < items.Length; at++)
            order[at] = ((ulong)LevelMap<IndexEntry>.OrderOf(LevelEntry.HashOf(items[at].Level(start))) << 32) | (uint)at;
        order.AsSpan().Sort();
        var sorted = new Item[items.Length];
        for (var at = 0; at < sorted.Length; at++)
            sorted[at] = items[(int)(uint)order[at]];
        if (sorted.Length < WorthThreads)
            return Entries(order, sorted, start);
        var middle = sorted.Length / 2;
        while (middle < sorted.Length && order[middle] >> 32 == order[middle - 1] >> 32)
            middle++;
        IndexEntry[] first = [], second = [];
        Parallel.Invoke(
            () => first = Entries(order.AsSpan(0, middle), sorted.AsSpan(0, middle), start),
            () => second = Entries(order.AsSpan(middle), sorted.AsSpan(middle), start));
        return [.. first, .. second];
    }

    private static IndexEntry[] Entries(Span<ulong> order, Span<Item> items, int start)
    {
        var entries = new IndexEntry[items.Length];
        var count = 0;
        for (var at = 0; at < items.Length;)
        {
            var end = at + 1;
            while (end < items.Length && order[end] >> 32 == order[at] >> 32)
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
        return count == entries.Length ? entries : entries[..count];
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
