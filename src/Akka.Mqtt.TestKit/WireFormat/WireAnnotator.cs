using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>Walks the fields of packets and writes a line for each. Used once, by one thread. This part: fixed header and fields.</summary>
internal sealed partial class WireAnnotator(ReadOnlyMemory<byte> bytes, MqttVersion? version, int maxFieldBytes)
{
    private const int TextColumn = 14;
    private const int BytesPerLine = 16;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly StringBuilder _text = new();
    private MqttVersion? _version = version;
    private int _at;
    private int _end;
    private bool _broken;

    private bool IsV5 => _version == MqttVersion.V5;

    private int Left => _end - _at;

    public string Annotate()
    {
        while (_at < bytes.Length && !_broken)
            Packet();
        if (_broken && _at < bytes.Length)
        {
            _end = bytes.Length;
            Line(Left, "not read");
        }

        return _text.ToString().TrimEnd('\n');
    }

    private void Packet()
    {
        var first = bytes.Span[_at];
        var type = (MqttPacketType)(first >> 4);
        var flags = first & 0x0F;
        _end = bytes.Length;
        _version = Wire.VersionOfConnect(bytes.Span[_at..]) ?? _version;
        Line(1, FixedHeaderText(type, flags));
        var length = VariableInteger("remaining length");
        if (_broken)
            return;
        if (type == MqttPacketType.Reserved)
        {
            Break("packet type 0 is forbidden");
            return;
        }

        var cut = length > Left ? length - Left : 0;
        _end = Math.Min(bytes.Length, _at + length);
        Body(type, flags, cut > 0);
        if (_broken)
            return;
        if (cut > 0)
            Break($"the bytes end here: {cut} more of this packet are missing");
        else if (Left > 0)
            Break($"{Count(Left)} left over at the end of the packet");
    }

    private string FixedHeaderText(MqttPacketType type, int flags)
    {
        var name = type == MqttPacketType.Reserved ? "packet type 0" : type.ToString().ToUpperInvariant();
        var expected = ExpectedFlags(type);
        if (type == MqttPacketType.Publish)
        {
            var qos = (flags >> 1) & 3;
            return $"{name} QoS {qos}{Flag(flags, 8, " DUP")}{Flag(flags, 1, " RETAIN")}{(qos == 3 ? " <- forbidden QoS" : "")}";
        }

        if (_version == MqttVersion.V31 && expected == 2)
            return $"{name}{Flag(flags, 8, " DUP")}{((flags & 7) == 2 ? "" : $" <- flags 0x{flags:x1}, must be 0x2")}";
        return flags == expected ? name : $"{name} <- flags 0x{flags:x1}, must be 0x{expected:x1}";
    }

    private static int ExpectedFlags(MqttPacketType type) =>
        type is MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? 2 : 0;

    private static string Flag(int flags, int bit, string text) => (flags & bit) != 0 ? text : "";

    private static string Count(int count) => count == 1 ? "1 byte" : $"{count} bytes";

    /// <summary>Writes the next bytes with a text and moves on. What is longer than the limit is cut short and says so.</summary>
    private void Line(int count, string text)
    {
        var span = bytes.Span.Slice(_at, count);
        _at += count;
        var shown = span[..Math.Min(span.Length, maxFieldBytes)];
        var left = span.Length - shown.Length;
        if (left > 0)
            text += $" … {Count(left)} not shown";
        for (var i = 0; i == 0 || i < shown.Length; i += BytesPerLine)
        {
            var hex = Wire.Hex(shown[i..Math.Min(i + BytesPerLine, shown.Length)]);
            if (count == 0)
                hex = "#";
            _text.Append(i == 0 ? $"{hex.PadRight(TextColumn - 2)}  {text}" : hex).Append('\n');
        }
    }

    private void Break(string why)
    {
        if (_broken)
            return;
        _broken = true;
        _text.Append("!! ").Append(why).Append('\n');
    }

    /// <summary>Whether so many bytes are there; else shows what is there and stops.</summary>
    private bool Need(int count, string what)
    {
        if (_broken)
            return false;
        if (Left >= count)
            return true;
        var left = Left;
        if (left > 0)
            Line(left, what);
        Break($"ends here: {what} needs {Count(count)}, {(left == 0 ? "none is" : left == 1 ? "1 is" : $"{left} are")} left");
        return false;
    }

    private int Byte(Func<int, string> text, string what)
    {
        if (!Need(1, what))
            return 0;
        var value = bytes.Span[_at];
        Line(1, text(value));
        return value;
    }

    private int UInt16(string what, string unit = "")
    {
        if (!Need(2, what))
            return 0;
        var value = (bytes.Span[_at] << 8) | bytes.Span[_at + 1];
        Line(2, $"{what} {value}{unit}");
        return value;
    }

    private void UInt32(string what)
    {
        if (!Need(4, what))
            return;
        var span = bytes.Span[_at..];
        Line(4, $"{what} {(uint)((span[0] << 24) | (span[1] << 16) | (span[2] << 8) | span[3])}");
    }

    private int VariableInteger(string what)
    {
        var value = 0;
        for (var i = 0; i < 4; i++)
        {
            if (!Need(i + 1, what))
                return 0;
            var b = bytes.Span[_at + i];
            value |= (b & 0x7F) << (7 * i);
            if ((b & 0x80) != 0)
                continue;
            var overlong = i > 0 && b == 0 ? " <- longer than needed" : "";
            Line(i + 1, $"{what} {value}{overlong}");
            return value;
        }

        Line(4, what);
        Break($"{what} has more than four bytes");
        return 0;
    }

    private string Text(string what)
    {
        var length = UInt16($"{what} length");
        if (length == 0 || !Need(length, what))
            return "";
        var span = bytes.Span.Slice(_at, length);
        try
        {
            var value = Utf8.GetString(span);
            Line(length, $"{what} {Quote(value)}{(value.Contains('\0') ? " <- U+0000 is forbidden" : "")}");
            return value;
        }
        catch (DecoderFallbackException)
        {
            Line(length, what);
            Break($"{what} is not UTF-8");
            return "";
        }
    }

    private void Binary(string what, bool secret = false)
    {
        var length = UInt16($"{what} length");
        if (length > 0 && Need(length, what))
            Line(length, $"{what} ({Count(length)}){(secret ? "" : Readable(bytes.Span.Slice(_at, length)))}");
    }

    private void PacketId()
    {
        if (!Need(2, "packet id"))
            return;
        var value = (bytes.Span[_at] << 8) | bytes.Span[_at + 1];
        Line(2, $"packet id {value}{(value == 0 ? " <- must not be 0" : "")}");
    }

    private string Quote(string value)
    {
        var shown = value.Length <= maxFieldBytes ? value : value[..maxFieldBytes] + "…";
        var text = new StringBuilder("\"");
        foreach (var c in shown)
            text.Append(char.IsControl(c) ? $"\\u{(int)c:x4}" : c);
        return text.Append('"').ToString();
    }

    private static string Readable(ReadOnlySpan<byte> span)
    {
        if (span.IsEmpty || span.Length > 32)
            return "";
        foreach (var b in span)
        {
            if (b is < 0x20 or > 0x7E)
                return "";
        }

        return $" \"{Encoding.ASCII.GetString(span)}\"";
    }
}
