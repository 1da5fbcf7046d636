namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The only filter with this level and the same levels above. The rest of its text is compared directly. Most filters differ in the first
/// level or two; each of them then needs only this object: a <see cref="TextTail"/>, or a <see cref="StoredTail"/> for a filter that was
/// in the storage when the server started.
/// </summary>
internal abstract class IndexTail(int hash) : IndexEntry(hash)
{
    /// <summary>The whole filter.</summary>
    public abstract string Filter { get; }

    /// <summary>Where the level of this entry begins in the filter. The text before it belongs to the entries above.</summary>
    public abstract int Start { get; }

    /// <summary>The subscribers of the filter.</summary>
    public abstract FilterSubscribers Subscribers { get; }

    public override ReadOnlySpan<char> Level => Filter is var filter ? filter.AsSpan(Start, EndOf(filter, Start) - Start) : default;

    /// <summary>Whether it equals another filter from this level on.</summary>
    public abstract bool IsSame(string filter, int start);

    /// <summary>Whether the rest of the filter behind the level matches the rest of a topic.</summary>
    /// <param name="length">The length of the level.</param>
    /// <param name="ends">Whether the topic ends here.</param>
    /// <param name="topic">The rest of the topic, if it does not end here.</param>
    public abstract bool Matches(int length, bool ends, ReadOnlySpan<char> topic);

    /// <summary>See <see cref="Matches(int, bool, ReadOnlySpan{char})"/>.</summary>
    /// <param name="filter">The rest of the filter behind the level: empty, or with the leading slash.</param>
    /// <param name="ends">Whether the topic ends here.</param>
    /// <param name="topic">The rest of the topic, if it does not end here.</param>
    protected static bool Matches(ReadOnlySpan<char> filter, bool ends, ReadOnlySpan<char> topic)
    {
        if (filter.IsEmpty)
            return ends;
        var rest = filter[1..];
        return ends ? rest is "#" : MatchesRest(rest, topic);
    }

    // Wildcards fill whole levels, and topic names contain no wildcards. So the part that is equal in both contains none.
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

/// <summary>A filter whose string is also kept by its session.</summary>
internal sealed class TextTail(int hash, string filter, int start, FilterSubscribers subscribers) : IndexTail(hash)
{
    public override string Filter => filter;

    public override int Start => start;

    public override FilterSubscribers Subscribers => subscribers;

    public override bool IsAt(ReadOnlySpan<char> level)
    {
        var from = filter.AsSpan(start);
        return from.StartsWith(level) && (from.Length == level.Length || from[level.Length] == Separator);
    }

    public override bool IsSame(string other, int otherStart) => filter.AsSpan(start).SequenceEqual(other.AsSpan(otherStart));

    public override bool Matches(int length, bool ends, ReadOnlySpan<char> topic) => Matches(filter.AsSpan(start + length), ends, topic);
}
