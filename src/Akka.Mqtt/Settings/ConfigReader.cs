using System.Globalization;
using Akka.Configuration;

namespace Akka.Mqtt.Settings;

/// <summary>Reads HOCON values. The properties of the settings check the ranges. Every error names the key.</summary>
internal static class ConfigReader
{
    public static int Bytes(this Config config, string key)
    {
        var text = config.GetString(key, null);
        var value = Read(config, key, static (c, k) => c.GetByteSize(k, null)) ?? throw Missing(key);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new ConfigurationException($"{key} = {text} is out of range: at most 2 GiB.");
    }

    public static int Count(this Config config, string key)
    {
        if (!config.HasPath(key))
            throw Missing(key);
        var value = Read(config, key, static (c, k) => c.GetLong(k));
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new ConfigurationException(string.Create(CultureInfo.InvariantCulture, $"{key} = {value} is out of range: it does not fit into 32 bits."));
    }

    public static double Number(this Config config, string key)
    {
        if (!config.HasPath(key))
            throw Missing(key);
        return Read(config, key, static (c, k) => c.GetDouble(k));
    }

    public static TimeSpan Duration(this Config config, string key)
    {
        if (!config.HasPath(key))
            throw Missing(key);
        return Read(config, key, static (c, k) => c.GetTimeSpan(k, null, allowInfinite: false));
    }

    public static TimeSpan? DurationOrOff(this Config config, string key) =>
        config.GetString(key, null) is "off" or "false" ? null : config.Duration(key);

    public static T Choice<T>(this Config config, string key, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var text = config.GetString(key, null) ?? throw Missing(key);
        foreach (var (word, value) in choices)
        {
            if (word == text)
                return value;
        }

        var words = new List<string>();
        foreach (var (word, _) in choices)
            words.Add(word);
        throw new ConfigurationException($"{key} = {text} is not one of {string.Join(", ", words)}.");
    }

    /// <summary>
    /// Reads a value. For a text that is not a number, the error names the key and the text instead of the error of Akka's parser.
    /// </summary>
    public static T Read<T>(Config config, string key, Func<Config, string, T> read)
    {
        try
        {
            return read(config, key);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new ConfigurationException($"{key} = {config.GetString(key)} cannot be read.", e);
        }
    }

    /// <summary>Reads settings from a section, over the same section of the reference configuration.</summary>
    /// <param name="config">The section; null for the defaults.</param>
    /// <param name="section">The path of the section in the reference configuration.</param>
    /// <param name="read">Creates the settings.</param>
    /// <typeparam name="T">The settings.</typeparam>
    /// <returns>The settings.</returns>
    public static T Settings<T>(Config? config, string section, Func<Config, T> read)
    {
        var defaults = MqttExt.DefaultConfig().GetConfig(section);
        return read(config is null ? defaults : config.WithFallback(defaults));
    }

    private static ConfigurationException Missing(string key) => new($"{key} is missing or has no value that can be read.");
}
