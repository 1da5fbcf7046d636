using System.Buffers;
using System.Globalization;
using System.Text;

namespace Akka.Mqtt.Cli.Clients.Output;

/// <summary>The parts of a time as <c>strftime</c> of the C library writes them in the C locale.</summary>
internal static class StrfTime
{
    private static readonly CultureInfo C = CultureInfo.InvariantCulture;

    /// <summary>Writes one part.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="name">The letter of the part, for example Y for the year.</param>
    /// <param name="time">The time.</param>
    public static void Write(IBufferWriter<byte> output, char name, DateTimeOffset time) => output.Write(Encoding.UTF8.GetBytes(Show(name, time)));

    private static string Show(char name, DateTimeOffset time) => name switch
    {
        'a' => time.ToString("ddd", C),
        'A' => time.ToString("dddd", C),
        'b' or 'h' => time.ToString("MMM", C),
        'B' => time.ToString("MMMM", C),
        'c' => $"{time.ToString("ddd MMM", C)} {time.Day,2} {time.ToString("HH:mm:ss yyyy", C)}",
        'C' => Two(time.Year / 100),
        'd' => Two(time.Day),
        'D' or 'x' => time.ToString("MM'/'dd'/'yy", C),
        'e' => $"{time.Day,2}",
        'F' => time.ToString("yyyy-MM-dd", C),
        'g' => Two(ISOWeek.GetYear(time.DateTime) % 100),
        'G' => ISOWeek.GetYear(time.DateTime).ToString(C),
        'H' => Two(time.Hour),
        'I' => Two(Hour12(time)),
        'j' => time.DayOfYear.ToString("D3", C),
        'k' => $"{time.Hour,2}",
        'l' => $"{Hour12(time),2}",
        'm' => Two(time.Month),
        'M' => Two(time.Minute),
        'n' => "\n",
        'N' => Nanoseconds(time),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => $"{Two(Hour12(time))}{time.ToString(":mm:ss", C)} {(time.Hour < 12 ? "AM" : "PM")}",
        'R' => time.ToString("HH:mm", C),
        's' => time.ToUnixTimeSeconds().ToString(C),
        'S' => Two(time.Second),
        't' => "\t",
        'T' or 'X' => time.ToString("HH:mm:ss", C),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(C),
        'U' => Two((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7),
        'V' => Two(ISOWeek.GetWeekOfYear(time.DateTime)),
        'w' => ((int)time.DayOfWeek).ToString(C),
        'W' => Two((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7),
        'y' => Two(time.Year % 100),
        'Y' => time.Year.ToString(C),
        'z' => Zone(time.Offset),
        'Z' => time.Offset == TimeSpan.Zero ? "UTC" : Zone(time.Offset), // .NET does not know abbreviations such as CET
        '%' => "%",
        _ => $"%{name}", // as the C library does
    };

    /// <summary>The nanoseconds of the second, nine digits.</summary>
    public static string Nanoseconds(DateTimeOffset time) => (time.Ticks % TimeSpan.TicksPerSecond * 100).ToString("D9", C);

    /// <summary>The offset from UTC, as in +0100.</summary>
    public static string Zone(TimeSpan offset) => $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset.ToString("hhmm", C)}";

    private static string Two(int number) => number.ToString("D2", C);

    private static int Hour12(DateTimeOffset time) => time.Hour % 12 == 0 ? 12 : time.Hour % 12;
}
