using System.Buffers;
using System.Globalization;
using System.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Makes text that a peer has chosen safe for a log or a terminal: client identifiers, user names, topics, reason strings. Such text may hold
/// line ends, escape sequences and marks that change the direction of writing, and may be 65,535 bytes long.
/// </summary>
public static class LogText
{
    /// <summary>How many characters are shown by default.</summary>
    public const int DefaultLength = 256;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// Replaces each control, format, separator and unpaired surrogate character by its code, as <c>\n</c> or <c>\u202E</c>, and shortens. The
    /// result has one line, and is the text itself when there is nothing to do.
    /// </summary>
    /// <param name="text">The text; null is shown as <c>(none)</c>.</param>
    /// <param name="maxLength">The most characters of the text that are shown; what is left out is counted.</param>
    /// <returns>Text that can be written to a log.</returns>
    public static string Escape(string? text, int maxLength = DefaultLength)
    {
        if (text is null)
            return "(none)";
        if (text.Length <= maxLength && !text.AsSpan().ContainsAnyExcept(Plain))
            return text;
        var escaped = new StringBuilder(Math.Min(text.Length, maxLength) + 16);
        var shown = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // An unpaired surrogate is enumerated as U+FFFD.
            var isBroken = rune == Rune.ReplacementChar && text[shown] != '\uFFFD';
            if (shown + (isBroken ? 1 : rune.Utf16SequenceLength) > maxLength)
                break;
            if (isBroken)
                Append(escaped, text[shown]);
            else if (IsUnsafe(rune))
                Append(escaped, rune.Value);
            else
                escaped.Append(rune.ToString());
            shown += isBroken ? 1 : rune.Utf16SequenceLength;
        }
        if (shown < text.Length)
            escaped.Append(CultureInfo.InvariantCulture, $"... ({text.Length - shown} more characters)");
        return escaped.ToString();
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate;

    private static void Append(StringBuilder escaped, int code) => _ = code switch
    {
        '\n' => escaped.Append("\\n"),
        '\r' => escaped.Append("\\r"),
        '\t' => escaped.Append("\\t"),
        <= 0xFFFF => escaped.Append(CultureInfo.InvariantCulture, $"\\u{code:X4}"),
        _ => escaped.Append(CultureInfo.InvariantCulture, $"\\U{code:X8}"),
    };
}
