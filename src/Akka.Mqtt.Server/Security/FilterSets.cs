using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>Compares topic filters as sets of topics.</summary>
internal static class FilterSets
{
    /// <summary>Whether the first filter matches every topic that the second one matches.</summary>
    public static bool Covers(ReadOnlySpan<char> outer, ReadOnlySpan<char> inner)
    {
        if (inner.StartsWith("$") && outer[0] is '+' or '#') // [MQTT-4.7.2-1]
            return false;
        while (true)
        {
            if (outer is "#")
                return true;
            if (inner is "#")
                return false;
            var (level, outerLast) = Next(ref outer);
            var (wanted, innerLast) = Next(ref inner);
            if (level is not "+" && (wanted is "+" || !level.SequenceEqual(wanted)))
                return false;
            if (innerLast)
                return outerLast || outer is "#"; // "a/#" matches "a" as well
            if (outerLast)
                return false;
        }
    }

    /// <summary>Whether a topic exists that both filters match.</summary>
    public static bool Overlap(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        if ((one[0] == '$' && other[0] is '+' or '#') || (other[0] == '$' && one[0] is '+' or '#')) // [MQTT-4.7.2-1]
            return false;
        while (true)
        {
            if (one is "#" || other is "#")
                return true;
            var (left, leftLast) = Next(ref one);
            var (right, rightLast) = Next(ref other);
            if (left is not "+" && right is not "+" && !left.SequenceEqual(right))
                return false;
            if (leftLast || rightLast)
                return (leftLast && rightLast) || (leftLast ? other is "#" : one is "#");
        }
    }

    /// <summary>The filter to authorize: of a shared subscription without <c>$share/</c> and group name.</summary>
    public static string Unshared(string filter) => SharedFilter.TryParse(filter, out var shared) ? shared.Filter : filter;

    private static Level Next(ref ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var level = new Level(slash < 0 ? rest : rest[..slash], slash < 0);
        rest = slash < 0 ? [] : rest[(slash + 1)..];
        return level;
    }

    private readonly ref struct Level(ReadOnlySpan<char> text, bool isLast)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private readonly bool _isLast = isLast;

        public void Deconstruct(out ReadOnlySpan<char> text, out bool isLast)
        {
            text = _text;
            isLast = _isLast;
        }
    }
}
