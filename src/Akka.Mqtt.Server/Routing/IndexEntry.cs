namespace Akka.Mqtt.Server.Routing;

/// <summary>What stands in the subscription index at one level of filters. Immutable.</summary>
internal abstract class IndexEntry(int hash) : LevelEntry(hash)
{
    public const char Separator = '/';

    /// <summary>Where a level ends that begins at <paramref name="start"/>.</summary>
    public static int EndOf(ReadOnlySpan<char> filter, int start) =>
        filter[start..].IndexOf(Separator) is var length and >= 0 ? start + length : filter.Length;
}

/// <summary>
/// The only filter that goes on from this level: the rest of its text is compared, and is the text that its session keeps. Most filters are
/// told apart by a level or two, and then are one such object.
/// </summary>
internal sealed class IndexTail(int hash, string filter, int start, FilterSubscribers subscribers) : IndexEntry(hash)
{
    /// <summary>The whole filter.</summary>
    public string Filter { get; } = filter;

    /// <summary>Where the level begins that it is found by; what comes before is that of the entries above.</summary>
    public int Start { get; } = start;

    public FilterSubscribers Subscribers { get; } = subscribers;

    public override ReadOnlySpan<char> Level => Filter.AsSpan(Start, EndOf(Filter, Start) - Start);

    public override bool IsAt(ReadOnlySpan<char> level)
    {
        var from = Filter.AsSpan(Start);
        return from.StartsWith(level) && (from.Length == level.Length || from[level.Length] == Separator);
    }

    /// <summary>Whether it ends as another filter does from the same level on.</summary>
    public bool IsSame(string filter, int start) => Filter.AsSpan(Start).SequenceEqual(filter.AsSpan(start));

    /// <summary>Whether what follows the level matches what follows in a topic.</summary>
    /// <param name="length">The length of the level.</param>
    /// <param name="ends">Whether the topic ends here.</param>
    /// <param name="topic">What follows in the topic, if it does not.</param>
    public bool Matches(int length, bool ends, ReadOnlySpan<char> topic)
    {
        var at = Start + length;
        if (at == Filter.Length)
            return ends;
        var rest = Filter.AsSpan(at + 1);
        return ends ? rest is "#" : MatchesRest(rest, topic);
    }

    // Wildcards fill whole levels, and a topic has no such characters: what is the same in both has none.
    private static bool MatchesRest(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        while (true)
        {
            var same = filter.CommonPrefixLength(topic);
            filter = filter[same..];
            topic = topic[same..];
            if (filter.IsEmpty)
                return topic.IsEmpty;
            if (filter[0] == '#')
                return true;
            if (filter[0] != '+')
                return topic.IsEmpty && filter is "/#"; // "a/#" matches "a" as well
            filter = filter[1..];
            topic = topic[EndOf(topic, 0)..];
        }
    }
}

/// <summary>A level at which filters part, or below which there are some.</summary>
internal sealed class IndexNode(int hash, string level) : IndexEntry(hash)
{
    public override ReadOnlySpan<char> Level => level;

    /// <summary>What follows, by its level.</summary>
    public LevelMap<IndexEntry> Levels { get; init; } = LevelMap<IndexEntry>.Empty;

    /// <summary>What follows by "+".</summary>
    public IndexEntry? AnyLevel { get; init; }

    /// <summary>Subscribers of this filter followed by "#".</summary>
    public FilterSubscribers? AllBelow { get; init; }

    /// <summary>Subscribers of the filter that ends here.</summary>
    public FilterSubscribers? Here { get; init; }

    public IndexNode WithLevels(LevelMap<IndexEntry> levels) =>
        new(Hash, level) { Levels = levels, AnyLevel = AnyLevel, AllBelow = AllBelow, Here = Here };

    public IndexNode WithAnyLevel(IndexEntry? any) =>
        new(Hash, level) { Levels = Levels, AnyLevel = any, AllBelow = AllBelow, Here = Here };

    public IndexNode WithAllBelow(FilterSubscribers? all) =>
        new(Hash, level) { Levels = Levels, AnyLevel = AnyLevel, AllBelow = all, Here = Here };

    public IndexNode WithHere(FilterSubscribers? here) =>
        new(Hash, level) { Levels = Levels, AnyLevel = AnyLevel, AllBelow = AllBelow, Here = here };
}
