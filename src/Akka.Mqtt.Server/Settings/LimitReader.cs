using System.Globalization;
using Akka.Configuration;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server.Settings;

/// <summary>Reads limits that may be "off", and shares; every failure names the key and what it allows.</summary>
internal static class LimitReader
{
    public static int? CountOrOff(this Config config, string key, int min, int max) => IsOff(config, key) ? null : config.Count(key, min, max);

    public static double? ShareOrOff(this Config config, string key) => IsOff(config, key) ? null : config.Number(key, 0.01, 1);

    public static int? BytesOrOff(this Config config, string key, int min, int max) => IsOff(config, key) ? null : config.Bytes(key, min, max);

    public static long LongBytes(this Config config, string key) =>
        ConfigReader.Read(config, key, static (c, k) => c.GetByteSize(k, null)) is { } value and >= 1024 and <= 1L << 40
            ? value
            : throw new ConfigurationException($"{key} = {config.GetString(key, null)} is out of range: 1 KiB to 1 TiB.");

    public static TimeSpan? DurationOrOff(this Config config, string key, TimeSpan min, TimeSpan max)
    {
        var value = config.DurationOrOff(key);
        return value is null || (value >= min && value <= max)
            ? value
            : throw new ConfigurationException(string.Create(
                CultureInfo.InvariantCulture, $"{key} = {config.GetString(key)} is out of range: {min.TotalSeconds} s to {max.TotalSeconds} s."));
    }

    public static bool Switch(this Config config, string key) => config.GetString(key, null) switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        var other => throw new ConfigurationException($"{key} = {other} is neither on nor off."),
    };

    public static T OneOf<T>(this Config config, string key, params (string Text, T Value)[] choices)
    {
        var text = config.GetString(key, null);
        foreach (var choice in choices)
        {
            if (choice.Text == text)
                return choice.Value;
        }
        throw new ConfigurationException($"{key} = {text} is none of {string.Join(", ", choices.Select(choice => choice.Text))}.");
    }

    private static bool IsOff(Config config, string key) => config.GetString(key, null) is "off" or "false";
}
