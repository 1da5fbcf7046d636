using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Trust;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// The settings of a listener, which accepts clients: a section of <c>akka.mqtt.server.listeners</c> over <c>listener-defaults</c>. An
/// invalid value throws <see cref="ConfigurationException"/>, whose message names the key. Rules about several settings are checked when a
/// server starts.
/// </summary>
public sealed record ListenerSettings
{
    /// <summary>Creates settings for an end point, for code without a configuration.</summary>
    /// <param name="name">A name for logs.</param>
    /// <param name="transport">The transport.</param>
    /// <param name="address">The address to listen on.</param>
    public ListenerSettings(string name, MqttTransport transport, EndPoint address)
    {
        Name = name;
        Transport = transport;
        Address = address;
    }

    /// <summary>The name of the section.</summary>
    public string Name
    {
        get;
        init => field = value is { Length: > 0 } ? value : throw new ConfigurationException("The name of a listener is empty.");
    }

    /// <summary>
    /// The transport. <see cref="MqttTransport.WebSocket"/> and <see cref="MqttTransport.SecureWebSocket"/> are hosted by Kestrel.
    /// </summary>
    public MqttTransport Transport { get; init => field = SettingRange.Choice(value, $"listeners.{Name}.transport"); }

    /// <summary>The address to listen on. With port 0 the operating system chooses the port.</summary>
    public EndPoint Address { get; init => field = SettingRange.NotNull(value, $"listeners.{Name}.host"); }

    /// <summary>
    /// A second address of the same listener, such as <c>::1</c> for <c>localhost</c>. If its port is 0, it uses the port of
    /// <see cref="Address"/>. It is skipped on a system without that protocol. Null for none. Default: null.
    /// </summary>
    public IPEndPoint? SecondAddress { get; init; }

    /// <summary>WebSocket: the path of the URL. Default: <c>/mqtt</c>.</summary>
    public string Path { get; init => field = SettingRange.NotNull(value, $"listeners.{Name}.path"); } = "/mqtt";

    /// <summary>WebSocket: the origins from which browsers may connect; empty allows any. Default: empty.</summary>
    public MqttList<string> AllowedOrigins { get; init; }

    /// <summary>TLS: PEM file of the certificate chain; null for none.</summary>
    public string? CertificateFile { get; init => field = SettingRange.TextOrNone(value, $"listeners.{Name}.cert-file"); }

    /// <summary>TLS: PEM file of the private key; null for none.</summary>
    public string? KeyFile { get; init => field = SettingRange.TextOrNone(value, $"listeners.{Name}.key-file"); }

    /// <summary>TLS: PEM file of the authorities of client certificates; null to request no certificate.</summary>
    public string? ClientAuthorityFile { get; init => field = SettingRange.TextOrNone(value, $"listeners.{Name}.client-ca-file"); }

    /// <summary>TLS with <see cref="ClientAuthorityFile"/>: whether a client without a certificate is refused. Default: true.</summary>
    public bool RequireCertificate { get; init; } = true;

    /// <summary>TLS: the oldest version that is accepted, <c>1.2</c> or <c>1.3</c>. Default: 1.2.</summary>
    public string MinTlsVersion
    {
        get;
        init => field = value is "1.2" or "1.3"
            ? value
            : throw new ConfigurationException($"listeners.{Name}.min-tls-version = {value} is neither 1.2 nor 1.3.");
    } = "1.2";

    /// <summary>Decides who may connect, and what clients may do.</summary>
    public ListenerSecurity Security { get; init => field = SettingRange.NotNull(value, $"listeners.{Name}"); } = new();

    /// <summary>How many connections the operating system may queue before the server accepts them. Default: 1,024.</summary>
    public int Backlog { get; init => field = SettingRange.Count(value, 1, 65535, $"listeners.{Name}.backlog"); } = 1024;

    /// <summary>
    /// A prefix for all topics of clients of this listener, which the clients do not see. Usually ends with "/". Default: empty.
    /// </summary>
    public string MountPoint
    {
        get;
        init => field = value is not null && (value.Length == 0 || (TopicName.IsValid(value) && !value.StartsWith('$')))
            ? value
            : throw new ConfigurationException($"listeners.{Name}.mount-point = {value} cannot be the beginning of a topic name, or starts with $.");
    } = "";

    /// <summary>Whether the transport is TLS.</summary>
    public bool IsSecure => Transport is MqttTransport.Tls or MqttTransport.SecureWebSocket;

    /// <summary>Whether Kestrel hosts the listener.</summary>
    public bool IsWebSocket => Transport is MqttTransport.WebSocket or MqttTransport.SecureWebSocket;

    /// <summary>
    /// Loads certificate, key, authorities and revocation lists. Handshakes check the files for changes and read them again.
    /// </summary>
    /// <returns>The TLS settings.</returns>
    /// <exception cref="ConfigurationException">A file cannot be read or has other content; the message names it.</exception>
    public TlsServerSettings LoadTls()
    {
        if (CertificateFile is null || KeyFile is null)
            throw new ConfigurationException($"listeners.{Name}: TLS needs cert-file and key-file.");
        try
        {
            var tls = TlsServerSettings.FromWatchedPemFiles(CertificateFile, KeyFile, ClientAuthorityFile);
            if (MinTlsVersion == "1.3")
                tls = tls with { EnabledProtocols = System.Security.Authentication.SslProtocols.Tls13 };
            return ClientAuthorityFile is null ? tls : tls with
            {
                RequireClientCertificate = RequireCertificate,
                AllowClientCertificate = true,
                CertificateValidation = new WatchedClientTrust(ClientAuthorityFile, Security.RevocationFile).Validate,
            };
        }
        catch (Exception error) when (error is ArgumentException or ConfigurationException)
        {
            var key = ClientAuthorityFile is not null && error.Message.Contains(ClientAuthorityFile, StringComparison.Ordinal) ? "client-ca-file"
                : KeyFile != CertificateFile && error.Message.Contains(KeyFile, StringComparison.Ordinal) ? "key-file"
                : "cert-file";
            throw new ConfigurationException($"listeners.{Name}.{key}: {error.Message}", error);
        }
    }

