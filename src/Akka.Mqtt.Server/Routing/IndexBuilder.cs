using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Builds the index of all stored subscriptions at once. It keeps their filters as bytes, in rows without objects, and sorts them level by
/// level. So it creates each object of the trie once and in its final size. Adding one subscription after the other would create several
/// times as many objects, and the garbage collector would traverse all of them repeatedly.
/// </summary>
/// <param name="targets">Where to find the targets of the sessions.</param>
internal sealed class IndexBuilder(DurableTargets targets)
{
    private const int BlockBits = 11; // rows in a block: 48 KiB, below the limit for the large object heap
    private const int BlockSize = 1 << BlockBits;
    private const int OnStack = 256;

    // From this number of levels below one node on, a second thread is used.
    private const int WorthThreads = 50_000;

    private readonly List<Row[]> _blocks = [];
    private readonly List<StoredText> _texts = [];
    private readonly List<SharedKey> _shares = [];
    private readonly Dictionary<string, string> _shareNames = [];
    private int _count;
    private int _used = StoredText.Size; // used bytes of the last text

    /// <summary>Adds a subscription.</summary>
    /// <param name="filter">A valid topic filter in UTF-8; for a shared subscription with <c>$share/</c> and the group name.</param>
    /// <param name="session">The session.</param>
    /// <param name="options">The options of the subscription.</param>
    /// <param name="identifier">The subscription identifier; 0 for none.</param>
    public void Add(ReadOnlySpan<byte> filter, long session, StoredOptions options, uint identifier)
    {
        var share = 0;
        if ((options & StoredOptions.Shared) != 0 && SharedFilter.TryParse(Encoding.UTF8.GetString(filter), out var shared))
        {
            share = ShareOf(shared);
            filter = filter[^Encoding.UTF8.GetByteCount(shared.Filter)..];
        }
        if (filter.Length > ushort.MaxValue)
            throw new InvalidDataException($"a filter of session {session} has {filter.Length} bytes: MQTT allows 65535.");
        if (_used + filter.Length > StoredText.Size)
        {
            _texts.Add(new StoredText(targets));
            _used = 0;
        }
        filter.CopyTo(_texts[^1].Bytes.AsSpan(_used));
        if ((_count & (BlockSize - 1)) == 0)
            _blocks.Add(new Row[BlockSize]);
        _blocks[^1][_count++ & (BlockSize - 1)] = new Row(
            session, _texts.Count - 1, identifier, share, (ushort)_used, (ushort)filter.Length, options, Ascii.IsValid(filter));
        _used += filter.Length;
    }

    /// <summary>Builds the index. The builder is empty afterwards.</summary>
    /// <returns>The index.</returns>
    public SubscriptionIndex Build()
    {
        var rows = new int[_count];
        for (var at = 0; at < rows.Length; at++)
            rows[at] = at;
        var root = Node(0, "", null, rows, 0);
        var index = new SubscriptionIndex(root, _count);
        _blocks.Clear();
        _texts.Clear();
        _shares.Clear();
        _shareNames.Clear();
        (_count, _used) = (0, StoredText.Size);
        return index;
    }

    private int ShareOf(SharedFilter shared)
    {
        if (!_shareNames.TryGetValue(shared.ShareName, out var name))
            _shareNames.Add(name = shared.ShareName, name);
        _shares.Add(new SharedKey(name, shared.Filter));
        return _shares.Count;
    }

    private ref readonly Row At(int row) => ref _blocks[row >> BlockBits][row & (BlockSize - 1)];

    private ReadOnlySpan<byte> From(int row, int start)
    {
        ref readonly var at = ref At(row);
        return _texts[at.Text].Bytes.AsSpan(at.Begin + start, at.Length - start);
    }

    private ReadOnlySpan<byte> Level(int row, int start)
    {
        var rest = From(row, start);
        return rest.IndexOf((byte)IndexEntry.Separator) is var end and >= 0 ? rest[..end] : rest;
    }

    private string FilterOf(int row) => Encoding.UTF8.GetString(From(row, 0));

    /// <summary>Creates the node for the filters that continue after a level.</summary>
    // The depth of the recursion is bounded by the levels of a filter: max-topic-levels.
    private IndexNode Node(int hash, string level, FilterSubscribers? here, Span<int> rows, int start)
    {
        List<int>? all = null;
        List<int>? any = null;
        var count = 0;
        foreach (var row in rows)
        {
            switch (From(row, start))
            {
                case [(byte)'#']:
                    (all ??= []).Add(row);
                    break;
                case [(byte)'+'] or [(byte)'+', (byte)IndexEntry.Separator, ..]:
                    (any ??= []).Add(row);
                    break;
                default:
                    rows[count++] = row;
                    break;
            }
        }
        return new IndexNode(hash, level)
        {
            Here = here,
            AllBelow = all is null ? null : Together(all.ToArray()),
            AnyLevel = any is null ? null : Entry(0, any.ToArray(), start),
            Levels = LevelMap<IndexEntry>.Of(Entries(rows[..count], start)),
        };
    }

