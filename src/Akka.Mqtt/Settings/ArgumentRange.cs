using System.Globalization;

namespace Akka.Mqtt.Settings;

/// <summary>
/// Checks a value of a command. A command is an argument of a call and has no key, so a value out of its range throws
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
internal static class ArgumentRange
{
    public static int AtLeastOne(int value, string name) => value > 0
        ? value
        : throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"{name} = {value} is less than 1."));

    /// <summary>Null is off.</summary>
    public static TimeSpan? DurationOrOff(TimeSpan? value, string name) => value is null || (value > TimeSpan.Zero && value <= SettingRange.LongestTimer)
        ? value
        : throw new ArgumentOutOfRangeException(null, $"{name} = {value:c} is not more than 0 and at most {SettingRange.LongestTimer:c}.");
}
