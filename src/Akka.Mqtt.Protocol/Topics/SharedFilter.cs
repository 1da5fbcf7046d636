namespace Akka.Mqtt.Protocol;

/// <summary>
/// A shared subscription of MQTT 5.0 (section 4.8.2), <c>$share/{ShareName}/{Filter}</c>: each message is sent to one member of the group.
/// In 3.x such a text is an ordinary filter.
/// </summary>
public readonly record struct SharedFilter
{
    private const string Prefix = "$share/";

    private SharedFilter(string shareName, string filter)
    {
        ShareName = shareName;
        Filter = filter;
    }

    /// <summary>The name of the group; not empty.</summary>
    public string ShareName { get; }

    /// <summary>The topic filter that the group subscribes to.</summary>
    public string Filter { get; }

    /// <summary>Whether a filter is meant as a shared subscription, well formed or not.</summary>
    /// <param name="filter">The text of a subscription.</param>
    /// <returns>Whether it begins with <c>$share/</c>.</returns>
    public static bool IsShared(ReadOnlySpan<char> filter) => filter.StartsWith(Prefix);

    /// <summary>Whether a filter is a well-formed shared subscription. Allocates nothing.</summary>
    /// <param name="filter">The text of a subscription.</param>
    /// <returns>Whether share name and topic filter are valid.</returns>
    public static bool IsValid(ReadOnlySpan<char> filter) => TrySplit(filter, out _);

    /// <summary>Splits a shared subscription.</summary>
    /// <param name="text">The text of a subscription.</param>
    /// <param name="shared">Share name and filter.</param>
    /// <returns>Whether it is a well-formed shared subscription.</returns>
    public static bool TryParse(string? text, out SharedFilter shared)
    {
        shared = default;
        if (text is null || !TrySplit(text, out var slash) || !TopicFilter.IsValid(text))
            return false;
        shared = new SharedFilter(text[Prefix.Length..slash], text[(slash + 1)..]);
        return true;
    }

    /// <summary>The text of the subscription.</summary>
    /// <returns><c>$share/{ShareName}/{Filter}</c>.</returns>
    public override string ToString() => $"{Prefix}{ShareName}/{Filter}";

    private static bool TrySplit(ReadOnlySpan<char> text, out int slash)
    {
        slash = -1;
        if (!IsShared(text))
            return false;
        var rest = text[Prefix.Length..];
        var end = rest.IndexOf('/');
        if (end <= 0 || rest[..end].IndexOfAny('+', '#') >= 0) // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
            return false;
        slash = Prefix.Length + end;
        var filter = rest[(end + 1)..];
        return !filter.IsEmpty && TopicFilter.HasValidShape(filter);
    }
}
