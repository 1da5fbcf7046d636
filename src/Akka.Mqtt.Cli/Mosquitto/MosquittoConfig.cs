using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>
/// Converts a mosquitto.conf to HOCON. An option without a counterpart causes a warning with its line, or an error if the server would be less safe without
/// it. Invalid values are errors. Used once.
/// </summary>
internal sealed class MosquittoConfig
{
    private readonly MosquittoListeners _listeners;
    private readonly Dictionary<string, string> _server = new(StringComparer.Ordinal);
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private readonly MosquittoBridges _bridges;
    private long _messageLimit;
    private long _packetLimit;

    private MosquittoConfig(bool perListener)
    {
        _listeners = new MosquittoListeners(perListener, Warnings);
        _bridges = new MosquittoBridges(Warnings);
    }

    public List<string> Warnings { get; } = [];

    /// <summary>Reads a file.</summary>
    /// <returns>HOCON under <c>akka.mqtt.server</c>, and a warning for each omitted option.</returns>
    public static (string Hocon, IReadOnlyList<string> Warnings) Read(string path)
    {
        var lines = MosquittoFile.Read(path);
        var config = new MosquittoConfig(lines.LastOrDefault(line => line.Option == "per_listener_settings") is { } perListener && MosquittoValues.Bool(perListener));
        foreach (var line in lines)
            config.Take(line);
        return (config.Render(), config.Warnings);
    }

    private void Take(MosquittoLine line)
    {
        if (_bridges.Take(line))
            return;
        if (MosquittoOptions.IsPluginOption(line.Option))
            throw line.Wrong("plugins cannot be loaded; it may decide who is let in");
        if (MosquittoOptions.Unsafe.TryGetValue(line.Option, out var danger))
        {
            if (!IsOff(line))
                throw line.Wrong(danger);
            return;
        }
        _bridges.Close();
        if (MosquittoOptions.Silent.Contains(line.Option))
            return;
        if (MosquittoOptions.Warned.TryGetValue(line.Option, out var reason))
        {
            // Options such as log_type occur on many lines.
            if (!IsOff(line) && _warned.Add(line.Option))
                Warnings.Add(line.Warning(reason));
            return;
        }
        if (line.Value.Length == 0)
            throw line.Wrong("it has no value");
        if (!TakeServer(line) && !_listeners.Take(line))
            throw line.Wrong("there is no such option");
    }

    /// <summary>An option that is switched off needs no counterpart.</summary>
    private static bool IsOff(MosquittoLine line) => line.Value is "false" or "0" || line is { Option: "log_dest", Value: "stderr" };

    private bool TakeServer(MosquittoLine line)
    {
        var (key, value) = line.Option switch
        {
            "max_inflight_messages" => ("max-inflight-messages", MosquittoValues.OrUnlimited(line, 65535, "65535")),
            "max_inflight_bytes" => ("max-inflight-bytes", MosquittoValues.Bytes(line, "1 TiB")),
            "max_queued_messages" => ("max-queued-messages", MosquittoValues.OrUnlimited(line, 10_000_000, "10000000")),
            "max_queued_bytes" => ("max-queued-bytes", MosquittoValues.Bytes(line, "1 TiB")),
            "memory_limit" => ("memory.limit", Memory(line)),
            "persistent_client_expiration" => ("max-session-expiry", MosquittoValues.Duration(line)),
            "retain_available" => ("retain-available", MosquittoValues.Switch(line)),
            "check_retain_source" => ("check-retain-source", MosquittoValues.Switch(line)),
            "upgrade_outgoing_qos" => ("upgrade-outgoing-qos", MosquittoValues.Switch(line)),
            "queue_qos0_messages" => ("queue-qos0-messages", MosquittoValues.Switch(line)),
            "allow_zero_length_clientid" => ("allow-empty-client-id", MosquittoValues.Switch(line)),
            "auto_id_prefix" => ("assigned-client-id-prefix", MosquittoValues.Quote(line.Value)),
            "max_keepalive" => ("max-keep-alive", MosquittoValues.Number(line, 0, 65535) is > 0 and var seconds ? $"{seconds} s" : "off"),
            "sys_interval" => ("sys-interval", MosquittoValues.Number(line, 0, 65535) is > 0 and var pause ? $"{pause} s" : "off"),
            _ => (null, ""),
        };
        if (key is null)
            return TakeSize(line);
        if (line.Option is "allow_zero_length_clientid" or "auto_id_prefix" && _server.TryGetValue(key, out var before) && before != value)
        {
            Warnings.Add(line.Warning($"it is one value for all listeners here: {before}"));
            return true;
        }
        _server[key] = value;
        // mosquitto announces it as its own Receive Maximum too; 0 announces none.
        if (line.Option == "max_inflight_messages")
            _server["receive-maximum"] = value;
        return true;
    }

