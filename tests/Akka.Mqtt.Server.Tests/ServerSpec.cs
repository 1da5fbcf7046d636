using System.Net;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Base of the end-to-end specs: a server on a port that the system picks, and clients that speak bare packets to it.</summary>
public abstract class ServerSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private readonly List<PacketClient> _clients = [];
    private readonly string _config;

    protected ServerSpec(ITestOutputHelper output, string config = "")
        : base(TestSystem.Configured("akka.loglevel = DEBUG"), null, output) => _config = config;

    /// <summary>Code inside the server.</summary>
    protected virtual MqttServerHooks Hooks { get; } = new();

    protected MqttServer Server { get; private set; } = null!;

    protected IPEndPoint Address => (IPEndPoint)Server.Endpoints[0].Address;

    protected MqttServerSettings Settings(string config = "") => MqttServerSettings.Create(ConfigurationFactory.ParseString(
        $"akka.mqtt.server {{ sys-interval = off, connection.close-timeout = 1 s\n {config}\n {_config}\n listeners.tcp.port = 0 }}"));

    public async Task InitializeAsync() => Server = await MqttServer.StartAsync(Sys, Settings(), Hooks);

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await Server.StopAsync();
    }

    /// <summary>Opens a connection without a packet.</summary>
    protected async Task<PacketClient> DialAsync(MqttVersion version = MqttVersion.V5)
    {
        var client = await PacketClient.DialAsync(Address, version);
        _clients.Add(client);
        return client;
    }

    /// <summary>Opens a connection, sends CONNECT and takes the CONNACK.</summary>
    protected async Task<(PacketClient Client, ConnAck Answer)> ConnectAsync(Connect connect)
    {
        var client = await DialAsync(connect.Version);
        await client.SendAsync(connect);
        return (client, await client.ExpectAsync<ConnAck>());
    }

    protected async Task<PacketClient> ClientAsync(string clientId, MqttVersion version = MqttVersion.V5)
    {
        var (client, answer) = await ConnectAsync(new Connect { ClientId = clientId, Version = version });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return client;
    }

    /// <summary>A client whose session outlives its connection.</summary>
    protected async Task<(PacketClient Client, bool Present)> KeptAsync(string clientId, MqttVersion version = MqttVersion.V5, ushort? receiveMaximum = null)
    {
        var (client, answer) = await ConnectAsync(new Connect
        {
            ClientId = clientId,
            Version = version,
            CleanStart = false,
            Properties = version == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = 3600, ReceiveMaximum = receiveMaximum } : null,
        });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return (client, answer.SessionPresent);
    }

    protected static async Task SubscribeAsync(PacketClient client, params Subscription[] subscriptions)
    {
        await client.SendAsync(new Subscribe(99, subscriptions));
        var answer = await client.ExpectAsync<SubAck>();
        Assert.All(answer.ReasonCodes, code => Assert.True(code < ReasonCode.UnspecifiedError, $"{code}"));
    }
}
