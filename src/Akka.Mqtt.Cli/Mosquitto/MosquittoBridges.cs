using System.Globalization;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>The bridges of a mosquitto.conf: each starts with <c>connection</c>. Used once.</summary>
/// <param name="warnings">Receives a warning for each omitted option.</param>
internal sealed class MosquittoBridges(List<string> warnings)
{
    private readonly List<Bridge> _bridges = [];
    private bool _isOpen; // whether the present option may belong to a bridge

    /// <summary>An option outside bridges was read: the following ones are outside too.</summary>
    public void Close() => _isOpen = false;

    /// <summary>Reads an option of a bridge.</summary>
    /// <param name="line">The option.</param>
    /// <returns>False when it is not one.</returns>
    public bool Take(MosquittoLine line)
    {
        if (line.Option == "connection")
        {
            if (line.Value.Length == 0 || _bridges.Any(each => each.Name == line.Value))
                throw line.Wrong(line.Value.Length == 0 ? "it has no name" : $"there are two with the name {line.Value}");
            _bridges.Add(new Bridge(line));
            return _isOpen = true;
        }
        if (!_isOpen || !MosquittoOptions.Bridge.Contains(line.Option))
            return false;
        Take(_bridges[^1], line);
        return true;
    }

    /// <summary>The keys of all bridges.</summary>
    /// <returns>Lines of HOCON below the section of the server.</returns>
    public IEnumerable<string> Render() => _bridges.SelectMany(Render);

