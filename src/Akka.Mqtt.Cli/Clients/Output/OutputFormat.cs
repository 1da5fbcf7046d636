using System.Text;
using Akka.Mqtt.Cli.Commands;

namespace Akka.Mqtt.Cli.Clients.Output;

/// <summary>The kinds of parts of an output format.</summary>
internal enum FormatKind
{
    /// <summary>Bytes that are written as they are.</summary>
    Text,

    /// <summary>A field of the message: <c>%t</c>.</summary>
    Field,

    /// <summary>A part of the time: <c>@Y</c>.</summary>
    Time,
}

/// <summary>One part of an output format.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">The letter of a field or of a part of the time.</param>
/// <param name="Text">The bytes of a text.</param>
internal readonly record struct FormatPart(FormatKind Kind, char Name, byte[] Text)
{
    /// <summary>Whether the field is padded on its right.</summary>
    public bool AlignsLeft { get; init; }

    /// <summary>The character that pads the field: a space or 0.</summary>
    public byte Pad { get; init; } = (byte)' ';

    /// <summary>The least width in bytes; 0 for none.</summary>
    public int Width { get; init; }

    /// <summary>The most bytes of a text; -1 for no limit.</summary>
    public int Precision { get; init; } = -1;
}

/// <summary>A format of <c>-F</c>, checked and parsed once. Immutable.</summary>
internal sealed class OutputFormat
{
    private const string Fields = "%ACDEFIJPRSUXjlmpqrtx";
    private const int MostWidth = 1_000_000;

    private OutputFormat(List<FormatPart> parts) => Parts = parts;

    /// <summary>The parts in their order.</summary>
    public IReadOnlyList<FormatPart> Parts { get; }

    /// <summary>Parses a format.</summary>
    /// <exception cref="CommandFailure">The format has a sequence that does not exist, or ends within one.</exception>
    public static OutputFormat Parse(string format)
    {
        var parts = new List<FormatPart>();
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] is not ('%' or '@' or '\\'))
            {
                text.Append(format[i]);
                continue;
            }
            if (i + 1 == format.Length)
                throw new CommandFailure($"-F ends with {format[i]}: a sequence needs a letter behind it. Write {format[i]}{format[i]} for the character itself.");
            if (format[i] == '\\')
            {
                text.Append(Escape(format[++i]));
                continue;
            }
            if (format[i + 1] == format[i])
            {
                text.Append(format[++i]);
                continue;
            }
            if (format[i] == '%' && format[i + 1] == '@' && i + 2 < format.Length)
                continue; // %@s means @s, as in an example of mosquitto's man page
            End(text, parts);
            parts.Add(format[i] == '@' ? new FormatPart(FormatKind.Time, format[++i], []) : Field(format, ref i));
        }
        End(text, parts);
        return new OutputFormat(parts);
    }

    private static void End(StringBuilder text, List<FormatPart> parts)
    {
        if (text.Length > 0)
            parts.Add(new FormatPart(FormatKind.Text, '\0', Encoding.UTF8.GetBytes(text.ToString())));
        text.Clear();
    }

    private static char Escape(char name) => name switch
    {
        '\\' => '\\',
        '0' => '\0',
        'a' => '\a',
        'e' => '\e',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        _ => throw new CommandFailure($"-F: \\{name} is not an escape. Use {Words.List(["\\\\", "\\0", "\\a", "\\e", "\\n", "\\r", "\\t", "\\v"], "or")}."),
    };

    private static FormatPart Field(string format, ref int i)
    {
        var start = i++;
        char Next(ref int at) => at < format.Length ? format[at] : throw new CommandFailure($"-F ends within {format[start..]}: a letter is missing, as in %t.");

        var left = Next(ref i) == '-';
        if (left)
            i++;
        var zeros = Next(ref i) == '0';
        if (zeros)
            i++;
        var width = Number(format, ref i, start);
        var precision = -1;
        if (Next(ref i) == '.')
        {
            i++;
            precision = Number(format, ref i, start);
        }
        var name = Next(ref i);
        return Fields.Contains(name)
            ? new FormatPart(FormatKind.Field, name, []) { AlignsLeft = left, Pad = (byte)(zeros ? '0' : ' '), Width = width, Precision = precision }
            : throw new CommandFailure($"-F: {format[start..(i + 1)]} is not a field. akka-mqtt help sub lists them.");
    }

    private static int Number(string format, ref int i, int start)
    {
        var number = 0;
        while (i < format.Length && char.IsAsciiDigit(format[i]))
        {
            number = (number * 10) + format[i++] - '0';
            if (number > MostWidth)
                throw new CommandFailure($"-F: the width in {format[start..i]} is more than {MostWidth}.");
        }
        return number;
    }
}
