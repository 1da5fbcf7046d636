using System.Collections.Concurrent;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Tests.EndToEnd;

/// <summary>The end of an actor system drains the servers in it, whoever ends it.</summary>
public sealed class SystemShutdownSpec
{
    private static readonly Config Settings = ConfigurationFactory.ParseString("akka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }");

    public static TheoryData<string> Ends => ["terminate", "coordinated-shutdown", "stop"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Clients_are_told_0x8B_and_the_end_leaves_no_dead_letters(string end)
    {
        var letters = new ConcurrentQueue<object>();
        var system = TestSystem.Create("server", ConfigurationFactory.ParseString("akka.stdout-loglevel = WARNING"));
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Collector(letters)).WithDeploy(Deploy.Local)), typeof(DeadLetter));
        var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(Settings));
        var address = (IPEndPoint)server.Endpoints[0].Address;
        using var five = await PacketClient.DialAsync(address, MqttVersion.V5);
        using var three = await PacketClient.DialAsync(address, MqttVersion.V311);
        foreach (var (client, version) in new[] { (five, MqttVersion.V5), (three, MqttVersion.V311) })
        {
            await client.SendAsync(new Connect { ClientId = $"{version}", Version = version });
            await client.ExpectAsync<ConnAck>();
            await client.SendAsync(new Subscribe(1, "t"));
            await client.ExpectAsync<SubAck>();
        }

        var ended = end switch
        {
            "terminate" => system.Terminate(),
            "stop" => server.StopAsync(),
            _ => CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance),
        };
        await five.ExpectAsync(new Disconnect(ReasonCode.ServerShuttingDown));
        await five.ExpectClosedAsync();
        await three.ExpectClosedAsync();
        five.Dispose();
        three.Dispose();
        await ended;
        await server.StopAsync(); // once more does no harm, also when the system is gone
        await system.Terminate();
        Assert.Empty(letters);
    }

    [Fact]
    public async Task Clients_that_are_disconnected_by_a_stop_receive_the_wills_of_the_others_before()
    {
        const int clients = 10;
        var system = TestSystem.Create("server");
        var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(Settings));
        List<PacketClient> all = [];
        for (var at = 0; at < clients; at++)
        {
            var client = await PacketClient.DialAsync((IPEndPoint)server.Endpoints[0].Address, MqttVersion.V5);
            // Each has a will and receives those of all: the order in which they are disconnected must not matter.
            await client.SendAsync(new Connect { ClientId = $"c{at}", Will = new Will($"will/{at}", "x") });
            await client.ExpectAsync<ConnAck>();
            await client.SendAsync(new Subscribe(1, "will/+"));
            await client.ExpectAsync<SubAck>();
            all.Add(client);
        }
        var stopping = server.StopAsync();
        foreach (var client in all)
        {
            List<string> wills = [];
            for (var at = 0; at < clients; at++)
                wills.Add((await client.ExpectAsync<Publish>()).Topic);
            Assert.Equal(clients, wills.Distinct().Count());
            await client.ExpectAsync(new Disconnect(ReasonCode.ServerShuttingDown));
            client.Dispose();
        }
        await stopping;
        await system.Terminate();
    }

    [Fact]
    public async Task A_server_that_has_stopped_is_not_stopped_again_with_its_system()
    {
        var system = TestSystem.Create("server");
        var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(Settings));
        await server.StopAsync();
        var second = await MqttServer.StartAsync(system, MqttServerSettings.Create(Settings));
        await system.Terminate();
        Assert.True(server.Context.Stopped.IsCancellationRequested);
        Assert.True(second.Context.Stopped.IsCancellationRequested);
    }

    [Fact]
    public async Task A_system_that_does_not_run_CoordinatedShutdown_at_its_end_closes_connections_at_once()
    {
        var system = TestSystem.Create("server", ConfigurationFactory.ParseString("akka.coordinated-shutdown.run-by-actor-system-terminate = off"));
        var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(Settings));
        using var client = await PacketClient.DialAsync((IPEndPoint)server.Endpoints[0].Address, MqttVersion.V311);
        await client.SendAsync(new Connect { ClientId = "c", Version = MqttVersion.V311 });
        await client.ExpectAsync<ConnAck>();
        await system.Terminate();
        await client.ExpectClosedAsync();
        await server.StopAsync();
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(ConcurrentQueue<object> letters) => Receive<DeadLetter>(letters.Enqueue);
    }
}
