using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Akka.Mqtt.Protocol.Text;

/// <summary>
/// The rules for UTF-8 Encoded Strings (section 1.5.4): well-formed, no surrogates [MQTT-1.5.4-1] (3.1.1: [MQTT-1.5.3-1]), no U+0000
/// [MQTT-1.5.4-2] (3.1.1: [MQTT-1.5.3-2]). A receiver may refuse other control characters and non-characters; this one accepts them.
/// </summary>
internal static class Utf8Rules
{
    public const int MaxBytes = 65_535;

    // Does not use the range methods of spans, because for characters the framework's precompiled code of those allocates.
    private static readonly SearchValues<char> AsciiChars = SearchValues.Create(Range('\u0001', '\u007F'));
    private static readonly SearchValues<char> Surrogates = SearchValues.Create(Range('\uD800', '\uDFFF'));

    /// <summary>Whether a string may contain these bytes.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => !utf8.Contains((byte)0) && Utf8.IsValid(utf8);

    /// <summary>Decodes bytes; null if a string may not contain them. A leading U+FEFF is kept, [MQTT-1.5.4-3].</summary>
    public static string? Decode(ReadOnlySpan<byte> utf8)
    {
        if (AsciiText.IsText(utf8))
            return AsciiText.ToText(utf8);
        return IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
    }

    /// <summary>The size of a text in UTF-8; -1 if it contains U+0000 or half of a surrogate pair.</summary>
    public static int Measure(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExcept(AsciiChars))
            return text.Length;
        return text.Contains('\0') || HasLoneSurrogate(text) ? -1 : Encoding.UTF8.GetByteCount(text);
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        var next = text.IndexOfAny(Surrogates);
        while (next >= 0)
        {
            if (!char.IsHighSurrogate(text[next]) || next + 1 >= text.Length || !char.IsLowSurrogate(text[next + 1]))
                return true;
            text = text[(next + 2)..];
            next = text.IndexOfAny(Surrogates);
        }

        return false;
    }

    private static string Range(char first, char last) => string.Create(last - first + 1, first, static (text, first) =>
    {
        for (var at = 0; at < text.Length; at++)
            text[at] = (char)(first + at);
    });
}
