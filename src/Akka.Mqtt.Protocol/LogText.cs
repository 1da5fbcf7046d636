using System.Buffers;
using System.Globalization;
using System.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Makes text that a peer has chosen safe for a log or a terminal: client identifiers, user names, topics, reason strings. Such text may
/// contain line ends, escape sequences and marks that change the writing direction, and may be 65,535 bytes long.
/// </summary>
public static class LogText
{
    /// <summary>The default for the number of characters that are shown.</summary>
    public const int DefaultLength = 256;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// Replaces each control, format, separator and unpaired surrogate character by its code, such as <c>\n</c> or <c>\u202E</c>, and
    /// shortens the text. The result has one line. A text without such characters is returned unchanged.
    /// </summary>
    /// <param name="text">The text; null is shown as <c>(none)</c>.</param>
    /// <param name="maxLength">The highest number of characters that are shown; the number of omitted ones is added.</param>
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
            // The enumerator returns U+FFFD for an unpaired surrogate.
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
