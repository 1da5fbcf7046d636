using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Trust;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class CertificateSpec(ITestOutputHelper output) : SecuritySpec(output, "")
{
    private readonly X509Certificate2 _authority = Authority();

    [Theory]
    [InlineData("cn", "device 7")]
    [InlineData("subject", "CN=device 7,OU=Pl\\,ant,O=Example")]
    public async Task The_certificate_is_the_user_name(string identity, string user)
    {
        Write("acl", $"user {user}\ntopic read mine/#\n");
        await using var server = await StartAsync($"use-identity-as-user-name = {identity}, acl-file = \"{PathOf("acl")}\"");
        var client = await DialAsync(server, Issue("CN=device 7,OU=\"Pl,ant\",O=Example"));
        // User name and password of CONNECT count for nothing.
        var answers = await TalkAsync(client, new Connect { ClientId = "x", UserName = "root", Password = "?" }, new Subscribe(1, "mine/x", "other"));
        Assert.Equal(new SubAck(1, 0, ReasonCode.NotAuthorized), answers[1]);
    }

    [Fact]
    public async Task Without_a_certificate_nobody_is_let_in_where_it_is_the_user_name()
    {
        await using var server = await StartAsync("use-identity-as-user-name = cn, require-certificate = off, allow-anonymous = on");
        var answers = await TalkAsync(await DialAsync(server, null), new Connect());
        Assert.Equal(ReasonCode.NotAuthorized, ((ConnAck)answers[0]).ReasonCode);
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_and_one_that_is_connected_goes_on_reload()
    {
        var (good, bad) = (Issue("CN=good"), Issue("CN=bad"));
        Revoke();
        await using var server = await StartAsync($"crl-file = \"{PathOf("crl.pem")}\", allow-anonymous = on");
        var client = await DialAsync(server, bad);
        Assert.Equal(ReasonCode.Success, ((ConnAck)(await TalkAsync(client, new Connect { ClientId = "bad" }))[0]).ReasonCode);
        Revoke(bad);
        await server.ReloadSecurityAsync();
        Assert.Equal(ReasonCode.NotAuthorized, ((Disconnect)(await TalkAsync(client, []))[0]).ReasonCode);

        await using var again = await StartAsync($"crl-file = \"{PathOf("crl.pem")}\", allow-anonymous = on");
        await Assert.ThrowsAnyAsync<Exception>(async () => await TalkAsync(await DialAsync(again, bad), new Connect { ClientId = "bad" }));
        Assert.Equal(ReasonCode.Success, ((ConnAck)(await TalkAsync(await DialAsync(again, good), new Connect { ClientId = "good" }))[0]).ReasonCode);
    }

    [Theory]
    [InlineData("nothing here")]
    [InlineData("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")]
    public async Task A_broken_revocation_file_is_named_with_its_key(string text)
    {
        Write("crl.pem", text);
        var error = await Assert.ThrowsAnyAsync<ConfigurationException>(() => StartAsync($"crl-file = \"{PathOf("crl.pem")}\""));
        Assert.Contains("crl-file", error.Message, StringComparison.Ordinal);
        Assert.Contains("crl.pem", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_an_authority_has_not_signed_is_refused_at_start_and_on_reload_and_the_old_one_stays()
    {
        var bad = Issue("CN=bad");
        Revoke(bad);
        await using var server = await StartAsync($"crl-file = \"{PathOf("crl.pem")}\", allow-anonymous = on");
        using var forger = Authority(); // the same name, another key
        Write("crl.pem", List(forger));
        var error = await Assert.ThrowsAnyAsync<ConfigurationException>(() => server.ReloadSecurityAsync());
        Assert.Contains($"listeners.tls.crl-file: {PathOf("crl.pem")}:1: the revocation list of CN=Authority was not signed by that authority", error.Message, StringComparison.Ordinal);
        File.SetLastWriteTimeUtc(PathOf("crl.pem"), DateTime.UtcNow.AddSeconds(5)); // the handshakes look at it too
        await Assert.ThrowsAnyAsync<Exception>(async () => await TalkAsync(await DialAsync(server, bad), new Connect { ClientId = "bad" }));
        error = await Assert.ThrowsAnyAsync<ConfigurationException>(() => StartAsync($"crl-file = \"{PathOf("crl.pem")}\""));
        Assert.Contains("was not signed by that authority", error.Message, StringComparison.Ordinal);

        using var stranger = Authority("CN=Stranger");
        Write("crl.pem", "# two lists\n" + List(_authority) + "\n" + List(stranger));
        error = await Assert.ThrowsAnyAsync<ConfigurationException>(() => server.ReloadSecurityAsync());
        Assert.Contains("is of CN=Stranger, which is not in client-ca-file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa", "SHA256")]
    [InlineData("rsa", "SHA512")]
    [InlineData("pss", "SHA384")]
    [InlineData("ecdsa", "SHA384")]
    public void Lists_of_every_usual_algorithm_are_checked(string key, string hash)
    {
        var algorithm = new HashAlgorithmName(hash);
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var padding = key == "pss" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var request = key == "ecdsa" ? new CertificateRequest("CN=A", curve, algorithm) : new CertificateRequest("CN=A", rsa, algorithm, padding);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var list = new CertificateRevocationListBuilder();
        list.AddEntry([1, 2, 3]);
        var encoded = list.Build(authority, 1, DateTimeOffset.UtcNow.AddDays(1), algorithm, key == "ecdsa" ? null : padding);
        Write("crl.pem", PemEncoding.WriteString("X509 CRL", encoded));
        RevocationList.Load(PathOf("crl.pem"), [authority]);
        encoded[^20] ^= 1;
        Write("crl.pem", PemEncoding.WriteString("X509 CRL", encoded));
        Assert.ThrowsAny<ConfigurationException>(() => RevocationList.Load(PathOf("crl.pem"), [authority]));
    }

    [Fact]
    public async Task Handshakes_follow_changes_of_authorities_and_revocation_lists()
    {
        var (old, bad) = (Issue("CN=old"), Issue("CN=bad"));
        Revoke();
        await using var server = await StartAsync($"crl-file = \"{PathOf("crl.pem")}\", allow-anonymous = on");
        await WelcomeAsync(server, bad);
        Revoke(bad);
        await AwaitAssertAsync(() => RefusedAsync(server, bad), TimeSpan.FromSeconds(10));
        await WelcomeAsync(server, old);
        // Another authority: its clients come in, those of the first do not any more.
        using var other = Authority("CN=Other");
        Write("ca.pem", other.ExportCertificatePem());
        Write("crl.pem", List(other));
        var young = Issue("CN=young", other);
        await AwaitAssertAsync(() => WelcomeAsync(server, young), TimeSpan.FromSeconds(10));
        await RefusedAsync(server, old);
        // A broken file changes nothing.
        Write("ca.pem", "nonsense");
        File.SetLastWriteTimeUtc(PathOf("ca.pem"), DateTime.UtcNow.AddSeconds(5));
        await WelcomeAsync(server, young);
    }

    private static async Task WelcomeAsync(MqttServer server, X509Certificate2 certificate)
    {
        var answers = await TalkAsync(await DialAsync(server, certificate), new Connect { ClientId = $"{Guid.NewGuid()}" });
        Assert.Equal(ReasonCode.Success, ((ConnAck)answers[0]).ReasonCode);
    }

    private static async Task RefusedAsync(MqttServer server, X509Certificate2 certificate) =>
        await Assert.ThrowsAnyAsync<Exception>(async () => await TalkAsync(await DialAsync(server, certificate), new Connect { ClientId = "refused" }));

    private static X509Certificate2 Authority(string name = "CN=Authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    private X509Certificate2 Issue(string name, X509Certificate2? authority = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var issued = request.Create(authority ?? _authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private void Revoke(params X509Certificate2[] certificates)
    {
        Write("crl.pem", List(_authority, certificates));
    }

    private static string List(X509Certificate2 authority, params X509Certificate2[] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates)
            list.AddEntry(certificate);
        return PemEncoding.WriteString("X509 CRL", list.Build(authority, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256));
    }

    private Task<MqttServer> StartAsync(string keys)
    {
        var server = Issue("CN=localhost");
        Write("ca.pem", _authority.ExportCertificatePem());
        Write("cert.pem", server.ExportCertificatePem());
        Write("key.pem", server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return MqttServer.StartAsync(Sys, Settings($$"""
            listeners.tcp.enabled = off
            listeners.tls {
              transport = tls, port = 0, {{keys}}
              cert-file = "{{PathOf("cert.pem")}}", key-file = "{{PathOf("key.pem")}}", client-ca-file = "{{PathOf("ca.pem")}}"
            }
            """));
    }

    private static async Task<SslStream> DialAsync(MqttServer server, X509Certificate2? certificate)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync((IPEndPoint)server.Endpoints[0].Address);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true), false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = certificate is null ? null : [certificate],
        });
        return tls;
    }

    /// <summary>Sends packets and takes one answer for each, or the next packet when none is sent.</summary>
    private static async Task<List<MqttPacket>> TalkAsync(SslStream stream, params MqttPacket[] packets)
    {
        var decoder = new MqttFrameDecoder(new MqttDecoder(MqttRole.Client, MqttVersion.V5));
        var answers = new List<MqttPacket>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await stream.WriteAsync(packets.SelectMany(packet => MqttEncoder.Encode(packet, MqttVersion.V5)).ToArray(), deadline.Token);
        var buffer = new byte[4096];
        while (answers.Count < Math.Max(1, packets.Length))
        {
            var count = await stream.ReadAsync(buffer, deadline.Token);
            if (count == 0)
                throw new IOException("the server closed");
            decoder.Decode(buffer.AsSpan(0, count).ToArray(), answers);
        }
        return answers;
    }
}
