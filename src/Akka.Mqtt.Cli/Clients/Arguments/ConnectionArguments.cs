using System.Globalization;
using Akka.Mqtt.Protocol;
using static Akka.Mqtt.Cli.Clients.Arguments.ArgumentRule;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The connection options. All client commands have them.</summary>
internal static class ConnectionArguments
{
    private const ClientKind All = ClientKind.All;

    public static IReadOnlyList<ArgumentRule> Rules { get; } =
    [
        Of("-h --host", "host", All, "Connect to this host. Default: localhost.", (options, value) => options with { Host = value }),
        Of("-p --port", "number", All, "Connect to this port. Default: 1883, with TLS 8883, with --ws 80 or 443.", (options, value) => options with { Port = Number("-p", value, 1, 65535) }),
        Of("-L --url", "url", All, "Connect to this server: mqtt[s]://[user[:password]@]host[:port]/topic.", ClientUrl.Apply),
        Of("--unix", "path", All, "Connect through this unix socket.", (options, value) => options with { Unix = value }),
        Of("--ws", "path", All, "Connect by WebSocket to this path, for example /mqtt.", (options, value) => options with { WebSocketPath = value }),
        Of("-A", "address", All, "Connect from this local address.", (options, value) => options with { BindAddress = value }),
        Of("-i --id", "text", All, "Use this client identifier. Default: the server chooses one (5.0), or a random one.", (options, value) => options with { ClientId = value }),
        Of("-I --id-prefix", "text", All, "Use this text and the process id as client identifier; with --queue this text and 12 digits that depend on the machine and the file.", (options, value) => options with { ClientIdPrefix = value }),
        Of("-u --username", "name", All, "Log in with this user name.", (options, value) => options with { UserName = value }),
        Of("-P --pw", "password", All, "Log in with this password. Others can see it in the list of processes; a config file hides it.", (options, value) => options with { Password = value }),
        Of("-k --keepalive", "seconds", All, "Send a PINGREQ after this time. Default: 60. Range: 5 to 65535.", (options, value) => options with { KeepAlive = (ushort)Number("-k", value, 5, 65535) }),
        Flag("-c --disable-clean-session", All, "Resume the session of this client identifier, and keep it after the end.", options => options with { CleanStart = false }),
        Of("-x --session-expiry-interval", "seconds", All, "Keep the session for this time after the end (5.0). -1 or ∞ for ever. Default: 0, with -c -1.", (options, value) => options with { SessionExpiry = Expiry(value) }),
        Of("-V --protocol-version", "version", All, "Use this version of MQTT: 5, 311 or 31, also mqttv5, mqttv311, mqttv31. Default: 311, for rr 5.", (options, value) => options with { Version = Version(value) }),
        Of("--will-topic", "topic", All, "Let the server publish a will to this topic when the connection is lost.", (options, value) => Will(options, will => will with { Topic = Topic("--will-topic", value) })),
        Of("--will-payload", "text", All, "The payload of the will. Default: empty.", (options, value) => Will(options, will => will with { Payload = MqttBinary.FromText(value) })),
        Of("--will-qos", "qos", All, "The QoS of the will. Default: 0.", (options, value) => Will(options, will => will with { QoS = QoS("--will-qos", value) })),
        Flag("--will-retain", All, "Let the server retain the will.", options => Will(options, will => will with { Retain = true })),
        Of("--cafile", "file", All, "Use TLS and trust the authorities in this PEM file.", (options, value) => options with { Tls = options.Tls with { AuthorityFile = value } }),
        Of("--capath", "directory", All, "Use TLS and trust the authorities in the .crt and .pem files of this directory.", (options, value) => options with { Tls = options.Tls with { AuthorityDirectory = value } }),
        Flag("--tls-use-os-certs", All, "Use TLS and trust the authorities of the system.", options => options with { Tls = options.Tls with { SystemAuthorities = true } }),
        Of("--cert", "file", All, "Send the server the certificate in this PEM file.", (options, value) => options with { Tls = options.Tls with { Certificate = value } }),
        Of("--key", "file", All, "The private key of the certificate, in PEM.", (options, value) => options with { Tls = options.Tls with { Key = value } }),
        Of("--tls-version", "version", All, "Use this version of TLS: tlsv1.3, tlsv1.2 or tlsv1.1. Default: the system chooses.", (options, value) => options with { Tls = options.Tls with { Version = TlsVersion(value) } }),
        Of("--tls-alpn", "protocol", All, "Offer this protocol to a server that has several on one port.", (options, value) => options with { Tls = options.Tls with { Alpn = value } }),
        Flag("--insecure", All, "DANGEROUS: do not check the host name of the server's certificate. For experiments only.", options => options with { Tls = options.Tls with { AnyHost = true } }),
        Flag("--nodelay", All, "Accepted and without effect: messages are never delayed by Nagle's algorithm.", options => options),
        Of("-D --property", "command name value", All, "Send this property of MQTT 5.0, for example -D publish user-property key value. Can be repeated.", (options, _) => options),
        Flag("-d --debug", All, "Write each packet to stderr.", options => options with { Debug = true }),
        Flag("--quiet", All, "Write no errors but those of the command line.", options => options with { Quiet = true }),
        Refused("-S", null, "SRV records are not looked up. Give host and port with -h and -p."),
        Refused("--proxy", "url", "connections through a SOCKS proxy are not made. An ssh tunnel (ssh -L) does the same."),
        Refused("--psk", "key", ".NET has no TLS with pre-shared keys. Use certificates: --cafile."),
        Refused("--psk-identity", "name", ".NET has no TLS with pre-shared keys. Use certificates: --cafile."),
        Refused("--ciphers", "list", "the system chooses the ciphers; --tls-version bounds them."),
        Refused("--tls-engine", "engine", ".NET has no OpenSSL engines. Give the key as a PEM file: --key."),
        Refused("--tls-engine-kpass-sha1", "hash", ".NET has no OpenSSL engines. Give the key as a PEM file: --key."),
        Of("--keyform", "form", All, "", (options, value) => value == "pem" ? options : throw new CommandFailure("--keyform: only pem is supported, .NET has no OpenSSL engines.")),
    ];

