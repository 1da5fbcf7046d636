using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>Topic names (section 4.7) of messages: 1 to 65,535 bytes of UTF-8, no U+0000, no wildcards.</summary>
public static class TopicName
{
    /// <summary>Whether a text is a topic name.</summary>
    /// <param name="name">The text; null is not one.</param>
    /// <returns>Whether it may be published to.</returns>
    public static bool IsValid(string? name) =>
        !string.IsNullOrEmpty(name) && !HasWildcard(name) && Utf8Rules.Measure(name) is > 0 and <= Utf8Rules.MaxBytes;

    /// <summary>Whether bytes are a topic name in UTF-8.</summary>
    /// <param name="utf8">The bytes, without the length before them.</param>
    /// <returns>Whether it may be published to.</returns>
    public static bool IsValid(ReadOnlySpan<byte> utf8) =>
        utf8.Length is > 0 and <= Utf8Rules.MaxBytes
        && (AsciiText.IsTopic(utf8) || (!HasWildcard(utf8) && Utf8Rules.IsValid(utf8)));

    /// <summary>Whether a text is an ASCII topic name, with one byte per character. Other texts may be topic names too.</summary>
    internal static bool IsPlain(ReadOnlySpan<char> name) => AsciiText.IsTopic(name);

    /// <summary>
    /// Whether a text contains a wildcard, which only filters may: 5.0 [MQTT-4.7.0-1], 3.1.1 [MQTT-4.7.1-1], both [MQTT-3.3.2-2].
    /// </summary>
    internal static bool HasWildcard(ReadOnlySpan<char> name) => name.IndexOfAny('+', '#') >= 0;

    internal static bool HasWildcard(ReadOnlySpan<byte> utf8) => utf8.IndexOfAny((byte)'+', (byte)'#') >= 0;
}
