using Akka.Configuration;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server.Settings;

/// <summary>Reads limits that may be "off", and shares. The properties of the settings check the ranges.</summary>
internal static class LimitReader
{
    public static int? CountOrOff(this Config config, string key) => IsOff(config, key) ? null : config.Count(key);

    public static double? NumberOrOff(this Config config, string key) => IsOff(config, key) ? null : config.Number(key);

    public static int? BytesOrOff(this Config config, string key) => IsOff(config, key) ? null : config.Bytes(key);

    public static long LongBytes(this Config config, string key) =>
        ConfigReader.Read(config, key, static (c, k) => c.GetByteSize(k, null))
        ?? throw new ConfigurationException($"{key} = {config.GetString(key, null)} cannot be read.");

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
        throw new ConfigurationException($"{key} = {text} is not one of {string.Join(", ", choices.Select(choice => choice.Text))}.");
    }

    private static bool IsOff(Config config, string key) => config.GetString(key, null) is "off" or "false";
}