    private void Take(Bridge bridge, MosquittoLine line)
    {
        if (MosquittoOptions.BridgeUnsafe.TryGetValue(line.Option, out var danger))
        {
            if (line.Value is not "false")
                throw line.Wrong(danger);
            return;
        }
        if (MosquittoOptions.BridgeWarned.TryGetValue(line.Option, out var reason))
        {
            warnings.Add(line.Warning(reason));
            return;
        }
        if (line.Value.Length == 0)
            throw line.Wrong("it has no value");
        switch (line.Option)
        {
            case "address" or "addresses":
                bridge.Addresses.AddRange(line.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
                break;
            case "topic":
                bridge.Topics.Add(Topic(line));
                break;
            case "start_type":
                if (line.Value is not "automatic")
                    throw line.Wrong($"'{line.Value}' is not available: a bridge connects at start and stays connected");
                break;
            case "restart_timeout":
                RestartTimeout(bridge, line);
                break;
            case "notifications":
                bridge.Notifies = MosquittoValues.Bool(line);
                break;
            case "notifications_local_only":
                bridge.NotifiesLocally = MosquittoValues.Bool(line);
                break;
            default:
                var (key, value) = KeyOf(line);
                bridge.Keys[key] = value;
                bridge.IsSecure |= line.Option is "bridge_cafile" or "bridge_certfile" or "bridge_keyfile" or "bridge_tls_version" or "bridge_alpn";
                break;
        }
    }

    private static (string Key, string Value) KeyOf(MosquittoLine line) => line.Option switch
    {
        "remote_clientid" or "clientid" => ("client.client-id", MosquittoValues.Quote(line.Value)),
        "remote_username" or "username" => ("user-name", MosquittoValues.Quote(line.Value)),
        "remote_password" or "password" => ("password", MosquittoValues.Quote(line.Value)),
        "cleansession" => ("client.clean-start", MosquittoValues.Switch(line)),
        "local_cleansession" => ("local-clean-start", MosquittoValues.Switch(line)),
        "keepalive_interval" => ("client.keep-alive", $"{MosquittoValues.Number(line, 5, 65535)} s"),
        "try_private" => ("try-private", MosquittoValues.Switch(line)),
        "notification_topic" => ("notification-topic", MosquittoValues.Quote(line.Value)),
        "bridge_outgoing_retain" => ("outgoing-retain", MosquittoValues.Switch(line)),
        "bridge_protocol_version" => ("client.version", line.Value switch
        {
            "mqttv31" => "\"3.1\"",
            "mqttv311" => "\"3.1.1\"",
            "mqttv50" => "\"5.0\"",
            _ => throw line.Wrong($"'{line.Value}' is none of mqttv31, mqttv311 and mqttv50"),
        }),
        "bridge_cafile" => ("ca-file", MosquittoValues.ReadableFile(line)),
        "bridge_certfile" => ("cert-file", MosquittoValues.ReadableFile(line)),
        "bridge_keyfile" => ("key-file", MosquittoValues.ReadableFile(line)),
        "bridge_insecure" => ("check-host-name", MosquittoValues.Bool(line) ? "off" : "on"),
        "bridge_max_topic_alias" => ("client.topic-aliases", MosquittoValues.Text(MosquittoValues.Number(line, 0, 65535))),
        "bridge_receive_maximum" => ("client.receive-maximum", MosquittoValues.Text(MosquittoValues.Number(line, 1, 65535))),
        "bridge_session_expiry_interval" => ("client.session-expiry", $"{MosquittoValues.Number(line, 0, uint.MaxValue)} s"),
        _ => throw line.Wrong("there is no such option of a bridge"),
    };

    /// <summary><c>restart_timeout base cap</c>, or one constant: here the wait is random up to this value.</summary>
    private static void RestartTimeout(Bridge bridge, MosquittoLine line)
    {
        var parts = line.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var first = Seconds(parts[0]);
        var longest = parts.Length > 1 ? Seconds(parts[1]) : first;
        if (parts.Length > 2 || longest < first)
            throw line.Wrong($"'{line.Value}' is neither a number nor two, the smaller one first");
        bridge.Keys["client.first-wait"] = $"{first} s";
        bridge.Keys["client.longest-wait"] = $"{longest} s";

        int Seconds(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 86400
            ? value
            : throw line.Wrong($"'{text}' is not a number from 1 to 86400");
    }

    /// <summary><c>topic pattern [[[out | in | both] qos-level] local-prefix remote-prefix]</c>; <c>""</c> is an empty word.</summary>
    private static string Topic(MosquittoLine line)
    {
        var words = line.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 5)
            throw line.Wrong("it has more than pattern, direction, QoS, local prefix and remote prefix");
        var direction = words.Length > 1 ? words[1] : "out";
        if (direction is not ("out" or "in" or "both"))
            throw line.Wrong($"'{direction}' is none of out, in and both");
        var qos = words.Length > 2 ? words[2] : "0";
        if (qos is not ("0" or "1" or "2"))
            throw line.Wrong($"'{qos}' is none of 0, 1 and 2");
        return $"{{ filter = {Text(0)}, direction = {direction}, qos = {qos}, local-prefix = {Text(3)}, remote-prefix = {Text(4)} }}";

        string Text(int at) => MosquittoValues.Quote(words.Length > at && words[at] != "\"\"" ? words[at] : "");
    }

    private static IEnumerable<string> Render(Bridge bridge)
    {
        if (bridge.Addresses.Count == 0)
            throw bridge.First.Wrong("it has no address");
        if (bridge.Topics.Count == 0)
            throw bridge.First.Wrong("it has no topic");
        var section = $"bridges.{MosquittoValues.Quote(bridge.Name)}";
        var scheme = bridge.IsSecure ? "mqtts" : "mqtt";
        bridge.Keys.TryAdd("client.version", "\"3.1.1\""); // mosquitto's default
        bridge.Keys.TryAdd("client.keep-alive", "60 s");
        bridge.Keys.TryAdd("client.first-wait", "5 s");
        bridge.Keys.TryAdd("client.longest-wait", "30 s");
        bridge.Keys["client.servers"] = $"[{string.Join(", ", bridge.Addresses.Select(each => MosquittoValues.Quote($"{scheme}://{each}")))}]";
        bridge.Keys["topics"] = $"[{string.Join(", ", bridge.Topics)}]";
        bridge.Keys["notifications"] = (bridge.Notifies, bridge.NotifiesLocally) switch
        {
            (false, _) => "off",
            (true, true) => "local",
            (true, false) => "both",
        };
        return bridge.Keys.Select(each => $"{section}.{each.Key} = {each.Value}");
    }

    private sealed class Bridge(MosquittoLine first)
    {
        public MosquittoLine First => first;

        public string Name => first.Value;

        public List<string> Addresses { get; } = [];

        public List<string> Topics { get; } = [];

        public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

        public bool IsSecure { get; set; }

        public bool Notifies { get; set; } = true;

        public bool NotifiesLocally { get; set; }
    }
}