    private bool TakeSize(MosquittoLine line)
    {
        switch (line.Option)
        {
            case "message_size_limit":
                _messageLimit = MosquittoValues.Number(line, 0, 268_435_455);
                return true;
            case "max_packet_size":
                _packetLimit = MosquittoValues.Number(line, 0, 268_435_455);
                if (_packetLimit is > 0 and < 20)
                    throw line.Wrong("a packet has 20 bytes at least");
                return true;
            case "per_listener_settings":
                return true;
            default:
                return false;
        }
    }

    /// <summary>In mosquitto it limits the heap of a small program, here the memory of the process with the runtime.</summary>
    private string Memory(MosquittoLine line)
    {
        const long Least = 256L << 20;
        var value = MosquittoValues.Number(line, 0, long.MaxValue);
        if (value == 0)
            return "off";
        if (value < Least)
            Warnings.Add(line.Warning("it is the memory of the process here: 256 MiB"));
        return MosquittoValues.Text(Math.Clamp(value, Least, 1L << 40));
    }

    /// <summary>Defaults of mosquitto that differ from those of this server.</summary>
    private void AddDefaults()
    {
        _server.TryAdd("max-session-expiry", "off");
        _server.TryAdd("check-retain-source", "off"); // unlike its manual, 2.0.11 checks only when this is set
        _server.TryAdd("allow-control-characters", "off");
        if (_packetLimit > 0)
            _server["connection.max-packet-size"] = MosquittoValues.Text(_packetLimit);
        if (_messageLimit == 0)
            return;
        _server["max-payload-size"] = MosquittoValues.Text(_messageLimit);
        if (_packetLimit == 0) // a message with an allowed payload and any topic must fit
            _server["connection.max-packet-size"] = MosquittoValues.Text(Math.Min(_messageLimit + (1 << 20), 268_435_455));
    }

    /// <summary>Options of a listener in mosquitto that apply to all listeners here.</summary>
    private void AddOfListeners()
    {
        Add("max_connections", "max-connections", null, values => values.Contains(null) ? null : Math.Min(10_000_000, values.Sum() ?? 0));
        Add("max_qos", "max-qos", 2, values => values.Max());
        Add("max_topic_alias", "topic-alias-maximum", 10, values => values.Max());

        void Add(string option, string key, long? missing, Func<List<long?>, long?> join)
        {
            var values = _listeners.All.Select(each => each.Limits.TryGetValue(option, out var limit) ? limit.Value : missing).ToList();
            if (_listeners.All.FirstOrDefault(each => each.Limits.ContainsKey(option)) is not { } first)
                return;
            var joined = join(values);
            if (joined is { } number)
                _server[key] = MosquittoValues.Text(number);
            // A sum of connection limits would be no limit of a listener.
            if (values.Distinct().Count() > 1 || (option == "max_connections" && values.Count > 1 && joined is not null))
                Warnings.Add(first.Limits[option].Line.Warning($"it is one value for all listeners here: {(joined is null ? "no limit" : joined)}"));
        }
    }

    private string Render()
    {
        _listeners.Complete();
        AddDefaults();
        AddOfListeners();
        var section = MqttServerSettings.Section;
        var lines = _listeners.Render().Concat(_bridges.Render()).Concat(_server.Select(each => $"{each.Key} = {each.Value}"));
        return string.Join('\n', lines.Select(line => $"{section}.{line}").Prepend($"{section}.listeners.tcp.enabled = off"));
    }
}
