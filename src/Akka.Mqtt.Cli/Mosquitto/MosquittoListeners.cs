using System.Globalization;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>The listeners of a mosquitto.conf: their addresses, their TLS and who may use them. Used once.</summary>
/// <param name="perListener">Whether <c>per_listener_settings</c> is on: security options then belong to the present listener.</param>
/// <param name="warnings">Receives a warning for each omitted option.</param>
internal sealed class MosquittoListeners(bool perListener, List<string> warnings)
{
    private static readonly string[] KeysOfAll = ["allow-anonymous", "password-file", "acl-file", "acl-mode"];

    private readonly List<MosquittoListener> _listeners = [];
    private readonly MosquittoListener _default = new("mosquitto");
    private readonly Dictionary<string, MosquittoLine> _global = new(StringComparer.Ordinal); // files that apply to all listeners
    private MosquittoListener? _last; // null while the default listener is the present one
    private bool _defaultNamed; // port or bind_address request the default listener
    private MosquittoLine? _anonymous;
    private string? _clientIdPrefix;

    private MosquittoListener Current => _last ?? _default;

    /// <summary>The listeners; after <see cref="Complete"/> at least one.</summary>
    public IReadOnlyList<MosquittoListener> All => _listeners;

    /// <summary>Reads an option of a listener.</summary>
    /// <returns>False when it is not one.</returns>
    public bool Take(MosquittoLine line) => TakeSecurity(line) || TakeListener(line);

    /// <summary>The file has been read: adds the default listener if it was requested, or if it is the only one.</summary>
    public void Complete()
    {
        if (_defaultNamed || _listeners.Count == 0)
            _listeners.Insert(0, _default);
        else if (_default.Lines.Values.FirstOrDefault() is { } lost)
            warnings.Add(lost.Warning("it is of the default listener, which is not there: it belongs after a listener"));
    }

    /// <summary>The keys of all listeners; call it after <see cref="Complete"/>.</summary>
    public IEnumerable<string> Render()
    {
        // [mosquitto.conf] Without a listener it accepts only clients on this machine, anonymous ones too.
        var isLocal = !_defaultNamed && _listeners.Count == 1 && ReferenceEquals(_listeners[0], _default);
        return _listeners.SelectMany(each => Render(each, isLocal));
    }

    private bool TakeSecurity(MosquittoLine line)
    {
        switch (line.Option)
        {
            case "allow_anonymous":
                if (perListener)
                    Put(Current, "allow-anonymous", MosquittoValues.Switch(line), line);
                else
                    _default.Keys["allow-anonymous"] = MosquittoValues.Switch(line);
                _anonymous = line;
                return true;
            case "password_file":
                PutForAll("password-file", line);
                return true;
            case "clientid_prefixes":
                _clientIdPrefix = line.Value;
                return true;
            case "acl_file":
                PutForAll("acl-file", line);
                (perListener ? Current : _default).Keys["acl-mode"] = "mosquitto";
                return true;
            default:
                return false;
        }
    }

    /// <summary>With <c>per_listener_settings</c> it belongs to the present listener, otherwise to all, at any place in the file.</summary>
    private void PutForAll(string key, MosquittoLine line)
    {
        if (perListener)
        {
            PutFile(Current, key, line);
            return;
        }
        if (_global.TryGetValue(key, out var first))
            throw line.Wrong($"it occurs twice; the first is {first.File}:{first.Number}");
        _global[key] = line;
        _default.Keys[key] = MosquittoValues.ReadableFile(line);
    }

