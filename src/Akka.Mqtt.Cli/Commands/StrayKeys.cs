using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Warns about keys in a file that nothing reads: at its top, and below <c>akka</c> those that are similar to known keys. Akka and its modules have many
/// keys, so others below <c>akka</c> cause no warning.
/// </summary>
internal static class StrayKeys
{
    // Sections of Akka's modules that are unknown to its core.
    private static readonly string[] Modules = ["mqtt", "remote", "cluster", "persistence", "stream", "streams", "discovery", "management", "hosting", "test"];

    /// <summary>Writes a line to stderr for each such key.</summary>
    /// <param name="config">The file.</param>
    /// <param name="text">The same, for lines.</param>
    /// <param name="file">Its name.</param>
    public static void Warn(Config config, HoconText text, string file)
    {
        foreach (var warning in Find(config, text, file))
            Console.Error.WriteLine($"akka-mqtt: {warning}");
    }

    private static IEnumerable<string> Find(Config config, HoconText text, string file)
    {
        if (config.Root is not { } root || !root.IsObject())
            yield break;
        var ours = Below(MqttServer.DefaultConfig(), MqttServerSettings.Section).Append("server").ToList();
        var known = Below(ConfigurationFactory.Default(), "akka").Concat(Modules).ToList();
        foreach (var key in root.GetObject().Items.Keys)
        {
            if (key != "akka" && !text.Refers(key))
                yield return $"{Place(key)}{key} is not used: settings are below akka.{Guess(key)}";
        }
        foreach (var key in Below(config, "akka"))
        {
            if (known.Contains(key))
                continue;
            var guess = ours.Contains(key) ? Guess(key) : Words.Suggestion(key, known);
            if (guess.Length > 0)
                yield return $"{Place($"akka.{key}")}akka.{key} is not used.{guess.Replace("mean mqtt?", "mean akka.mqtt?", StringComparison.Ordinal)}";
        }

        string Place(string path) => text.LineOf(path) is { } line ? $"{file}:{line}: " : $"{file}: ";

        string Guess(string key) => key == "mqtt" ? " Did you mean akka.mqtt?"
            : key == "server" ? " Did you mean akka.mqtt.server?"
            : ours.Contains(key) ? $" Did you mean {MqttServerSettings.Section}.{key}?"
            : Words.Suggestion(key, ["akka"]);
    }

    private static IReadOnlyCollection<string> Below(Config config, string section) =>
        config.HasPath(section) && config.GetValue(section) is { } value && value.IsObject() ? [.. value.GetObject().Items.Keys] : [];
}