    /// <summary>Creates an entry for each level, in the order of <see cref="LevelMap{T}.OrderOf"/>.</summary>
    private IndexEntry[] Entries(Span<int> rows, int start)
    {
        if (rows.IsEmpty)
            return [];
        if (IsOneLevel(rows, start))
            return [Entry(HashOf(Level(rows[0], start)), rows, start)];
        // Sorts numbers instead of rows: each number contains the order of the level, and the row.
        var order = new ulong[rows.Length];
        for (var at = 0; at < order.Length; at++)
            order[at] = ((ulong)LevelMap<IndexEntry>.OrderOf(HashOf(Level(rows[at], start))) << 32) | (uint)rows[at];
        order.AsSpan().Sort();
        if (order.Length < WorthThreads)
            return Entries(order, rows, start);
        var middle = order.Length / 2;
        while (middle < order.Length && order[middle] >> 32 == order[middle - 1] >> 32)
            middle++;
        var sorted = new int[order.Length];
        IndexEntry[] first = [], second = [];
        Parallel.Invoke(
            () => first = Entries(order.AsSpan(0, middle), sorted.AsSpan(0, middle), start),
            () => second = Entries(order.AsSpan(middle), sorted.AsSpan(middle), start));
        return [.. first, .. second];
    }

    private IndexEntry[] Entries(ReadOnlySpan<ulong> order, Span<int> rows, int start)
    {
        for (var at = 0; at < rows.Length; at++)
            rows[at] = (int)(uint)order[at];
        var entries = new IndexEntry[rows.Length];
        var count = 0;
        for (var at = 0; at < rows.Length;)
        {
            var own = (uint)(order[at] >> 32);
            var hash = LevelMap<IndexEntry>.HashOf(own);
            var end = at + 1;
            while (end < rows.Length && (uint)(order[end] >> 32) == own)
                end++;
            if (end - at == 1 || IsOneLevel(rows[at..end], start))
                entries[count++] = Entry(hash, rows[at..end], start);
            else
                AddLevels(hash, rows[at..end], start, entries, ref count);
            at = end;
        }
        return count == entries.Length ? entries : entries[..count];
    }

    /// <summary>Adds the entries of different levels with the same hash.</summary>
    private void AddLevels(int hash, Span<int> rows, int start, Span<IndexEntry> entries, ref int count)
    {
        rows.Sort((one, other) => Level(one, start).SequenceCompareTo(Level(other, start)));
        while (!rows.IsEmpty)
        {
            var level = Level(rows[0], start);
            var same = 1;
            while (same < rows.Length && Level(rows[same], start).SequenceEqual(level))
                same++;
            entries[count++] = Entry(hash, rows[..same], start);
            rows = rows[same..];
        }
    }

    private bool IsOneLevel(ReadOnlySpan<int> rows, int start)
    {
        var level = Level(rows[0], start);
        for (var at = 1; at < rows.Length; at++)
        {
            var rest = From(rows[at], start);
            if (!rest.StartsWith(level) || (rest.Length > level.Length && rest[level.Length] != IndexEntry.Separator))
                return false;
        }
        return true;
    }

    private static int HashOf(ReadOnlySpan<byte> level)
    {
        if (level.Length > OnStack)
            return LevelEntry.HashOf(Encoding.UTF8.GetString(level));
        Span<char> text = stackalloc char[OnStack];
        return LevelEntry.HashOf(text[..Encoding.UTF8.GetChars(level, text)]);
    }

    /// <summary>Creates the entry of a level that all of these rows have.</summary>
    private IndexEntry Entry(int hash, Span<int> rows, int start)
    {
        var first = rows[0];
        ref readonly var only = ref At(first);
        if (rows.Length == 1 && only is { Share: 0, Identifier: 0, IsAscii: true })
            return new StoredTail(hash, _texts[only.Text], only.Begin, only.Length, start, only.Session, only.Options);
        var isOne = true;
        for (var at = 1; at < rows.Length && isOne; at++)
            isOne = From(rows[at], start).SequenceEqual(From(first, start));
        if (isOne)
            return new TextTail(hash, FilterOf(first), Encoding.UTF8.GetCharCount(From(first, 0)[..start]), Together(rows));
        var level = Level(first, start);
        var end = start + level.Length;
        var ending = 0;
        for (var at = 0; at < rows.Length; at++)
        {
            if (At(rows[at]).Length == end)
            {
                (rows[ending], rows[at]) = (rows[at], rows[ending]);
                ending++;
            }
        }
        var here = ending == 0 ? null : Together(rows[..ending]);
        return Node(hash, Encoding.UTF8.GetString(level), here, rows[ending..], end + 1);
    }

    /// <summary>Creates the subscribers of one filter.</summary>
    private FilterSubscribers Together(ReadOnlySpan<int> rows)
    {
        var filter = FilterOf(rows[0]);
        FilterSubscribers? subscribers = null;
        foreach (var row in rows)
        {
            ref readonly var at = ref At(row);
            var subscriber = new Subscriber(targets, at.Session, at.Options, at.Identifier);
            var share = at.Share == 0 ? null : _shares[at.Share - 1].Name;
            subscribers = FilterSubscribers.Change(subscribers, filter, share, subscriber.Id, subscriber, inPlace: true);
        }
        return subscribers!;
    }

    /// <summary>One subscription.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Text">The text that contains its filter.</param>
    /// <param name="Identifier">The subscription identifier.</param>
    /// <param name="Share">The number of its share name, from 1; 0 for none.</param>
    /// <param name="Begin">The position of the filter in the text.</param>
    /// <param name="Length">The bytes of the filter.</param>
    /// <param name="Options">The options.</param>
    /// <param name="IsAscii">Whether the filter is ASCII.</param>
    private readonly record struct Row(
        long Session, int Text, uint Identifier, int Share, ushort Begin, ushort Length, StoredOptions Options, bool IsAscii);
}
