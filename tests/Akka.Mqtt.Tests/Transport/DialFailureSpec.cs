using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using Akka.Mqtt.Tests.Connection;
using Akka.Mqtt.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests;

/// <summary>Every failure of a dial and a handshake has its own words, and leaves nothing behind.</summary>
[Collection(Alone.Name)] // it counts the descriptors of the process
public sealed class DialFailureSpec : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TestCertificates Certificates = TestCertificates.Shared;
    private static readonly X509Certificate2 ServerCertificate = Certificates.Server();

    private readonly InMemoryNetwork _network = new();
    private readonly MqttConnectionSettings _settings = MqttConnectionSettings.Create((Config?)null);

    public DialFailureSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.test.single-expect-default = 10s"), output: output)
    {
    }

    private static TlsClientSettings Trusting => new() { TargetHost = "localhost", TrustedAuthorities = Certificates.Authorities };

    [Fact]
    public async Task Wrong_host_name_must_be_named_with_the_names_that_are_there()
    {
        var message = await HandshakeFailureAsync(new() { Certificate = Certificates.Server("other.example") }, Trusting);

        Assert.Contains("not for host 'localhost' but for other.example", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_certificate_must_be_named_with_its_end()
    {
        var message = await HandshakeFailureAsync(new() { Certificate = Certificates.ExpiredServer() }, Trusting);

        Assert.Contains("The server's certificate expired on", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Untrusted_authority_must_be_named()
    {
        var message = await HandshakeFailureAsync(
            new() { Certificate = new TestCertificates("CN=Stranger").Server() }, Trusting);

        Assert.Contains("not trusted: its issuer 'CN=Stranger'", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_that_the_validation_hook_refuses_must_be_named()
    {
        var message = await HandshakeFailureAsync(
            new() { Certificate = ServerCertificate }, Trusting with { CertificateValidation = (_, _, _, _) => false });

        Assert.Contains("refused by CertificateValidation", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(System.Security.Authentication.SslProtocols.Tls12)]
    [InlineData(System.Security.Authentication.SslProtocols.Tls13)]
    public async Task Missing_client_certificate_must_be_told_on_both_sides(System.Security.Authentication.SslProtocols version)
    {
        var tls = new TlsServerSettings
        {
            Certificate = ServerCertificate,
            RequireClientCertificate = true,
            ClientAuthorities = Certificates.Authorities,
            EnabledProtocols = version,
        };
        await using var listener = Bind(tls);
        var accepting = AcceptAsync(listener);

        var clientMessage = await ClientFailureAsync(listener.LocalAddress, Trusting);
        var refused = await Assert.ThrowsAsync<TransportException>(() => accepting);

        Assert.Equal(CommandFailure.TlsFailed, refused.Reason);
        Assert.Contains("The client presented no certificate.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("client 127.0.0.1:", refused.Message, StringComparison.Ordinal);
        Assert.Contains("certificate", clientMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_certificate_of_a_stranger_must_be_refused()
    {
        var tls = new TlsServerSettings
        {
            Certificate = ServerCertificate,
            RequireClientCertificate = true,
            ClientAuthorities = Certificates.Authorities,
        };
        await using var listener = Bind(tls);
        var accepting = AcceptAsync(listener);

        await ClientFailureAsync(
            listener.LocalAddress, Trusting with { ClientCertificates = [new TestCertificates("CN=Stranger").Client("CN=evil")] });
        var refused = await Assert.ThrowsAsync<TransportException>(() => accepting);

        Assert.Contains("not trusted: its issuer 'CN=Stranger'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_a_certificate_must_be_taken_where_one_is_only_allowed()
    {
        await using var listener = Bind(new() { Certificate = ServerCertificate, AllowClientCertificate = true });
        var accepting = AcceptAsync(listener);

        var client = await DialAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = Trusting });
        var server = await accepting;

        Assert.Null(server.Info.PeerCertificate);
        await client.Stream.DisposeAsync();
        await server.Stream.DisposeAsync();
    }

    [Fact]
    public async Task The_certificate_selector_must_be_asked_at_each_handshake()
    {
        var current = Certificates.Server();
        await using var listener = Bind(new() { CertificateSelector = name => name == "localhost" ? current : throw new InvalidOperationException() });

        foreach (var certificate in new[] { current, Certificates.Server() })
        {
            current = certificate;
            var accepting = AcceptAsync(listener);
            var client = await DialAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = Trusting });
            Assert.Equal(certificate.Thumbprint, client.Info.PeerCertificate!.Thumbprint);
            await (await accepting).Stream.DisposeAsync();
            await client.Stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Plain_bytes_instead_of_TLS_must_be_refused_and_named()
    {
        await using var listener = Bind(new() { Certificate = ServerCertificate });
        var accepting = AcceptAsync(listener);

        using var client = SocketDialer.Create(listener.LocalAddress);
        await client.ConnectAsync(listener.LocalAddress);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        var refused = await Assert.ThrowsAsync<TransportException>(() => accepting);
        Assert.Contains("TLS with client 127.0.0.1:", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_never_speaks_must_run_into_the_handshake_timeout_and_hold_up_nobody()
    {
        var clock = new FakeTimeProvider();
        await using var listener = new TlsListener(
            SocketListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), MqttTransport.Tcp, 10, MqttSocketOptions.Default),
            new() { Certificate = ServerCertificate }, TimeSpan.FromSeconds(10), clock);
        using var silent = SocketDialer.Create(listener.LocalAddress);
        await silent.ConnectAsync(listener.LocalAddress);
        var first = (await listener.AcceptAsync(default))(default);

        var accepting = AcceptAsync(listener);
        await (await DialAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = Trusting })).Stream.DisposeAsync();
        await (await accepting).Stream.DisposeAsync();

        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(10));
        var failure = await Assert.ThrowsAsync<TransportException>(() => first);
        Assert.Contains("it took longer than 10 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_must_survive_clients_that_reset_before_and_during_the_handshake()
    {
        await using var listener = Bind(new() { Certificate = ServerCertificate });
        for (var i = 0; i < 50; i++)
        {
            var socket = SocketDialer.Create(listener.LocalAddress);
            await socket.ConnectAsync(listener.LocalAddress);
            if (i % 2 == 0)
                await socket.SendAsync(new byte[] { 22, 3, 1 });
            SocketControl.Reset(socket);
        }

        var client = DialAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = Trusting });
        StreamLink? good = null;
        while (good is null)
        {
            try
            {
                good = await AcceptAsync(listener).WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (TransportException e)
            {
                Assert.Contains("failed:", e.Message, StringComparison.Ordinal);
            }
        }

        await (await client).Stream.DisposeAsync();
        await good.Stream.DisposeAsync();
    }

    [Fact]
    public async Task A_refused_dial_must_say_that_nothing_listens()
    {
        using var nobody = HeldPort.Refusing();

        var failure = await FailureAsync(new Mqtt.Connect("127.0.0.1", nobody.Port) { Tls = Trusting });

        Assert.Equal(CommandFailure.ConnectFailed, failure.Reason);
        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_must_be_named()
    {
        var failure = await FailureAsync(new Mqtt.Connect("no-such-host.invalid", 8883) { Tls = Trusting });

        Assert.Equal(CommandFailure.ConnectFailed, failure.Reason);
        Assert.Contains("no-such-host.invalid:8883", failure.Message, StringComparison.Ordinal);
        Assert.Contains("resolve", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_shakes_hands_must_run_into_the_dial_timeout()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();

        var failure = await FailureAsync(
            new Mqtt.Connect(silent.LocalEndPoint!) { Tls = Trusting, Timeout = TimeSpan.FromMilliseconds(200) });
        var webSocket = await FailureAsync(
            new Mqtt.Connect(new Uri($"ws://{silent.LocalEndPoint}/mqtt")) { Timeout = TimeSpan.FromMilliseconds(200) });

        Assert.Equal(CommandFailure.ConnectFailed, failure.Reason);
        Assert.Contains("longer than 0.2 s", failure.Message, StringComparison.Ordinal);
        Assert.Contains("longer than 0.2 s", webSocket.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_dial_must_end_as_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StreamTransport.DialAsync(new Mqtt.Connect("127.0.0.1", 1) { Tls = Trusting }, _settings, _network, cancelled.Token));
    }

    [Fact]
    public void Listening_with_TLS_needs_a_certificate()
    {
        var failure = Assert.Throws<TransportException>(() => Bind(new()));

        Assert.Equal(CommandFailure.BindFailed, failure.Reason);
        Assert.Contains("needs a Certificate", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_dials_must_leave_no_file_descriptor_behind()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var listener = Bind(new() { Certificate = new TestCertificates("CN=Stranger").Server() });
        using var nobody = HeldPort.Refusing();
        await FailManyAsync(listener, nobody.Port, 10);
        var before = Descriptors();

        await FailManyAsync(listener, nobody.Port, 100);

        await AwaitAssertAsync(() => Assert.InRange(Descriptors(), 0, before + 20));
    }

    private static int Descriptors()
    {
        GC.Collect();
        return Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }

    private async Task FailManyAsync(IStreamListener listener, int refused, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            var accepting = AcceptAsync(listener);
            await FailureAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = Trusting });
            if (await Record.ExceptionAsync(() => accepting) is null)
                await (await accepting).Stream.DisposeAsync();
            await FailureAsync(new Mqtt.Connect("127.0.0.1", refused) { Tls = Trusting });
            await FailureAsync(new Mqtt.Connect(new Uri($"ws://127.0.0.1:{refused}/mqtt")));
            await FailureAsync(new Mqtt.Connect(new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"none-{Guid.NewGuid():N}"))));
            await FailureAsync(new Mqtt.Connect(new NamedPipeEndPoint($"none-{Guid.NewGuid():N}")));
        }
    }

    private IStreamListener Bind(TlsServerSettings tls) =>
        StreamTransport.Bind(new Mqtt.Bind(TestActor, new IPEndPoint(IPAddress.Loopback, 0)) { Tls = tls }, _settings, _network);

    private Task<StreamLink> DialAsync(Mqtt.Connect connect) => StreamTransport.DialAsync(connect, _settings, _network, CancellationToken.None);

    private Task<TransportException> FailureAsync(Mqtt.Connect connect) => Assert.ThrowsAsync<TransportException>(() => DialAsync(connect));

    private static async Task<StreamLink> AcceptAsync(IStreamListener listener) =>
        await (await listener.AcceptAsync(CancellationToken.None))(CancellationToken.None);

    private async Task<string> HandshakeFailureAsync(TlsServerSettings server, TlsClientSettings client)
    {
        await using var listener = Bind(server);
        var accepting = AcceptAsync(listener);
        var failure = await FailureAsync(new Mqtt.Connect(listener.LocalAddress) { Tls = client });
        // In TLS 1.3 the server's handshake may have ended before the client refuses.
        if (await Record.ExceptionAsync(() => accepting) is null)
            await (await accepting).Stream.DisposeAsync();
        Assert.Equal(CommandFailure.TlsFailed, failure.Reason);
        return failure.Message;
    }

    /// <summary>A client learns of its refusal by the handshake, or, in TLS 1.3, by its first read.</summary>
    private async Task<string> ClientFailureAsync(EndPoint address, TlsClientSettings tls)
    {
        StreamLink link;
        try
        {
            link = await DialAsync(new Mqtt.Connect(address) { Tls = tls });
        }
        catch (TransportException e)
        {
            Assert.Equal(CommandFailure.TlsFailed, e.Reason);
            return e.Message;
        }

        var handler = CreateTestProbe();
        Sys.ActorOf(StreamConnectionActor.Props(link, _settings)).Tell(new Link.Register(handler.Ref), handler.Ref);
        return (await handler.ExpectMsgAsync<Link.ErrorClosed>()).Cause!;
    }
}
