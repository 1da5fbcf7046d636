using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Makes the configuration of a server: command line over file over reference. Every key of ours must be one that exists.
/// </summary>
internal static partial class ServeConfiguration
{
    internal const string Base = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = ["Akka.Mqtt.Cli.StandardErrorLogger, akka-mqtt"]
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        """;

    /// <summary>The configuration and the settings in it. Errors in the file name its line.</summary>
    public static (Config Config, MqttServerSettings Settings) Read(ServeOptions options)
    {
        try
        {
            var config = Create(options);
            return (config, MqttServerSettings.Create(config));
        }
        catch (Exception error) when (options.File is { } file && error is ConfigurationException or CommandFailure && File.Exists(options.File))
        {
            var set = options.Sets.Select(each => $"{MqttServerSettings.Section}.{each.Split('=')[0].Trim()}");
            throw new HoconText(file, File.ReadAllText(file)).LineOf(error.Message, set) is { } line ? new CommandFailure($"{file}:{line}: {error.Message}") : error;
        }
    }

    public static Config Create(ServeOptions options)
    {
        var config = ConfigurationFactory.ParseString(Base);
        if (options.Mosquitto is not null)
            config = ReadMosquitto(options.Mosquitto).WithFallback(config);
        if (options.File is not null)
            config = Read(options.File).WithFallback(config);
        config = Parse("command line", Render(options)).WithFallback(config);
        foreach (var set in options.Sets)
            config = Set(set).WithFallback(config);
        var reference = MqttExt.ThroughputConfig().WithFallback(MqttServer.DefaultConfig()).WithFallback(MqttExt.DefaultConfig());
        CheckKeys(config, reference);
        return config.WithFallback(reference);
    }

    private static Config Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {path}: {error.Message}");
        }
        new HoconText(path, text).Check();
        return Parse(path, text);
    }

    private static Config ReadMosquitto(string path)
    {
        var (hocon, warnings) = MosquittoConfig.Read(path);
        foreach (var warning in warnings)
            Console.Error.WriteLine($"akka-mqtt: {warning}");
        return Parse(path, hocon);
    }

    private static Config Parse(string what, string text)
    {
        try
        {
            return ConfigurationFactory.ParseString(text.Trim().Length == 0 ? "{}" : text);
        }
        catch (Exception error) // the parser throws various types
        {
            // Akka's: "Unknown token at position 86:" and then all of the text.
            var match = Position().Match(error.Message);
            if (int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= text.Length)
                throw new CommandFailure($"{what}:{1 + text.AsSpan(0, at).Count('\n')}: this is not valid HOCON: {match.Groups[1].Value}");
            throw new CommandFailure($"{what} is not valid HOCON: {error.Message}");
        }
    }

    [GeneratedRegex(@"^(.*) at position (\d+):")]
    private static partial Regex Position();

    private static string Render(ServeOptions options)
    {
        var lines = new List<string>();
        if (options.Mosquitto is not null && (options.Host ?? (object?)options.Port) is not null)
            lines.Add($"{MqttServerSettings.Section}.listeners.tcp.enabled = on"); // besides the listeners of the file
        void Add(string path, object? value)
        {
            if (value is not null)
                lines.Add($"{MqttServerSettings.Section}.listeners.{path} = {Quote(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
        }
        Add("tcp.host", options.Host);
        Add("tcp.port", options.Port);
        if (options.WebSocketPort is not null)
        {
            Add("ws.transport", "ws");
            Add("ws.host", options.Host);
            Add("ws.port", options.WebSocketPort);
        }
        if (options.TlsPort is not null)
        {
            if (options.Certificate is null || options.Key is null)
                throw new CommandFailure("--tls-port needs --cert and --key.");
            Add("tls.transport", "tls");
            Add("tls.host", options.Host);
            Add("tls.port", options.TlsPort);
            Add("tls.cert-file", options.Certificate);
            Add("tls.key-file", options.Key);
            Add("tls.client-ca-file", options.ClientAuthority);
        }
        else if (options.Certificate is not null || options.Key is not null || options.ClientAuthority is not null)
        {
            throw new CommandFailure("--cert, --key and --client-ca belong to --tls-port.");
        }
        if (options.LogLevel is not null)
            lines.Add($"akka.loglevel = {options.LogLevel.ToUpperInvariant()}");
        return string.Join('\n', lines);
    }

    private static Config Set(string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new CommandFailure($"--set {assignment} is not of the form path=value.");
        var path = assignment[..equals].Trim();
        var value = assignment[(equals + 1)..].Trim();
        return Parse($"--set {assignment}", $"{MqttServerSettings.Section}.{path} = {(value.Length == 0 ? "\"\"" : value)}");
    }

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static void CheckKeys(Config config, Config reference)
    {
        CheckKeys(config, reference, "akka.mqtt", "akka.mqtt");
        CheckKeys(config, reference, MqttServerSettings.Section, MqttServerSettings.Section);
        CheckKeys(config, reference, MqttConnectionSettings.Section, MqttConnectionSettings.Section);
        CheckKeys(config, reference, $"{MqttServerSettings.Section}.connection", MqttConnectionSettings.Section);
        foreach (var name in Keys(config, $"{MqttServerSettings.Section}.listeners"))
            CheckKeys(config, reference, $"{MqttServerSettings.Section}.listeners.{name}", $"{MqttServerSettings.Section}.listener-defaults");
        CheckKeys(config, reference, $"{MqttServerSettings.Section}.listener-defaults", $"{MqttServerSettings.Section}.listener-defaults");
    }

    private static void CheckKeys(Config config, Config reference, string section, string known)
    {
        var allowed = Keys(reference, known);
        foreach (var key in Keys(config, section))
        {
            if (!allowed.Contains(key))
                throw new CommandFailure($"{section}.{key} is not a setting.{Words.Suggestion(key, allowed)}");
        }
    }

    private static HashSet<string> Keys(Config config, string section)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var layer = config; layer is not null; layer = layer.Fallback)
        {
            if (layer.Root is null || !layer.HasPath(section))
                continue;
            var value = layer.GetValue(section);
            if (value is { } found && found.IsObject())
                keys.UnionWith(((HoconObject)found.GetObject()).Items.Keys);
            else if (value is not null && !value.IsEmpty)
                throw new CommandFailure($"{section} is a section, not a value.");
        }
        return keys;
    }
}
