using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Tests;
using Akka.Mqtt.Tests.Connection;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.AspNetCore.Tests;

/// <summary>What every connection does, over WebSocket: <c>Mqtt.Connect</c> with a URI and <c>MapMqtt</c> of Kestrel.</summary>
public class WebSocketConnectionSpec(ITestOutputHelper output) : ConnectionBehaviourSpec(output), IAsyncLifetime
{
    private KestrelServer? _server;

    protected override MqttTransport Kind => MqttTransport.WebSocket;

    protected virtual X509Certificate2? Certificate => null;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override async Task OpenAsync(TestProbe commander, TestProbe acceptor)
    {
        _server = await KestrelServer.StartAsync(app => app.MapMqtt("/mqtt", Sys, acceptor, new MqttConnectionOptions()), Certificate);
        var uri = new Uri($"{(Certificate is null ? "ws" : "wss")}://localhost:{_server.Address.Port}/mqtt");
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(uri)
        {
            Tls = Certificate is null ? null : new TlsClientSettings { TrustedAuthorities = TestCertificates.Shared.Authorities },
        });
    }
}

public sealed class SecureWebSocketConnectionSpec(ITestOutputHelper output) : WebSocketConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.SecureWebSocket;

    protected override X509Certificate2? Certificate => TestCertificates.Shared.Server();
}
