using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Tests;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.AspNetCore.Tests;

/// <summary>The suite over the WebSocket client of ours and an endpoint of Kestrel.</summary>
public class WebSocketTransportSpec(ITestOutputHelper output) : KestrelTransportSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.WebSocket;

    private protected override Task<KestrelServer> StartAsync() =>
        KestrelServer.StartAsync(
            app => app.MapMqtt("/mqtt", Sys, TestActor, new MqttConnectionOptions { Manager = TestActor }),
            ServerCertificate);

    protected override EndPoint Target(IPEndPoint server) => new UriEndPoint(new Uri($"{(ServerCertificate is null ? "ws" : "wss")}://{server}/mqtt"));
}

public sealed class SecureWebSocketTransportSpec(ITestOutputHelper output) : WebSocketTransportSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.SecureWebSocket;

    protected override X509Certificate2? ServerCertificate => TestCertificates.Shared.Server();

    protected override TlsClientSettings? ClientTls => new()
    {
        TrustedAuthorities = TestCertificates.Shared.Authorities,
        ClientCertificates = [TestCertificates.Shared.Client()],
    };

    [Fact]
    public async Task Both_sides_must_know_the_certificate_of_the_other()
    {
        var (client, server) = await ConnectAsync();

        Assert.Equal("CN=localhost", client.Info.PeerCertificate!.Subject);
        Assert.Equal("CN=client", server.Info.PeerCertificate!.Subject);
    }

    [Fact]
    public async Task A_certificate_of_a_stranger_must_be_refused_with_its_own_message()
    {
        await using var server = await StartAsync();
        var connect = new Mqtt.Connect(Target(server.Address)) { Tls = new() { TrustedAuthorities = new TestCertificates("CN=Other").Authorities } };

        var failure = await Assert.ThrowsAsync<TransportException>(() => StreamTransport.DialAsync(connect, Settings, Network, default));

        Assert.Equal(CommandFailure.TlsFailed, failure.Reason);
        Assert.Contains("not trusted", failure.Message, StringComparison.Ordinal);
    }
}

/// <summary>The suite over TLS of ours and Kestrel's plain connections.</summary>
public sealed class KestrelConnectionSpec(ITestOutputHelper output) : KestrelTransportSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.Tls;

    protected override X509Certificate2? ServerCertificate => TestCertificates.Shared.Server();

    protected override TlsClientSettings? ClientTls => new() { TrustedAuthorities = TestCertificates.Shared.Authorities };

    // Kestrel's TLS ends both directions when its side of the pipe ends.
    protected override bool HalfCloses => false;

    private protected override Task<KestrelServer> StartAsync() => KestrelServer.StartAsync(
        _ => { },
        listen =>
        {
            KestrelServer.Secure(listen, ServerCertificate);
            listen.UseMqtt(Sys, TestActor, new MqttConnectionOptions { Manager = TestActor });
        });

    protected override EndPoint Target(IPEndPoint server) => server;
}

public abstract class KestrelTransportSpec(ITestOutputHelper output) : StreamTransportSpec(output), IAsyncLifetime
{
    private KestrelServer? _server;

    protected abstract MqttTransport Kind { get; }

    protected virtual X509Certificate2? ServerCertificate => null;

    protected override EndPoint ListenOn => throw new NotSupportedException("Kestrel listens.");

    // Kestrel tells a reset from a close only by a race.
    protected override bool Resets => false;

    private protected abstract Task<KestrelServer> StartAsync();

    protected abstract EndPoint Target(IPEndPoint server);

    public async Task InitializeAsync() => _server = await StartAsync();

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    private protected override async Task<(StreamLink Client, StreamLink Server)> LinkAsync()
    {
        var dialling = DialAsync(Target(_server!.Address));
        var attach = await ExpectMsgAsync<Mqtt.Attach>();
        Assert.Equal(TestActor, LastSender);
        Assert.Equal(MqttRole.Server, attach.Role);
        return (await dialling, new StreamLink(attach.Stream, attach.Transport));
    }

    [Fact]
    public async Task Both_sides_must_know_addresses_and_the_kind_of_transport()
    {
        var (client, server) = await ConnectAsync();

        Assert.Equal(Kind, client.Info.Kind);
        Assert.Equal(Kind, server.Info.Kind);
        Assert.Equal(client.Info.LocalAddress, server.Info.RemoteAddress);
        Assert.Equal(client.Info.RemoteAddress, server.Info.LocalAddress);
    }

    [Fact]
    public async Task A_client_must_be_told_when_the_server_stops()
    {
        var (client, server) = await ConnectAsync();

        await _server!.DisposeAsync();

        await EndAsync<Link.ConnectionClosed>(server);
        await EndAsync<Link.ConnectionClosed>(client);
    }
}
