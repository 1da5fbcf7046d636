namespace Akka.Mqtt.Hosting.Binding;

/// <summary>Finds the key that was probably meant.</summary>
internal static class Nearest
{
    /// <summary>A question with the nearest known key; empty when none is near.</summary>
    public static string Suggestion(string word, IEnumerable<string> known)
    {
        var plain = Plain(word);
        var nearest = known.Select(each => (Key: each, Distance: Distance(plain, Plain(each)))).OrderBy(each => each.Distance).FirstOrDefault();
        return nearest.Key is { } found && nearest.Distance <= Math.Clamp(found.Length / 2, 1, 3) ? $" Did you mean {found}?" : "";
    }

    private static string Plain(string key) => key.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>How many characters must be inserted, removed or changed.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above + 1, row[j - 1] + 1), diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[right.Length];
    }
}
