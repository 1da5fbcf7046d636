using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Server;
using Akka.Mqtt.Tests;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>One server with a listener of each transport, for the tests of a class.</summary>
public sealed class TransportServer : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly TestCertificates _authority = new();
    private readonly WebSocketHost _webSockets = new();
    private MqttServer _server = null!;

    /// <summary>PEM file of the authority that issued all certificates.</summary>
    public string AuthorityFile => _folder["ca.pem"];

    public string OtherAuthorityFile => _folder["other-ca.pem"];

    /// <summary>PEM files of a client.</summary>
    public string CertificateFile => _folder["client.pem"];

    public string KeyFile => _folder["client.key"];

    public string SocketPath => _folder["socket"];

    public ActorSystem System { get; private set; } = null!;

    internal X509Certificate2Collection Authorities => _authority.Authorities;

    internal X509Certificate2Collection OtherAuthorities { get; } = new TestCertificates("CN=Other").Authorities;

    internal X509Certificate2Collection Certificates => [X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile)];

    public async Task InitializeAsync()
    {
        Write("ca.pem", _authority.Authority.ExportCertificatePem());
        Write("other-ca.pem", OtherAuthorities[0].ExportCertificatePem());
        WritePair("server", _authority.Server());
        WritePair("elsewhere", _authority.Server("elsewhere.example"));
        WritePair("client", _authority.Client());
        var config = Configuration.ConfigurationFactory.ParseString($$"""
            akka.mqtt.server.listeners {
              tcp.port = 0
              tls { transport = tls, port = 0, cert-file = "{{_folder["server.pem"]}}", key-file = "{{_folder["server.key"]}}" }
              elsewhere { transport = tls, port = 0, cert-file = "{{_folder["elsewhere.pem"]}}", key-file = "{{_folder["elsewhere.key"]}}" }
              mutual { transport = tls, port = 0, cert-file = "{{_folder["server.pem"]}}", key-file = "{{_folder["server.key"]}}", client-ca-file = "{{AuthorityFile}}" }
              ws { transport = ws, port = 0 }
              wss { transport = wss, port = 0, cert-file = "{{_folder["server.pem"]}}", key-file = "{{_folder["server.key"]}}" }
              unix { transport = unix, path = "{{SocketPath}}" }
            }
            """).WithFallback(ServeConfiguration.Create(new ServeOptions { Port = 0 }));
        System = TestSystem.Create("server", config);
        _server = await MqttServer.StartAsync(System, MqttServerSettings.Create(config));
        await _webSockets.StartAsync(System, _server);
    }

    public async Task DisposeAsync()
    {
        await _webSockets.DisposeAsync();
        await System.Terminate();
        _folder.Dispose();
    }

    /// <summary>The port of a listener of the server.</summary>
    public int PortOf(string listener) => ((IPEndPoint)_server.Endpoints.Single(each => each.Name == listener).Address).Port;

    /// <summary>The port of the WebSocket listener.</summary>
    public int PortOf(bool secure) => UriOf(secure).Port;

    /// <summary>The URL of the WebSocket listener, by a name that the certificate has.</summary>
    public Uri UriOf(bool secure)
    {
        var address = new Uri(_webSockets.Addresses.Single(each => each.StartsWith(secure ? "wss:" : "ws:", StringComparison.Ordinal)));
        return new UriBuilder(address) { Host = "localhost" }.Uri;
    }

    private void WritePair(string name, X509Certificate2 certificate)
    {
        Write($"{name}.pem", certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        // A key of PKCS #12 can be exported only encrypted on some systems; this form works on all.
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);
        var encrypted = key.ExportEncryptedPkcs8PrivateKey("x", parameters);
        using var plain = ECDsa.Create();
        plain.ImportEncryptedPkcs8PrivateKey("x", encrypted, out _);
        Write($"{name}.key", plain.ExportPkcs8PrivateKeyPem());
    }

    private void Write(string name, string text) => File.WriteAllText(_folder[name], text);
}