    /// <summary>Checks for options that exclude each other.</summary>
    /// <exception cref="CommandFailure">Options exclude each other, or one needs another.</exception>
    public static void Check(ClientOptions options)
    {
        var version = options.Version;
        if (options is { ClientId: not null, ClientIdPrefix: not null })
            throw new CommandFailure("-i and -I exclude each other.");
        if (options.Will is { Topic: "" })
            throw new CommandFailure("--will-payload, --will-qos, --will-retain and -D will need --will-topic.");
        if ((options.Tls.Certificate is null) != (options.Tls.Key is null))
            throw new CommandFailure("--cert and --key go together.");
        if (options is { Unix: not null, WebSocketPath: not null })
            throw new CommandFailure("--unix and --ws exclude each other.");
        if (options is { Password: not null, UserName: null } && version != MqttVersion.V5)
            throw new CommandFailure("-P needs -u: only MQTT 5.0 (-V 5) allows a password without a user name."); // [MQTT-3.1.2-22 v3.1.1]
        var keepsForEver = version == MqttVersion.V5 ? options.SessionExpiry == uint.MaxValue || options is { CleanStart: false, SessionExpiry: null } : !options.CleanStart;
        if (keepsForEver && string.IsNullOrEmpty(options.ClientId) && options.Queue is null) // a queue has an identifier of its own
            throw new CommandFailure("a session that never expires (-c, -x -1) needs a client identifier: -i.");
        if (version == MqttVersion.V31 && options.ClientId is { Length: 0 or > 23 })
            throw new CommandFailure("-i: MQTT 3.1 allows client identifiers of 1 to 23 characters.");
    }

    private static ClientOptions Will(ClientOptions options, Func<Will, Will> change) => options with { Will = change(options.Will ?? new Will()) };

    private static MqttVersion Version(string text) => text switch
    {
        "5" or "mqttv5" => MqttVersion.V5,
        "311" or "mqttv311" => MqttVersion.V311,
        "31" or "mqttv31" => MqttVersion.V31,
        _ => throw new CommandFailure($"-V {LogText.Escape(text)} is not a version of MQTT. Use 5, 311 or 31."),
    };

    private static string TlsVersion(string text) => text is "tlsv1.3" or "tlsv1.2" or "tlsv1.1"
        ? text
        : throw new CommandFailure($"--tls-version {LogText.Escape(text)} is not a version of TLS. Use tlsv1.3, tlsv1.2 or tlsv1.1.");

    private static uint Expiry(string text) =>
        text is "-1" or "∞" ? uint.MaxValue
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds
        : throw new CommandFailure($"-x {LogText.Escape(text)} is not a time in seconds. Use 0 to 4294967295, or -1 for ever.");
}
