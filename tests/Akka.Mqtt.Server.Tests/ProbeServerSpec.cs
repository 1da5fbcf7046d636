using System.Net;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Base of the specs that start servers with settings of their own and look at them over the wire and from inside.</summary>
public abstract class ProbeServerSpec(ITestOutputHelper output)
    : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured("akka.loglevel = DEBUG"), null, output), IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly List<MqttServer> _servers = [];
    private readonly List<MqttProbe> _probes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        DisposeProbes();
        foreach (var server in _servers)
            await server.StopAsync();
    }

    /// <summary>All clients lose their connections: a server that stops would wait for them to close.</summary>
    protected void DisposeProbes()
    {
        foreach (var probe in _probes)
            probe.Dispose();
    }

    protected static MqttServerSettings Settings(string config) => MqttServerSettings.Create(
        ConfigurationFactory.ParseString($"akka.mqtt.server {{ listeners.tcp.port = 0, connection.close-timeout = 1 s\n {config} }}"));

    protected Task<MqttServer> StartAsync(string config = "") => StartAsync(ServerContext.Create(Settings(config)));

    internal async Task<MqttServer> StartAsync(ServerContext context)
    {
        var server = await MqttServer.StartAsync(Sys, context);
        _servers.Add(server);
        return server;
    }

    protected async Task<MqttProbe> DialAsync(MqttServer server, string listener = "tcp")
    {
        var probe = await MqttProbe.ConnectAsync(this, (IPEndPoint)server.Endpoints.First(each => each.Name == listener).Address);
        _probes.Add(probe);
        return probe;
    }

    /// <summary>Sends a CONNECT and takes the CONNACK, whatever it says.</summary>
    protected async Task<(MqttProbe Probe, ConnAck Answer)> ConnectAsync(MqttServer server, Connect connect, string listener = "tcp")
    {
        var probe = await DialAsync(server, listener);
        await probe.SendPacketAsync(connect);
        return (probe, await probe.ExpectPacketAsync<ConnAck>(Soon));
    }

    protected async Task<MqttProbe> ClientAsync(
        MqttServer server, string clientId, MqttVersion version = MqttVersion.V5, uint? expiry = null, string listener = "tcp")
    {
        var (probe, answer) = await ConnectAsync(
            server,
            new Connect
            {
                ClientId = clientId,
                Version = version,
                CleanStart = expiry is null,
                Properties = expiry is null ? null : new ConnectProperties { SessionExpiryInterval = expiry },
            },
            listener);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return probe;
    }

    /// <summary>What the server had to say before a PINGREQ it has said.</summary>
    protected static async Task ExpectNothingAsync(MqttProbe probe)
    {
        await probe.SendPacketAsync(new PingReq());
        await probe.ExpectPacketAsync<PingResp>(Soon);
    }

    /// <summary>A CONNECT is refused with this code, the connection is closed, it is counted once, and one warning has the address.</summary>
    protected async Task ExpectRefusedAsync(MqttServer server, Connect connect, ReasonCode expected, ReasonCode? counted = null)
    {
        var reason = counted ?? expected;
        var before = server.Context.Stats.Refusals(Refused.Connect, reason);
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Warning));
        var (probe, answer) = await ConnectAsync(server, connect);
        Assert.Equal(expected, answer.ReasonCode);
        await probe.ExpectEndAsync(Soon);
        Assert.Equal(before + 1, server.Context.Stats.Refusals(Refused.Connect, reason));
        var line = (Warning)await log.FishForMessageAsync(message => message is Warning info && $"{info.Message}".Contains("refused", StringComparison.Ordinal), Soon);
        Assert.Contains($"{probe.LocalAddress}", $"{line.Message}", StringComparison.Ordinal);
        Sys.EventStream.Unsubscribe(log);
    }
}
