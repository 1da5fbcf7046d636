using System.Globalization;

namespace Akka.Mqtt.Settings;

/// <summary>Checks a value of a setting where it is set, in code or from HOCON; every failure names the key and what it allows.</summary>
internal static class SettingRange
{
    /// <summary>Timers of .NET take no more than this.</summary>
    private static readonly TimeSpan LongestDuration = TimeSpan.FromMilliseconds(int.MaxValue);

    public static int Bytes(int value, int min, int max, string key) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"{key} = {value} is out of range: {min} to {max} bytes."));

    public static int Count(int value, int min, int max, string key) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"{key} = {value} is out of range: {min} to {max}."));

    public static double Number(double value, double min, double max, string key) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"{key} = {value} is out of range: {min} to {max}."));

    public static TimeSpan Duration(TimeSpan value, string key)
    {
        if (value <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(null, $"{key} = {value:c} must be more than 0.");
        return value <= LongestDuration ? value : throw new ArgumentOutOfRangeException(null, $"{key} = {value:c} is too long: at most {LongestDuration:c}.");
    }

    /// <summary>Null is off.</summary>
    public static TimeSpan? DurationOrOff(TimeSpan? value, string key) => value is { } duration ? Duration(duration, key) : null;
}
