using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.WireFormat;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// Converts MQTT bytes to readable text, with hex and a description of every field, and hex back to bytes. It reads packets itself,
/// without the codec under test, so it can also show where a malformed packet becomes invalid. All members are pure and thread safe.
/// </summary>
public static class Wire
{
    /// <summary>
    /// Writes one or more packets as annotated hex, one line for each field. A line that starts with <c>!!</c> shows where the bytes
    /// become invalid; the bytes after it are shown but not interpreted. <see cref="Parse"/> converts the text back to the bytes, unless
    /// some were omitted.
    /// </summary>
    /// <param name="bytes">Any bytes; usually one packet.</param>
    /// <param name="version">The version for reading them. Null: the version of a CONNECT among the bytes, and 3.1.1 before it.</param>
    /// <param name="maxFieldBytes">The highest number of bytes to show of one field, 1 or more. Default: 64.</param>
    /// <returns>
    /// Lines such as
    /// <code>
    /// 30            PUBLISH QoS 0
    /// 07            remaining length 7
    /// 00 03         topic length 3
    /// 61 2f 62      topic "a/b"
    /// 68 69         payload (2 bytes) "hi"
    /// </code>
    /// </returns>
    public static string Annotate(ReadOnlyMemory<byte> bytes, MqttVersion? version = null, int maxFieldBytes = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFieldBytes, 1);
        return new WireAnnotator(bytes, version, maxFieldBytes).Annotate();
    }

    /// <summary>Encodes a packet and annotates its bytes.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The protocol version.</param>
    /// <returns>
    /// See <see cref="Annotate(ReadOnlyMemory{byte}, MqttVersion?, int)"/>; for a packet that cannot be encoded, one line with the reason.
    /// </returns>
    public static string Annotate(MqttPacket packet, MqttVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        try
        {
            return Annotate(MqttEncoder.Encode(packet, version), version);
        }
        catch (ArgumentException e)
        {
            return $"!! has no bytes in {Name(version)}: {e.Message}";
        }
    }

    /// <summary>
    /// Reads hex: pairs of digits, with or without spaces, commas and <c>0x</c>. On each line, text after <c>#</c>, <c>//</c> or <c>;</c>
    /// is a comment, and so is text that two spaces separate from the digits, as in
    /// <see cref="Annotate(ReadOnlyMemory{byte}, MqttVersion?, int)"/>.
    /// </summary>
    /// <param name="hex">The text, one or more lines.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="FormatException">The text contains something else; the message contains it and its line.</exception>
    public static byte[] Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        var bytes = new List<byte>();
        var number = 0;
        foreach (var line in hex.Split('\n'))
        {
            number++;
            ParseLine(line.TrimEnd('\r'), number, bytes);
        }

        return [.. bytes];
    }

    /// <summary>Plain hex: lower case, a space between bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>For example <c>c0 00</c>.</returns>
    public static string Hex(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "";
        var digits = Convert.ToHexStringLower(bytes);
        return string.Create((bytes.Length * 3) - 1, digits, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = i % 3 == 2 ? ' ' : source[(i / 3 * 2) + (i % 3)];
        });
    }

    /// <summary>The size of the first packet, from its fixed header alone.</summary>
    /// <returns>The size; 0 when the fixed header is not complete; -1 when its remaining length is malformed.</returns>
    internal static int FrameSize(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        for (var i = 1; i <= 4; i++)
        {
            if (i >= bytes.Length)
                return 0;
            length |= (bytes[i] & 0x7F) << (7 * (i - 1));
            if ((bytes[i] & 0x80) == 0)
                return 1 + i + length;
        }

        return -1;
    }

    /// <summary>The version in the bytes of a CONNECT; null when they are not a CONNECT of a known version.</summary>
    internal static MqttVersion? VersionOfConnect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] >> 4 != (int)MqttPacketType.Connect)
            return null;
        var body = 1;
        while (body < bytes.Length && body < 5 && (bytes[body] & 0x80) != 0)
            body++;
        body++;
        if (body + 2 > bytes.Length)
            return null;
        var level = body + 2 + ((bytes[body] << 8) | bytes[body + 1]);
        if (level >= bytes.Length)
            return null;
        var version = (MqttVersion)(bytes[level] & 0x7F);
        return version is MqttVersion.V31 or MqttVersion.V311 or MqttVersion.V5 ? version : null;
    }

    internal static string Name(MqttVersion version) => version switch
    {
        MqttVersion.V31 => "3.1",
        MqttVersion.V311 => "3.1.1",
        MqttVersion.V5 => "5.0",
        _ => $"level {(byte)version}",
    };

    private static void ParseLine(string line, int number, List<byte> bytes)
    {
        var text = WithoutComment(line.Trim());
        if (text.StartsWith("!!", StringComparison.Ordinal))
            return;
        var apart = text.IndexOf("  ", StringComparison.Ordinal);
        if (apart >= 0 && !IsHex(text[apart..]))
            text = text[..apart];
        foreach (var token in Tokens(text))
        {
            var digits = Digits(token);
            if (!IsPairs(digits))
                throw new FormatException($"Line {number}: '{token}' is not hex in pairs of digits.");
            bytes.AddRange(Convert.FromHexString(digits));
        }
    }

    private static string WithoutComment(string line)
    {
        var end = line.Length;
        foreach (var mark in (ReadOnlySpan<string>)["#", "//", ";"])
        {
            var at = line.IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0 && at < end)
                end = at;
        }

        return line[..end].TrimEnd();
    }

    private static bool IsHex(string text) => Tokens(text).All(token => IsPairs(Digits(token)));

    private static string[] Tokens(string text) => text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);

    private static string Digits(string token) => token.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? token[2..] : token;

    private static bool IsPairs(string digits) => digits.Length > 0 && digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit);
}
