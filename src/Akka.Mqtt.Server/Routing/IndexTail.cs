namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The only filter that goes on from this level: the rest of its text is compared. Most filters are told apart by a level or two, and then are one such
/// object: a <see cref="TextTail"/>, or a <see cref="StoredTail"/> for what was in the storage when the server started.
/// </summary>
internal abstract class IndexTail(int hash) : IndexEntry(hash)
{
    /// <summary>The whole filter.</summary>
    public abstract string Filter { get; }

    /// <summary>Where the level begins that it is found by; what comes before is that of the entries above.</summary>
    public abstract int Start { get; }

    /// <summary>Who has it.</summary>
    public abstract FilterSubscribers Subscribers { get; }

    public override ReadOnlySpan<char> Level => Filter is var filter ? filter.AsSpan(Start, EndOf(filter, Start) - Start) : default;

    /// <summary>Whether it ends as another filter does from the same level on.</summary>
    public abstract bool IsSame(string filter, int start);

    /// <summary>Whether what follows the level matches what follows in a topic.</summary>
    /// <param name="length">The length of the level.</param>
    /// <param name="ends">Whether the topic ends here.</param>
    /// <param name="topic">What follows in the topic, if it does not.</param>
    public abstract bool Matches(int length, bool ends, ReadOnlySpan<char> topic);

    /// <summary>See <see cref="Matches(int, bool, ReadOnlySpan{char})"/>.</summary>
    /// <param name="filter">What follows the level in the filter; empty, or with the slash.</param>
    /// <param name="ends">Whether the topic ends here.</param>
    /// <param name="topic">What follows in the topic, if it does not.</param>
    protected static bool Matches(ReadOnlySpan<char> filter, bool ends, ReadOnlySpan<char> topic)
    {
        if (filter.IsEmpty)
            return ends;
        var rest = filter[1..];
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

/// <summary>A filter whose text its session keeps.</summary>
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