    private bool TakeListener(MosquittoLine line)
    {
        switch (line.Option)
        {
            case "listener":
                Listen(line);
                return true;
            case "port":
                _default.Port = Port(line, line.Value);
                _default.First = line;
                _defaultNamed = true;
                return true;
            case "bind_address":
                // mosquitto applies it to the present listener too.
                Current.Address = line.Value;
                Current.First ??= line;
                Current.Lines["host"] = line;
                _defaultNamed |= ReferenceEquals(Current, _default);
                return true;
            case "bind_interface":
                Current.Interface = line;
                Current.Lines["host"] = line;
                return true;
            case "socket_domain":
                Current.IsIPv6 = line.Value switch
                {
                    "ipv4" => false,
                    "ipv6" => true,
                    _ => throw line.Wrong($"'{line.Value}' is neither ipv4 nor ipv6"),
                };
                Current.Lines["host"] = line;
                return true;
            case "max_connections":
                var most = MosquittoValues.Number(line, -1, int.MaxValue);
                Current.Limits[line.Option] = (line, most > 0 ? most : null);
                return true;
            case "max_qos":
                Current.Limits[line.Option] = (line, MosquittoValues.Number(line, 0, 2));
                return true;
            case "max_topic_alias":
                Current.Limits[line.Option] = (line, MosquittoValues.Number(line, 0, 65535));
                return true;
            case "protocol":
                Current.WebSockets = line.Value switch
                {
                    "mqtt" => false,
                    "websockets" => true,
                    _ => throw line.Wrong($"'{line.Value}' is neither mqtt nor websockets"),
                };
                Current.Lines["transport"] = line;
                return true;
            case "certfile":
                PutFile(Current, "cert-file", line);
                return true;
            case "keyfile":
                PutFile(Current, "key-file", line);
                return true;
            case "tls_keyform":
                if (line.Value != "pem")
                    throw line.Wrong("keys are read from PEM files");
                return true;
            case "cafile":
                PutFile(Current, "client-ca-file", line);
                return true;
            case "crlfile":
                PutFile(Current, "crl-file", line);
                return true;
            case "require_certificate":
                Current.RequireCertificate = MosquittoValues.Bool(line);
                return true;
            case "use_identity_as_username":
                if (MosquittoValues.Bool(line))
                    Put(Current, "use-identity-as-user-name", "cn", line);
                return true;
            case "use_subject_as_username":
                if (MosquittoValues.Bool(line) && Current.Keys.GetValueOrDefault("use-identity-as-user-name") != "cn") // which has priority
                    Put(Current, "use-identity-as-user-name", "subject", line);
                return true;
            case "use_username_as_clientid":
                Put(Current, "use-user-name-as-client-id", MosquittoValues.Switch(line), line);
                return true;
            case "tls_version":
                TakeTlsVersion(line);
                return true;
            case "mount_point":
                Put(Current, "mount-point", MosquittoValues.Quote(line.Value), line);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A file of a listener; a second one is an error in mosquitto too.</summary>
    private static void PutFile(MosquittoListener listener, string key, MosquittoLine line)
    {
        if (listener.Lines.TryGetValue(key, out var first))
            throw line.Wrong($"it occurs twice; the first is {first.File}:{first.Number}");
        Put(listener, key, MosquittoValues.ReadableFile(line), line);
    }

    private static void Put(MosquittoListener listener, string key, string value, MosquittoLine line)
    {
        listener.Keys[key] = value;
        listener.Lines[key] = line;
    }

    private void Listen(MosquittoLine line)
    {
        var parts = line.Value.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        _last = new MosquittoListener($"mosquitto-{_listeners.Count + 1}") { Port = Port(line, parts[0]), First = line };
        if (parts.Length > 1 && parts[0] == "0" && parts[1].StartsWith('/'))
            _last.UnixPath = parts[1];
        else if (parts.Length > 1)
            _last.Address = parts[1];
        _listeners.Add(_last);
    }

    private static string Port(MosquittoLine line, string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : throw line.Wrong($"'{text}' is not a port: 0 to 65535");

    private void TakeTlsVersion(MosquittoLine line)
    {
        switch (line.Value)
        {
            case "tlsv1.3":
                Put(Current, "min-tls-version", "\"1.3\"", line);
                break;
            case "tlsv1.2":
                Put(Current, "min-tls-version", "\"1.2\"", line);
                break;
            case "tlsv1.1" or "tlsv1":
                warnings.Add(line.Warning("TLS begins at 1.2 here"));
                break;
            default:
                throw line.Wrong($"'{line.Value}' is none of tlsv1.3 and tlsv1.2");
        }
    }

    private List<string> Render(MosquittoListener listener, bool isLocal)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        // Without per_listener_settings these are stored with the default listener, for all.
        foreach (var key in KeysOfAll)
        {
            if (!perListener && _default.Keys.TryGetValue(key, out var value))
                keys[key] = value;
        }
        foreach (var (key, value) in listener.Keys)
            keys[key] = value;
        if (_clientIdPrefix is not null)
            keys["client-id-prefixes"] = $"[{MosquittoValues.Quote(_clientIdPrefix)}]";
        keys.TryAdd("allow-anonymous", isLocal && _anonymous is null ? "on" : "off");
        var secure = Secure(listener, keys);
        keys["transport"] = listener.UnixPath is not null ? "unix" : (listener.WebSockets, secure) switch
        {
            (false, false) => "tcp",
            (false, true) => "tls",
            (true, false) => "ws",
            (true, true) => "wss",
        };
        if (listener.UnixPath is { } path)
        {
            keys["path"] = MosquittoValues.Quote(path);
        }
        else
        {
            keys["host"] = MosquittoValues.Quote(MosquittoAddress.Of(listener, isLocal));
            keys["port"] = listener.Port;
            if (listener.WebSockets)
                keys["path"] = "\"/{**any}\""; // mosquitto ignores the path
        }
        return [.. keys.Select(each => $"listeners.{listener.Name}.{each.Key} = {each.Value}")];
    }

    /// <summary>Whether a listener is TLS; <c>cafile</c> alone does not require client certificates, as in mosquitto.</summary>
    private bool Secure(MosquittoListener listener, Dictionary<string, string> keys)
    {
        var (hasCertificate, hasKey) = (keys.ContainsKey("cert-file"), keys.ContainsKey("key-file"));
        if (hasCertificate != hasKey)
            throw listener.Lines[hasCertificate ? "cert-file" : "key-file"].Wrong("certfile and keyfile go together");
        var needing = listener.Lines.GetValueOrDefault("crl-file");
        var identity = listener.Lines.GetValueOrDefault("use-identity-as-user-name");
        if (!hasCertificate)
        {
            if (identity is not null)
            {
                keys.Remove("use-identity-as-user-name");
                warnings.Add(identity.Warning("it has no effect without certfile and keyfile"));
            }
            if (listener.RequireCertificate || needing is not null || keys.ContainsKey("client-ca-file"))
                throw (needing ?? listener.Lines.GetValueOrDefault("client-ca-file") ?? listener.First!).Wrong("TLS needs certfile and keyfile");
            return false;
        }
        if (listener.RequireCertificate && !keys.ContainsKey("client-ca-file"))
            throw (listener.First ?? listener.Lines["cert-file"]).Wrong("require_certificate needs cafile");
        if (listener.RequireCertificate)
            return true;
        if (identity is not null)
        {
            // mosquitto then requests no certificate, and refuses clients without one.
            keys.Remove("use-identity-as-user-name");
            (keys["allow-anonymous"], keys["password-file"]) = ("off", "\"\"");
            warnings.Add(identity.Warning("without require_certificate true no client is asked for a certificate, and all are refused, as in mosquitto"));
        }
        keys.Remove("client-ca-file");
        keys.Remove("crl-file");
        return true;
    }
}
