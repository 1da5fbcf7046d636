using System.Globalization;
using Akka.Configuration;

namespace Akka.Mqtt.Settings;

/// <summary>
/// Checks a value of a setting where it is set, in code or from HOCON. A value out of its range throws
/// <see cref="ConfigurationException"/>, which names the key and the allowed range.
/// </summary>
internal static class SettingRange
{
    /// <summary>The longest time that a timer of .NET supports.</summary>
    public static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    public static int Bytes(int value, int min, int max, string key) => value >= min && value <= max
        ? value
        : throw OutOfRange($"{key} = {value} is out of range: {min} to {max} bytes.");

    /// <summary>Null means off.</summary>
    public static int? BytesOrOff(int? value, int min, int max, string key) => value is { } bytes ? Bytes(bytes, min, max, key) : null;

    /// <summary>1 KiB to 1 TiB.</summary>
    public static long LongBytes(long value, string key) => value is >= 1024 and <= 1L << 40
        ? value
        : throw OutOfRange($"{key} = {value} is out of range: 1 KiB to 1 TiB.");

    public static int Count(int value, int min, int max, string key) => value >= min && value <= max
        ? value
        : throw OutOfRange($"{key} = {value} is out of range: {min} to {max}.");

    /// <summary>Null means off.</summary>
    public static int? CountOrOff(int? value, int min, int max, string key) => value is { } count ? Count(count, min, max, key) : null;

    public static double Number(double value, double min, double max, string key) => value >= min && value <= max
        ? value
        : throw OutOfRange($"{key} = {value} is out of range: {min} to {max}.");

    /// <summary>A time for which a timer waits.</summary>
    public static TimeSpan Duration(TimeSpan value, string key) => Period(value, key) <= LongestTimer
        ? value
        : throw OutOfRange($"{key} = {value:c} is too long: at most {LongestTimer:c}.");

    /// <summary>A time for which a timer waits. Null means off.</summary>
    public static TimeSpan? DurationOrOff(TimeSpan? value, string key) => value is { } duration ? Duration(duration, key) : null;

    /// <summary>A time for which no timer waits, so it may be of any length.</summary>
    public static TimeSpan Period(TimeSpan value, string key) => value > TimeSpan.Zero
        ? value
        : throw OutOfRange($"{key} = {(value == TimeSpan.Zero ? "0" : value.ToString("c"))} must be more than 0.");

    /// <summary>A time for which no timer waits. Null means off.</summary>
    public static TimeSpan? PeriodOrOff(TimeSpan? value, string key) => value is { } period ? Period(period, key) : null;

    /// <summary>A time that a packet contains in seconds. Null means off.</summary>
    public static TimeSpan? SecondsOrOff(TimeSpan? value, int min, int max, string key) => value is null || (value.Value.TotalSeconds >= min && value.Value.TotalSeconds <= max)
        ? value
        : throw OutOfRange($"{key} = {value:c} is out of range: {min} s to {max} s.");

    public static T Choice<T>(T value, string key)
        where T : struct, Enum => Enum.IsDefined(value) ? value : throw OutOfRange($"{key} = {value:D} is not one of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <summary>Null means none; an empty text is refused.</summary>
    public static string? TextOrNone(string? value, string key) => value is { Length: 0 } ? throw OutOfRange($"{key} is empty; null for none.") : value;

    public static T NotNull<T>(T value, string key)
        where T : class => value ?? throw new ConfigurationException($"{key} is null.");

    private static ConfigurationException OutOfRange(FormattableString message) => new(message.ToString(CultureInfo.InvariantCulture));
}
