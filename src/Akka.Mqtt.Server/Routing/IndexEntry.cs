namespace Akka.Mqtt.Server.Routing;

/// <summary>An entry of the subscription index at one level of the filters. Immutable.</summary>
internal abstract class IndexEntry(int hash) : LevelEntry(hash)
{
    public const char Separator = '/';

    /// <summary>The end of the level that begins at <paramref name="start"/>.</summary>
    public static int EndOf(ReadOnlySpan<char> filter, int start) =>
        filter[start..].IndexOf(Separator) is var length and >= 0 ? start + length : filter.Length;
}

/// <summary>A level with several filters below it.</summary>
internal sealed class IndexNode(int hash, string level) : IndexEntry(hash)
{
    public override ReadOnlySpan<char> Level => level;

    /// <summary>The entries of the next level.</summary>
    public LevelMap<IndexEntry> Levels { get; init; } = LevelMap<IndexEntry>.Empty;

    /// <summary>The entry for "+" at the next level.</summary>
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
