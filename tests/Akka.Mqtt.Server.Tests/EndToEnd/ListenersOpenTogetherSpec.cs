using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.EndToEnd;

/// <summary>
/// All listeners are bound before the first one accepts. The second one here cannot be bound before its key has been read, and its key file is a
/// named pipe, which gives the test the time in between.
/// </summary>
public sealed class ListenersOpenTogetherSpec : ProbeServerSpec
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mqtt-");
    private readonly string _certificatePem;
    private readonly string _keyPem;

    public ListenersOpenTogetherSpec(ITestOutputHelper output)
        : base(output)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificatePem = certificate.ExportCertificatePem();
        _keyPem = key.ExportPkcs8PrivateKeyPem();
    }

    private string SocketFile => Path.Combine(_folder.FullName, "first.sock");

    private string CertificateFile => Path.Combine(_folder.FullName, "cert.pem");

    private string KeyFile => Path.Combine(_folder.FullName, "key.pem");

    [Fact]
    public async Task The_first_listener_serves_nobody_before_the_second_is_bound_and_then_both_do()
    {
        if (OperatingSystem.IsWindows())
            return;
        var (starting, client) = await StartBindingAsync();
        Assert.False(starting.IsCompleted);
        Assert.False(client.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead)); // CONNECT is not answered

        await GiveKeyAsync(_keyPem);
        Assert.Equal(0x20, await ReadByteAsync(client)); // CONNACK
        var server = await starting;
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await second.ConnectAsync(server.Endpoints.Single(each => each.Name == "second").Address);
        await using var tls = new SslStream(new NetworkStream(second), false, (_, shown, _, _) => shown!.Subject == "CN=localhost");
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Soon);
        client.Dispose();
    }

    [Fact]
    public async Task When_the_second_listener_cannot_be_bound_the_first_has_served_nobody()
    {
        if (OperatingSystem.IsWindows())
            return;
        var (starting, client) = await StartBindingAsync();
        await GiveKeyAsync("no key");
        Assert.Contains("second", (await Assert.ThrowsAsync<MqttServerException>(() => starting)).Message, StringComparison.Ordinal);
        Assert.Equal(-1, await ReadByteAsync(client)); // closed or reset, without CONNACK
        client.Dispose();
        using var late = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(new UnixDomainSocketEndPoint(SocketFile)));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    /// <summary>Starts a server whose second listener waits for its key, and a client that has sent CONNECT to the first one.</summary>
    private async Task<(Task<MqttServer> Starting, Socket Client)> StartBindingAsync()
    {
        await File.WriteAllTextAsync(CertificateFile, _certificatePem);
        using (var mkfifo = Process.Start("mkfifo", [KeyFile]))
            await mkfifo.WaitForExitAsync();
        var starting = StartAsync($$"""
            listeners {
              first { transport = unix, path = "{{SocketFile}}" }
              second { transport = tls, port = 0, cert-file = "{{CertificateFile}}", key-file = "{{KeyFile}}" }
            }
            """);
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await AwaitAssertAsync(() => client.Connect(new UnixDomainSocketEndPoint(SocketFile)), Soon);
        await client.SendAsync(MqttEncoder.Encode(new Connect { ClientId = "c" }, MqttVersion.V5).ToArray());
        return (starting, client);
    }

    private async Task GiveKeyAsync(string text)
    {
        await File.WriteAllTextAsync(KeyFile, text).WaitAsync(Soon); // it opens when the other end is open for reading
        File.Delete(KeyFile);
        await File.WriteAllTextAsync(KeyFile, text); // the server reads the key again when its file has changed
    }

    private static async Task<int> ReadByteAsync(Socket socket)
    {
        var buffer = new byte[1];
        using var deadline = new CancellationTokenSource(Soon);
        try
        {
            return await socket.ReceiveAsync(buffer, deadline.Token) == 0 ? -1 : buffer[0];
        }
        catch (SocketException)
        {
            return -1;
        }
    }
}
