using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>How a client dials, and its CONNECT packet.</summary>
internal static class ClientTarget
{
    // Large enough for the largest message and a batch; the number of batches that are read limits the queue.
    private const int WriteQueueBytes = 1 << 30;

    private const string QueuePrefix = "akka-queue-"; // with 12 digits just what MQTT 3.1 allows

    private static readonly TimeSpan QueuedSessionExpiry = TimeSpan.FromDays(7); // until the next run

    /// <summary>The command that dials.</summary>
    /// <exception cref="CommandFailure">A file cannot be read, or an address cannot be used.</exception>
    public static Mqtt.Connect Dial(ClientOptions options, ActorSystem system)
    {
        var secure = options.Tls.IsOn || options.Port == 8883; // as mosquitto's clients do
        var tls = secure ? Tls(options.Tls) : null;
        if (!secure && (options.Tls.Certificate ?? options.Tls.Version ?? options.Tls.Alpn) is not null)
            throw new CommandFailure("--cert, --tls-version and --tls-alpn belong to TLS: add --cafile, --capath or --tls-use-os-certs.");
        Mqtt.Connect dial;
        if (options.Unix is { } path)
            dial = new Mqtt.Connect(Unix(path));
        else if (options.WebSocketPath is { } webSocket)
            dial = new Mqtt.Connect(WebSocket(options, webSocket, secure));
        else
            dial = new Mqtt.Connect(options.Host, options.Port ?? (secure ? 8883 : 1883));
        return dial with
        {
            Tls = tls,
            LocalAddress = options.BindAddress is { } address ? Local(address) : null,
            Settings = MqttConnectionSettings.Create(system) with { MaxQueuedWriteBytes = WriteQueueBytes, MaxPacketSize = MqttDecoder.LargestPacketSize },
        };
    }

    /// <summary>The CONNECT packet.</summary>
    public static Connect Hello(ClientOptions options) => new()
    {
        Version = options.Version,
        ClientId = ClientId(options),
        CleanStart = options.CleanStart,
        KeepAlive = options.KeepAlive,
        UserName = options.UserName,
        Password = options.Password is { } password ? MqttBinary.FromText(password) : default(MqttBinary?),
        Will = options.Will,
        Properties = options.Version == MqttVersion.V5 ? Properties(options) : null,
    };

    /// <summary>
    /// A managed client that dials as <paramref name="dial"/> does and sends <paramref name="hello"/>. Its session outlives the process.
    /// </summary>
    public static MqttClientSettings Managed(ClientOptions options, Mqtt.Connect dial, Connect hello, ActorSystem system)
    {
        var properties = hello.Properties ?? new ConnectProperties();
        var largest = (int)Math.Min(properties.MaximumPacketSize ?? uint.MaxValue, MqttDecoder.LargestPacketSize);
        return MqttClientSettings.Create(system) with
        {
            Servers = MqttList.From([Server(options, dial.Tls is not null)]),
            LocalAddress = dial.LocalAddress as IPEndPoint,
            Version = hello.Version,
            ClientId = options.ClientId ?? OfFile(options.ClientIdPrefix ?? QueuePrefix, options.Queue!),
            CleanStart = false, // sent and unacknowledged messages belong to the session
            SessionExpiry = (options.SessionExpiry ?? options.ConnectProperties?.SessionExpiryInterval) is { } expiry ? TimeSpan.FromSeconds(expiry) : QueuedSessionExpiry,
            KeepAlive = TimeSpan.FromSeconds(hello.KeepAlive),
            FirstWait = TimeSpan.FromSeconds(1),
            LongestWait = TimeSpan.FromSeconds(30),
            UserName = hello.UserName,
            Password = hello.Password,
            Will = hello.Will,
            Tls = dial.Tls,
            Connection = dial.Settings! with { MaxPacketSize = Math.Max(2, largest) },
            ReceiveMaximum = properties.ReceiveMaximum ?? ushort.MaxValue,
            TopicAliases = properties.TopicAliasMaximum ?? 0,
            RequestProblemInformation = properties.RequestProblemInformation,
            RequestResponseInformation = properties.RequestResponseInformation,
            AuthenticationMethod = properties.AuthenticationMethod,
            AuthenticationData = properties.AuthenticationData,
            UserProperties = properties.UserProperties,
        };
    }

    private static Uri Server(ClientOptions options, bool isSecure)
    {
        if (options.Unix is { } path)
            return new Uri($"unix://{path}");
        if (options.WebSocketPath is { } webSocket)
            return WebSocket(options, webSocket, isSecure);
        var host = options.Host.Contains(':') ? $"[{options.Host}]" : options.Host;
        var port = (options.Port ?? (isSecure ? 8883 : 1883)).ToString(CultureInfo.InvariantCulture);
        return Uri.TryCreate($"{(isSecure ? "mqtts" : "mqtt")}://{host}:{port}", UriKind.Absolute, out var uri)
            ? uri
            : throw new CommandFailure($"-h {LogText.Escape(options.Host)} is not a host.");
    }

