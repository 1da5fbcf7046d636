using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.WireFormat;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// MQTT bytes for people: hex with a word for every field, and hex back to bytes. Reads packets by itself, without the codec under test, so
/// that it can also show where a malformed packet stops making sense. All members are pure and thread-safe.
/// </summary>
public static class Wire
{
    /// <summary>
    /// Writes one or many packets as annotated hex, a line a field. A line that begins with <c>!!</c> tells where the bytes stop making sense;
    /// what follows it is shown but not read. What <see cref="Parse"/> makes of the text are the bytes again, unless some were left out.
    /// </summary>
    /// <param name="bytes">Any bytes; usually one packet.</param>
    /// <param name="version">The version to read them by. Null: what a CONNECT among the bytes says, before that 3.1.1.</param>
    /// <param name="maxFieldBytes">Most bytes to show of one field, 1 or more. Default: 64.</param>
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
    /// See <see cref="Annotate(ReadOnlyMemory{byte}, MqttVersion?, int)"/>; a packet that cannot be encoded gives one line that says why.
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
    /// Reads hex: digits in pairs, with or without spaces, commas and <c>0x</c>. On each line, what follows <c>#</c>, <c>//</c> or <c>;</c> is a
    /// comment, and so is text that two spaces keep apart from the digits, as in
    /// <see cref="Annotate(ReadOnlyMemory{byte}, MqttVersion?, int)"/>.
    /// </summary>
    /// <param name="hex">The text, one line or many.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="FormatException">Something else stands there; the message says what and on which line.</exception>
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

    /// <summary>How many bytes the first packet takes, by its fixed header alone.</summary>
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

    /// <summary>The version that the bytes of a CONNECT name, or null when they are no CONNECT of a known version.</summary>
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
