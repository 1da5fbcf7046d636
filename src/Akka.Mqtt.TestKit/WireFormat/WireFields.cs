using System.Text;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>
/// Reads fields of bytes one after another and writes a line of text for each, until one is invalid. Used once, by one thread.
/// </summary>
/// <param name="bytes">All bytes.</param>
/// <param name="maxFieldBytes">The highest number of bytes, and characters of a text, to show of one field.</param>
internal sealed class WireFields(ReadOnlyMemory<byte> bytes, int maxFieldBytes)
{
    private const int TextColumn = 14;
    private const int BytesPerLine = 16;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly StringBuilder _text = new();
    private int _at;

    /// <summary>The end of the current fields: those of a packet, or of its properties.</summary>
    public int End { get; set; } = bytes.Length;

    /// <summary>Whether a field was invalid. If so, nothing more can be read.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Bytes before <see cref="End"/>.</summary>
    public int Left => End - _at;

    /// <summary>Whether all bytes have been read.</summary>
    public bool AllRead => _at >= bytes.Length;

    /// <summary>The position of the next field.</summary>
    public int Position => _at;

    /// <summary>The bytes before <see cref="End"/>.</summary>
    public ReadOnlySpan<byte> Next => bytes.Span[_at..End];

    /// <summary>The lines that were written.</summary>
    public override string ToString() => _text.ToString().TrimEnd('\n');

    /// <summary>Sets <see cref="End"/> to the end of all bytes.</summary>
    public void ToTheEnd() => End = bytes.Length;

    /// <summary>The text when the bit is set, else nothing.</summary>
    public static string Flag(int flags, int bit, string text) => (flags & bit) != 0 ? text : "";

    /// <summary>A number of bytes as text.</summary>
    public static string Count(int count) => count == 1 ? "1 byte" : $"{count} bytes";

    /// <summary>Writes the next bytes with a text and moves on. Longer fields are shortened, with a note.</summary>
    public void Line(int count, string text)
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

    /// <summary>Writes the error. Only the first one is written.</summary>
    public void Break(string why)
    {
        if (IsBroken)
            return;
        IsBroken = true;
        _text.Append("!! ").Append(why).Append('\n');
    }

    /// <summary>Whether a number of bytes is available; if not, shows the available ones and stops.</summary>
    private bool Need(int count, string what)
    {
        if (IsBroken)
            return false;
        if (Left >= count)
            return true;
        var left = Left;
        if (left > 0)
            Line(left, what);
        Break($"ends here: {what} needs {Count(count)}, {(left == 0 ? "none is" : left == 1 ? "1 is" : $"{left} are")} left");
        return false;
    }

    /// <summary>Reads a byte; the text is created from its value.</summary>
    public int Byte(Func<int, string> text, string what)
    {
        if (!Need(1, what))
            return 0;
        var value = bytes.Span[_at];
        Line(1, text(value));
        return value;
    }

    /// <summary>Reads a number of two bytes.</summary>
    public int UInt16(string what, string unit = "")
    {
        if (!Need(2, what))
            return 0;
        var value = (bytes.Span[_at] << 8) | bytes.Span[_at + 1];
        Line(2, $"{what} {value}{unit}");
        return value;
    }

    /// <summary>Reads a Variable Byte Integer (section 1.5.5).</summary>
    public int VariableInteger(string what)
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

    /// <summary>Reads a UTF-8 string with its length.</summary>
    public string Text(string what)
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

    /// <summary>Reads binary data with their length.</summary>
    public void Binary(string what, bool secret = false)
    {
        var length = UInt16($"{what} length");
        if (length > 0 && Need(length, what))
            Line(length, $"{what} ({Count(length)}){(secret ? "" : Readable(bytes.Span.Slice(_at, length)))}");
    }

    /// <summary>Reads a packet identifier.</summary>
    public void PacketId()
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

    /// <summary>The bytes as text if they are few and printable, else nothing.</summary>
    public static string Readable(ReadOnlySpan<byte> span)
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
