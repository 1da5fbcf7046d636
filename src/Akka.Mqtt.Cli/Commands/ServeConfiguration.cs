using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Creates the configuration of a server: command line over file over reference. Unknown keys in our sections are errors. All errors are reported together.
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

    /// <summary>The configuration and the settings in it.</summary>
    /// <exception cref="CommandFailure">The configuration has errors: one message for each, with file and line if they are known.</exception>
    public static (Config Config, MqttServerSettings Settings) Read(ServeOptions options)
    {
        var own = Own(options);
        var text = options.File is { } file ? new HoconText(file, File.ReadAllText(file)) : null;
        var errors = new ServeErrors(options, text);
        if (text is not null)
            StrayKeys.Warn(own.File, text, options.File!);
        var reference = Reference(own.All, options);
        CheckKeys(own.All, reference, errors);
        while (true)
        {
            var config = own.All.WithFallback(reference);
            try
            {
                var settings = MqttServerSettings.Create(config);
                errors.Throw();
                return (config, settings);
            }
            catch (ConfigurationException error)
            {
                // The next error appears when the value is replaced by the default.
                if (!errors.Add(error.Message) || errors.PathOf(error.Message) is not { } path || !Remove(own.All, path))
                    errors.Throw();
            }
        }
    }

    public static Config Create(ServeOptions options)
    {
        var (all, _) = Own(options);
        var reference = Reference(all, options);
        var errors = new ServeErrors(options, null);
        CheckKeys(all, reference, errors);
        errors.Throw();
        return all.WithFallback(reference);
    }

    private static Config Reference(Config config, ServeOptions options)
    {
        var reference = MqttExt.ThroughputConfig().WithFallback(MqttServer.DefaultConfig()).WithFallback(MqttExt.DefaultConfig());
        return options.ClusterPort is not null || config.HasPath(ServeCluster.Section) ? reference.WithFallback(ServeCluster.Reference()) : reference;
    }

    /// <summary>The settings of the user over the fixed settings of this program; and the settings of the file alone.</summary>
    private static (Config All, Config File) Own(ServeOptions options)
    {
        var config = ConfigurationFactory.ParseString(Base);
        var file = Config.Empty;
        if (options.Mosquitto is not null)
            config = ReadMosquitto(options.Mosquitto).WithFallback(config);
        if (options.File is not null)
            config = (file = Read(options.File)).WithFallback(config);
        config = Parse("command line", Render(options)).WithFallback(config);
        foreach (var set in options.Sets)
            config = Set(set).WithFallback(config);
        return (ServeCluster.AddTo(options, config), file);
    }

    /// <summary>Removes a value.</summary>
    /// <returns>Whether there was one.</returns>
    private static bool Remove(Config config, string path)
    {
        var removed = false;
        var dot = path.LastIndexOf('.');
        for (var layer = config; layer is not null; layer = layer.Fallback)
        {
            if (layer.Root is not null && layer.HasPath(path) && layer.GetValue(path[..dot]) is { } parent && parent.IsObject())
                removed |= ((HoconObject)parent.GetObject()).Items.Remove(path[(dot + 1)..]);
        }
        return removed;
    }

    private static Config Read(string path)
    {
        string text;
        if (Directory.Exists(path))
            throw new CommandFailure($"{path} is a directory: give a file in HOCON.");
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

    private static void CheckKeys(Config config, Config reference, ServeErrors errors)
    {
        Check("akka.mqtt", "akka.mqtt");
        CheckAll(MqttServerSettings.Section);
        Check(MqttConnectionSettings.Section, MqttConnectionSettings.Section);
        Check(ServeCluster.Section, ServeCluster.Section);
        Check($"{MqttServerSettings.Section}.connection", MqttConnectionSettings.Section);
        foreach (var name in Keys(config, $"{MqttServerSettings.Section}.listeners", errors))
            Check($"{MqttServerSettings.Section}.listeners.{name}", $"{MqttServerSettings.Section}.listener-defaults");
        Check($"{MqttServerSettings.Section}.listener-defaults", $"{MqttServerSettings.Section}.listener-defaults");
        var bridges = Keys(config, $"{MqttServerSettings.Section}.bridges", errors).Select(name => $"bridges.{name}").Append("bridge-defaults");
        foreach (var bridge in bridges)
        {
            Check($"{MqttServerSettings.Section}.{bridge}", $"{MqttServerSettings.Section}.bridge-defaults");
            Check($"{MqttServerSettings.Section}.{bridge}.client", MqttClientSettings.Section);
        }

        void CheckAll(string section)
        {
            Check(section, section);
            foreach (var key in Keys(reference, section, errors))
            {
                if (key is not ("listeners" or "listener-defaults" or "bridges" or "bridge-defaults" or "connection") && reference.GetValue($"{section}.{key}").IsObject())
                    CheckAll($"{section}.{key}");
            }
        }

        void Check(string section, string known)
        {
            var allowed = Keys(reference, known, errors);
            foreach (var key in Keys(config, section, errors))
            {
                if (!allowed.Contains(key))
                    errors.Add($"{section}.{key} is not a setting.{Words.Suggestion(key, allowed)}");
            }
        }
    }

    private static HashSet<string> Keys(Config config, string section, ServeErrors errors)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var layer = config; layer is not null; layer = layer.Fallback)
        {
            if (layer.Root is null || !layer.HasPath(section))
                continue;
            var value = layer.GetValue(section);
            if (value is { } found && found.IsObject())
            {
                keys.UnionWith(((HoconObject)found.GetObject()).Items.Keys);
            }
            else if (value is not null && !value.IsEmpty)
            {
                errors.Add($"{section} is a section, not a value.");
                errors.Throw(); // settings cannot be read without it
            }
        }
        return keys;
    }
}