    /// <summary>A client identifier that is the same in the next run with this file.</summary>
    private static string OfFile(string prefix, string file) =>
        $"{prefix}{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{Environment.MachineName}:{Path.GetFullPath(file)}")))[..12]}";

    private static ConnectProperties? Properties(ClientOptions options)
    {
        var properties = options.ConnectProperties ?? new ConnectProperties();
        var expiry = options.SessionExpiry ?? (options.CleanStart ? 0 : uint.MaxValue);
        if (expiry > 0)
            properties = properties with { SessionExpiryInterval = properties.SessionExpiryInterval ?? expiry };
        // The client takes at most the messages of -C from a session that another client resumes.
        if (options.Count is > 0 and < ushort.MaxValue && options.QoS != QualityOfService.AtMostOnce)
            properties = properties with { ReceiveMaximum = properties.ReceiveMaximum ?? (ushort)options.Count };
        return properties == new ConnectProperties() ? null : properties;
    }

    private static string ClientId(ClientOptions options)
    {
        if (options.ClientId is { } id)
            return id;
        if (options.ClientIdPrefix is { } prefix)
            return $"{prefix}{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        return options.Version == MqttVersion.V5 ? "" : $"akka-{RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 18)}";
    }

    private static UnixDomainSocketEndPoint Unix(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException)
        {
            throw new CommandFailure($"--unix {LogText.Escape(path)}: the path is too long for a unix socket.");
        }
    }

    private static Uri WebSocket(ClientOptions options, string path, bool secure)
    {
        var host = options.Host.Contains(':') ? $"[{options.Host}]" : options.Host;
        var port = options.Port ?? (secure ? 443 : 80);
        return Uri.TryCreate($"{(secure ? "wss" : "ws")}://{host}:{port.ToString(CultureInfo.InvariantCulture)}/{path.TrimStart('/')}", UriKind.Absolute, out var uri)
            ? uri
            : throw new CommandFailure($"--ws {LogText.Escape(path)} with -h {LogText.Escape(options.Host)} is not a URL.");
    }

    private static IPEndPoint Local(string address)
    {
        if (IPAddress.TryParse(address, out var known))
            return new IPEndPoint(known, 0);
        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(address)[0], 0);
        }
        catch (SocketException error)
        {
            throw new CommandFailure($"-A {LogText.Escape(address)} is not an address of this machine: {error.Message}");
        }
    }

    private static TlsClientSettings Tls(TlsOptions options)
    {
        try
        {
            return TlsClientSettings.FromPemFiles(options.AuthorityFile, options.Certificate, options.Key) with
            {
                TrustedAuthorities = Authorities(options),
                EnabledProtocols = options.Version switch
                {
                    "tlsv1.3" => SslProtocols.Tls13,
                    "tlsv1.2" => SslProtocols.Tls12,
#pragma warning disable CA5397, SYSLIB0039 // used only if the user asks for it and the system still allows it
                    "tlsv1.1" => SslProtocols.Tls11,
#pragma warning restore CA5397, SYSLIB0039
                    _ => SslProtocols.None,
                },
                ApplicationProtocols = options.Alpn is { } alpn ? [new SslApplicationProtocol(alpn)] : null,
                CertificateValidation = options.AnyHost ? (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None : null,
            };
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure(error.Message);
        }
    }

    private static X509Certificate2Collection? Authorities(TlsOptions options)
    {
        if (options is { AuthorityFile: null, AuthorityDirectory: null })
            return null;
        var all = new X509Certificate2Collection();
        if (options.AuthorityFile is { } file)
            all.AddRange(TlsClientSettings.FromPemFiles(file).TrustedAuthorities!);
        if (options.AuthorityDirectory is not { } directory)
            return all;
        if (!Directory.Exists(directory))
            throw new CommandFailure($"--capath {LogText.Escape(directory)} is not a directory.");
        foreach (var each in Directory.EnumerateFiles(directory).Where(name => name.EndsWith(".crt", StringComparison.Ordinal) || name.EndsWith(".pem", StringComparison.Ordinal)))
            all.AddRange(TlsClientSettings.FromPemFiles(each).TrustedAuthorities!);
        return all.Count > 0 ? all : throw new CommandFailure($"--capath {LogText.Escape(directory)} has no .crt and no .pem file.");
    }
}
