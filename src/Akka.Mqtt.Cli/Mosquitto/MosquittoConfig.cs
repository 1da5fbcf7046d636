using System.Net;
using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Makes HOCON of a mosquitto.conf. What has no counterpart is a warning with its line; what would be less safe without it, and what is wrong,
/// is an error. Used once.
/// </summary>
internal sealed partial class MosquittoConfig
{
    private readonly Config _reference = MqttServer.DefaultConfig();
    private readonly List<MosquittoListener> _listeners = [];
    private readonly Dictionary<string, string> _server = new(StringComparer.Ordinal);
    private readonly MosquittoListener _default = new("mosquitto");
    private MosquittoListener _current;
    private bool _defaultNamed; // port or bind_address say that the default listener is wanted
    private bool _perListener;
    private bool _inBridge;
    private MosquittoLine? _anonymous;

    private MosquittoConfig() => _current = _default;

    public List<string> Warnings { get; } = [];

    /// <summary>Reads a file.</summary>
    /// <returns>HOCON under <c>akka.mqtt.server</c>, and a warning for each option that is left out.</returns>
    public static (string Hocon, IReadOnlyList<string> Warnings) Read(string path)
    {
        var config = new MosquittoConfig();
        var lines = MosquittoFile.Read(path);
        if (lines.LastOrDefault(line => line.Option == "per_listener_settings") is { } perListener)
            config._perListener = MosquittoValues.Bool(perListener);
        foreach (var line in lines)
            config.Take(line);
        return (config.Render(), config.Warnings);
    }

    private void Take(MosquittoLine line)
    {
        if (_inBridge && MosquittoOptions.Bridge.Contains(line.Option))
            return; // the bridge has had its warning
        if (MosquittoOptions.IsPluginOption(line.Option))
            throw line.Wrong("plugins cannot be loaded; it may decide who is let in");
        if (MosquittoOptions.Unsafe.TryGetValue(line.Option, out var danger))
        {
            // Said to be off, it asks for nothing.
            if (line.Value is not "false")
                throw line.Wrong(danger);
            return;
        }
        _inBridge = line.Option == "connection";
        if (MosquittoOptions.Silent.Contains(line.Option))
            return;
        if (MosquittoOptions.Warned.TryGetValue(line.Option, out var reason))
        {
            if (line.Value is not "false")
                Warnings.Add(line.Warning(reason));
            return;
        }
        if (line.Value.Length == 0)
            throw line.Wrong("it has no value");
        if (!TakeServer(line) && !TakeSecurity(line) && !TakeListener(line))
            throw line.Wrong("there is no such option");
    }

    private bool TakeServer(MosquittoLine line)
    {
        var (key, value) = line.Option switch
        {
            "max_inflight_messages" => ("max-inflight-messages", MosquittoValues.OrUnlimited(line, 65535, "65535")),
            "max_queued_messages" => ("max-queued-messages", MosquittoValues.OrUnlimited(line, 10_000_000, "10000000")),
            "max_queued_bytes" => ("max-queued-bytes", Bytes(line, 1024, "1 TiB")),
            "message_size_limit" or "max_packet_size" => ("connection.max-packet-size", Bytes(line, 20, "268435455")),
            "memory_limit" => ("memory.limit", Bytes(line, 1 << 20, "off")),
            "persistent_client_expiration" => ("max-session-expiry", MosquittoValues.Duration(line)),
            "retain_available" => ("retain-available", MosquittoValues.Switch(line)),
            "check_retain_source" => ("check-retain-source", MosquittoValues.Switch(line)),
            "upgrade_outgoing_qos" => ("upgrade-outgoing-qos", MosquittoValues.Switch(line)),
            "queue_qos0_messages" => ("queue-qos0-messages", MosquittoValues.Switch(line)),
            "allow_zero_length_clientid" => ("allow-empty-client-id", MosquittoValues.Switch(line)),
            "max_keepalive" => ("max-keep-alive", MosquittoValues.Number(line, 0, 65535) is > 0 and var seconds ? $"{seconds} s" : "off"),
            "sys_interval" => ("sys-interval", MosquittoValues.Number(line, 0, 65535) is > 0 and var pause ? $"{pause} s" : "off"),
            // Of a listener there, of the server here.
            "max_connections" => ("max-connections", MosquittoValues.Number(line, -1, int.MaxValue) is > 0 and var most
                ? MosquittoValues.Text(Math.Min(most, 10_000_000)) : "10000000"),
            "max_qos" => ("max-qos", MosquittoValues.Text(MosquittoValues.Number(line, 0, 2))),
            "max_topic_alias" => ("topic-alias-maximum", MosquittoValues.Text(MosquittoValues.Number(line, 0, 65535))),
            "per_listener_settings" => ("", ""),
            _ => (null, ""),
        };
        if (key is null)
            return false;
        if (key.Length == 0)
            return true;
        // The connection's keys are not in this file of defaults, but they are there.
        if (!key.StartsWith("connection.", StringComparison.Ordinal) && !_reference.HasPath($"{MqttServerSettings.Section}.{key}"))
        {
            if (value is not "off")
                Warnings.Add(line.Warning("it is not available"));
        }
        else if (_server.TryGetValue(key, out var before) && before != value && line.Option is "max_connections" or "max_qos" or "max_topic_alias")
        {
            Warnings.Add(line.Warning($"it is one value for all listeners here: {before}"));
        }
        else
        {
            _server[key] = value;
        }
        return true;
    }

    private static string Bytes(MosquittoLine line, long min, string unlimited)
    {
        var value = MosquittoValues.Number(line, 0, long.MaxValue);
        return value == 0 ? unlimited : MosquittoValues.Text(Math.Clamp(value, min, unlimited == "268435455" ? 268_435_455 : 1L << 40));
    }

    private string Render()
    {
        var lines = new List<string>();
        if (_defaultNamed || _listeners.Count == 0)
            _listeners.Insert(0, _default);
        else if (_default.Lines.Values.FirstOrDefault() is { } lost)
            Warnings.Add(lost.Warning("it is of the default listener, which is not there: it belongs after a listener"));
        // [mosquitto.conf] Without a listener it serves this machine, and anonymously.
        var isLocal = !_defaultNamed && _listeners.Count == 1 && ReferenceEquals(_listeners[0], _default);
        foreach (var listener in _listeners)
            lines.AddRange(Render(listener, isLocal));
        lines.AddRange(_server.Select(each => $"{each.Key} = {each.Value}"));
        var section = MqttServerSettings.Section;
        return string.Join('\n', lines.Select(line => $"{section}.{line}").Prepend($"{section}.listeners.tcp.enabled = off"));
    }

    private static string HostOf(MosquittoListener listener, bool isLocal)
    {
        if (listener.Address is not { } address)
            return isLocal ? "127.0.0.1" : "0.0.0.0";
        if (address == "localhost")
            return "127.0.0.1";
        if (IPAddress.TryParse(address, out var ip))
            return ip.ToString();
        try
        {
            return Dns.GetHostAddresses(address) is [var first, ..] ? first.ToString() : throw listener.First!.Wrong($"{address} has no address");
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw listener.First!.Wrong($"{address} has no address: {error.Message}");
        }
    }
}
