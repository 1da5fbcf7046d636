using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>Topic filters (section 4.7): <c>+</c> stands for one level, <c>#</c> at the end for the level before it and all below.</summary>
public static class TopicFilter
{
    /// <summary>Whether a text is a topic filter. Shared filters are not checked further: see <see cref="SharedFilter"/>.</summary>
    /// <param name="filter">The text; null is not one.</param>
    /// <returns>Whether it may be subscribed to.</returns>
    public static bool IsValid(string? filter) =>
        !string.IsNullOrEmpty(filter) && HasValidShape(filter) && Utf8Rules.Measure(filter) is > 0 and <= Utf8Rules.MaxBytes;

    /// <summary>Whether bytes are a topic filter in UTF-8.</summary>
    /// <param name="utf8">The bytes, without the length before them.</param>
    /// <returns>Whether it may be subscribed to.</returns>
    public static bool IsValid(ReadOnlySpan<byte> utf8) =>
        utf8.Length is > 0 and <= Utf8Rules.MaxBytes && HasValidShape(utf8, (byte)'+', (byte)'#', (byte)'/') && Utf8Rules.IsValid(utf8);

    /// <summary>Whether a filter has wildcards.</summary>
    /// <param name="filter">A topic filter.</param>
    /// <returns>Whether it contains <c>+</c> or <c>#</c>.</returns>
    public static bool HasWildcard(ReadOnlySpan<char> filter) => filter.IndexOfAny('+', '#') >= 0;

    /// <summary>
    /// Whether a filter matches a topic name: character by character, without normalisation [MQTT-4.7.3-4]. Both must be valid; for a
    /// shared subscription pass <see cref="SharedFilter.Filter"/>. Allocates nothing.
    /// </summary>
    /// <param name="filter">A valid topic filter.</param>
    /// <param name="topic">A valid topic name.</param>
    /// <returns>Whether the subscription receives messages on the topic.</returns>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (filter.IsEmpty || topic.IsEmpty)
            return false;
        if (topic[0] == '$' && (filter[0] is '+' or '#')) // [MQTT-4.7.2-1]
            return false;

        while (true)
        {
            if (filter is "#")
                return true;
            var filterEnd = filter.IndexOf('/');
            var topicEnd = topic.IndexOf('/');
            var filterLevel = filterEnd < 0 ? filter : filter[..filterEnd];
            var topicLevel = topicEnd < 0 ? topic : topic[..topicEnd];
            if (filterLevel is not "+" && !filterLevel.SequenceEqual(topicLevel))
                return false;
            if (topicEnd < 0)
                return filterEnd < 0 || filter[(filterEnd + 1)..] is "#"; // "a/#" matches "a" as well
            if (filterEnd < 0)
                return false;
            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }

    /// <summary>Whether a text is an ASCII topic filter, with one byte per character. Other texts may be topic filters too.</summary>
    internal static bool IsPlain(ReadOnlySpan<char> filter) => filter.Length is > 0 and <= Utf8Rules.MaxBytes && AsciiText.IsFilter(filter);

    /// <summary>Whether wildcards are only where they are allowed; does not check length and characters.</summary>
    internal static bool HasValidShape(ReadOnlySpan<char> filter) => HasValidShape(filter, '+', '#', '/');

    private static bool HasValidShape<T>(ReadOnlySpan<T> filter, T plus, T hash, T slash)
        where T : struct, IEquatable<T>
    {
        for (var at = 0; at < filter.Length; at++)
        {
            var next = filter[at..].IndexOfAny(plus, hash);
            if (next < 0)
                return true;
            at += next;
            if (at > 0 && !filter[at - 1].Equals(slash)) // both fill a whole level
                return false;
            if (at + 1 == filter.Length)
                return true;
            if (filter[at].Equals(hash)) // '#' is the last character: 5.0 [MQTT-4.7.1-1], 3.1.1 [MQTT-4.7.1-2]
                return false;
            if (!filter[at + 1].Equals(slash)) // '+' fills its level: 5.0 [MQTT-4.7.1-2], 3.1.1 [MQTT-4.7.1-3]
                return false;
        }

        return true;
    }
}
