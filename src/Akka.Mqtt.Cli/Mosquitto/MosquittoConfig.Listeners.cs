using System.Globalization;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>Listeners, their TLS and who may use them.</summary>
internal sealed partial class MosquittoConfig
{
    private bool TakeSecurity(MosquittoLine line)
    {
        switch (line.Option)
        {
            case "allow_anonymous":
                if (_perListener)
                    Put(_current, "allow-anonymous", MosquittoValues.Switch(line), line);
                else
                    _default.Keys["allow-anonymous"] = MosquittoValues.Switch(line);
                _anonymous = line;
                return true;
            case "password_file":
                PutForAll("password-file", line);
                return true;
            case "acl_file":
                PutForAll("acl-file", line);
                (_perListener ? _current : _default).Keys["acl-mode"] = "mosquitto";
                return true;
            default:
                return false;
        }
    }

    /// <summary>Of the listener at hand with <c>per_listener_settings</c>, of all without, wherever it stands.</summary>
    private void PutForAll(string key, MosquittoLine line)
    {
        if (_perListener)
        {
            PutFile(_current, key, line);
            return;
        }
        if (_global.TryGetValue(key, out var first))
            throw line.Wrong($"it is there twice; the first is {first.File}:{first.Number}");
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
                // mosquitto takes it for the listener at hand too.
                _current.Address = line.Value;
                _current.First ??= line;
                _current.Lines["host"] = line;
                _defaultNamed |= ReferenceEquals(_current, _default);
                return true;
            case "bind_interface":
                _current.Interface = line;
                _current.Lines["host"] = line;
                return true;
            case "socket_domain":
                _current.IsIPv6 = line.Value switch
                {
                    "ipv4" => false,
                    "ipv6" => true,
                    _ => throw line.Wrong($"'{line.Value}' is neither ipv4 nor ipv6"),
                };
                _current.Lines["host"] = line;
                return true;
            case "max_connections":
                var most = MosquittoValues.Number(line, -1, int.MaxValue);
                _current.Limits[line.Option] = (line, most > 0 ? most : null);
                return true;
            case "max_qos":
                _current.Limits[line.Option] = (line, MosquittoValues.Number(line, 0, 2));
                return true;
            case "max_topic_alias":
                _current.Limits[line.Option] = (line, MosquittoValues.Number(line, 0, 65535));
                return true;
            case "protocol":
                _current.WebSockets = line.Value switch
                {
                    "mqtt" => false,
                    "websockets" => true,
                    _ => throw line.Wrong($"'{line.Value}' is neither mqtt nor websockets"),
                };
                _current.Lines["transport"] = line;
                return true;
            case "certfile":
                PutFile(_current, "cert-file", line);
                return true;
            case "keyfile":
                PutFile(_current, "key-file", line);
                return true;
            case "tls_keyform":
                if (line.Value != "pem")
                    throw line.Wrong("keys are read from PEM files");
                return true;
            case "cafile":
                PutFile(_current, "client-ca-file", line);
                return true;
            case "crlfile":
                PutFile(_current, "crl-file", line);
                return true;
            case "require_certificate":
                _current.RequireCertificate = MosquittoValues.Bool(line);
                return true;
            case "use_identity_as_username":
                if (MosquittoValues.Bool(line))
                    Put(_current, "use-identity-as-user-name", "cn", line);
                return true;
            case "use_subject_as_username":
                if (MosquittoValues.Bool(line) && _current.Keys.GetValueOrDefault("use-identity-as-user-name") != "cn") // which goes first
                    Put(_current, "use-identity-as-user-name", "subject", line);
                return true;
            case "use_username_as_clientid":
                Put(_current, "use-user-name-as-client-id", MosquittoValues.Switch(line), line);
                return true;
            case "tls_version":
                TakeTlsVersion(line);
                return true;
            case "mount_point":
                Put(_current, "mount-point", MosquittoValues.Quote(line.Value), line);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A file of a listener; a second one is an error in mosquitto too.</summary>
    private static void PutFile(MosquittoListener listener, string key, MosquittoLine line)
    {
        if (listener.Lines.TryGetValue(key, out var first))
            throw line.Wrong($"it is there twice; the first is {first.File}:{first.Number}");
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
        _current = new MosquittoListener($"mosquitto-{_listeners.Count + 1}") { Port = Port(line, parts[0]), First = line };
        if (parts.Length > 1 && parts[0] == "0" && parts[1].StartsWith('/'))
            _current.UnixPath = parts[1];
        else if (parts.Length > 1)
            _current.Address = parts[1];
        _listeners.Add(_current);
    }

    private static string Port(MosquittoLine line, string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : throw line.Wrong($"'{text}' is not a port: 0 to 65535");

    private void TakeTlsVersion(MosquittoLine line)
    {
        switch (line.Value)
        {
            case "tlsv1.3":
                Put(_current, "min-tls-version", "\"1.3\"", line);
                break;
            case "tlsv1.2":
                Put(_current, "min-tls-version", "\"1.2\"", line);
                break;
            case "tlsv1.1" or "tlsv1":
                Warnings.Add(line.Warning("TLS begins at 1.2 here"));
                break;
            default:
                throw line.Wrong($"'{line.Value}' is none of tlsv1.3 and tlsv1.2");
        }
    }

    private List<string> Render(MosquittoListener listener, bool isLocal)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        // Without per_listener_settings these stand with the default listener, for all.
        foreach (var key in (string[])["allow-anonymous", "password-file", "acl-file", "acl-mode"])
        {
            if (!_perListener && _default.Keys.TryGetValue(key, out var value))
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
                keys["path"] = "\"/{**any}\""; // mosquitto looks at no path
        }
        return [.. keys.Select(each => $"listeners.{listener.Name}.{each.Key} = {each.Value}")];
    }

    /// <summary>Whether a listener is TLS; <c>cafile</c> alone asks nobody for a certificate, as in mosquitto.</summary>
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
                Warnings.Add(identity.Warning("it has no effect without certfile and keyfile"));
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
            // There nobody is asked for a certificate, and whoever has none is refused.
            keys.Remove("use-identity-as-user-name");
            (keys["allow-anonymous"], keys["password-file"]) = ("off", "\"\"");
            Warnings.Add(identity.Warning("without require_certificate true no client is asked for a certificate, and all are refused, as in mosquitto"));
        }
        keys.Remove("client-ca-file");
        keys.Remove("crl-file");
        return true;
    }
}
