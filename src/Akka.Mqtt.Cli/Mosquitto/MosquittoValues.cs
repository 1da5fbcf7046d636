using System.Globalization;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>Values of mosquitto.conf as HOCON; an invalid value is an error that names its line.</summary>
internal static class MosquittoValues
{
    public static bool Bool(MosquittoLine line) => line.Value switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw line.Wrong($"'{line.Value}' is neither true nor false"),
    };

    public static string Switch(MosquittoLine line) => Bool(line) ? "on" : "off";

    public static long Number(MosquittoLine line, long min, long max) =>
        long.TryParse(line.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw line.Wrong($"'{line.Value}' is not a number from {min} to {max}");

    /// <summary>A number in which 0 means no limit.</summary>
    public static string OrUnlimited(MosquittoLine line, long max, string unlimited)
    {
        var value = Number(line, 0, long.MaxValue);
        return value == 0 ? unlimited : Text(Math.Min(value, max));
    }

    /// <summary>Bytes in which 0 means no limit; our minimum is 1 KiB.</summary>
    public static string Bytes(MosquittoLine line, string unlimited)
    {
        var value = Number(line, 0, long.MaxValue);
        return value == 0 ? unlimited : Text(Math.Clamp(value, 1024, 1L << 40));
    }

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string ReadableFile(MosquittoLine line)
    {
        try
        {
            using var _ = File.OpenRead(line.Value);
            return Quote(line.Value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw line.Wrong($"cannot read '{line.Value}': {error.Message}");
        }
    }

    /// <summary><c>persistent_client_expiration</c>: a number and one of h, d, w, m, y.</summary>
    public static string Duration(MosquittoLine line)
    {
        var unit = line.Value.Length > 0 ? line.Value[^1] : ' ';
        var hours = unit switch { 'h' => 1, 'd' => 24, 'w' => 24 * 7, 'm' => 24 * 30, 'y' => 24 * 365, _ => 0 };
        return hours > 0 && int.TryParse(line.Value.AsSpan(0, line.Value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is > 0 and < 100_000
            ? $"{Text((long)hours * count)} h"
            : throw line.Wrong($"'{line.Value}' is not a number with h, d, w, m or y");
    }

    public static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