    internal static ListenerSettings? Create(string name, Config config)
    {
        if (!config.Switch("enabled"))
            return null;
        var transport = config.GetString("transport") switch
        {
            "tcp" => MqttTransport.Tcp,
            "tls" => MqttTransport.Tls,
            "ws" => MqttTransport.WebSocket,
            "wss" => MqttTransport.SecureWebSocket,
            "unix" => MqttTransport.UnixSocket,
            "pipe" => MqttTransport.NamedPipe,
            var other => throw new ConfigurationException(
                $"listeners.{name}.transport = {other} is not one of tcp, tls, ws, wss, unix and pipe."),
        };
        var (address, second) = AddressOf(name, transport, config);
        var settings = new ListenerSettings(name, transport, address)
        {
            SecondAddress = second,
            Path = config.GetString("path"),
            AllowedOrigins = MqttList.From(config.GetStringList("allowed-origins")),
            CertificateFile = NullIfEmpty(config.GetString("cert-file")),
            KeyFile = NullIfEmpty(config.GetString("key-file")),
            ClientAuthorityFile = NullIfEmpty(config.GetString("client-ca-file")),
            Backlog = config.Count("backlog"),
            MountPoint = config.GetString("mount-point"),
            MinTlsVersion = config.GetString("min-tls-version"),
            RequireCertificate = config.Switch("require-certificate"),
            Security = ListenerSecurity.Create(name, config),
        };
        settings.Validate();
        return settings;
    }

    /// <summary>Checks rules about several settings.</summary>
    /// <exception cref="ConfigurationException">The settings contradict each other; the message names the key.</exception>
    internal void Validate()
    {
        if (IsWebSocket && !Path.StartsWith('/'))
            throw new ConfigurationException($"listeners.{Name}.path = {Path} does not begin with /.");
        if (ClientAuthorityFile is null || !IsSecure)
        {
            if (Security.RevocationFile is not null)
                throw new ConfigurationException($"listeners.{Name}.crl-file needs tls or wss, and client-ca-file.");
            if (Security.UseIdentityAsUserName != CertificateIdentity.Off)
                throw new ConfigurationException($"listeners.{Name}.use-identity-as-user-name needs tls or wss, and client-ca-file.");
        }
        if (IsSecure && (CertificateFile is null || KeyFile is null))
            throw new ConfigurationException($"listeners.{Name}: TLS needs cert-file and key-file.");
    }

    private static (EndPoint Address, IPEndPoint? Second) AddressOf(string name, MqttTransport transport, Config config)
    {
        if (transport is MqttTransport.UnixSocket or MqttTransport.NamedPipe)
        {
            var path = config.GetString("path");
            if (path.Length == 0)
                throw new ConfigurationException($"listeners.{name}.path is empty: transport = {config.GetString("transport")} needs one.");
            try
            {
                return (transport == MqttTransport.UnixSocket ? new UnixDomainSocketEndPoint(path) : new NamedPipeEndPoint(path), null);
            }
            catch (ArgumentException error) // too long for the operating system
            {
                throw new ConfigurationException($"listeners.{name}.path = {path}: {error.Message}", error);
            }
        }
        var (address, second) = HostOf(name, config.GetString("host"));
        var port = config.GetString("port") is not "" ? Port(name, config) : transport switch
        {
            MqttTransport.Tls => 8883,
            MqttTransport.WebSocket => 8083,
            MqttTransport.SecureWebSocket => 8084,
            _ => 1883,
        };
        return (new IPEndPoint(address, port), second is null ? null : new IPEndPoint(second, port));
    }

    /// <summary>A socket uses one protocol, so a name that means both needs two sockets.</summary>
    private static (IPAddress Address, IPAddress? Second) HostOf(string name, string host) => host switch
    {
        "localhost" => (IPAddress.Loopback, IPAddress.IPv6Loopback),
        "*" => (IPAddress.Any, IPAddress.IPv6Any),
        "::" => (IPAddress.IPv6Any, IPAddress.Any),
        "ipv6" => (IPAddress.IPv6Any, null),
        _ when IPAddress.TryParse(host.AsSpan(), out var address) && IsPlain(host, address) => (address, null),
        _ => throw new ConfigurationException(
            $"listeners.{name}.host = {host} is not an address. Use an IP address (such as 192.0.2.1 or 2001:db8::1), \"localhost\", \"*\" or \"ipv6\"."),
    };

    /// <summary>The base library also accepts 1 for 0.0.0.1, 010.0.0.1 for 8.0.0.1, and [::1]:80 for ::1; these are refused.</summary>
    private static bool IsPlain(string host, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() == host : host.AsSpan().IndexOfAny('[', ']') < 0;

    private static int Port(string name, Config config)
    {
        var text = config.GetString("port");
        return ushort.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new ConfigurationException($"listeners.{name}.port = {text} is out of range: 0 to 65535.");
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
