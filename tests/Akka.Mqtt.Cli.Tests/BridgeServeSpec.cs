using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A bridge of <c>akka-mqtt serve</c>, from a mosquitto.conf, to a server that is not there yet.</summary>
public sealed class BridgeServeSpec : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_hang_up_reads_users_again_and_says_that_bridges_need_a_restart()
    {
        if (OperatingSystem.IsWindows())
            return;
        await CommandHost.RunAsync("passwd", _folder["users"], "alice", "-b", "one");
        File.WriteAllText(_folder["m.conf"], $"""
            listener 0 127.0.0.1
            password_file {_folder["users"]}
            connection far
            address far.example
            topic a/# out 1
            """);
        await using var serve = await ServeProcess.StartAsync("--mosquitto-conf", _folder["m.conf"], "--set", $"bridges.far.client.servers=[\"unix://{_folder["far"]}\"]");
        await CommandHost.RunAsync("passwd", _folder["users"], "bob", "-b", "two");
        await serve.SignalAsync("HUP");
        var until = Environment.TickCount64 + 60_000;
        while ((await CommandHost.RunAsync("pub", "-p", $"{serve.Addresses[0].Port}", "-u", "bob", "-P", "two", "-t", "b", "-m", "x")).ExitCode != 0)
            Assert.True(Environment.TickCount64 < until, "bob is not known");
        await serve.SignalAsync("TERM");
        Assert.Contains(
            "akka-mqtt: listeners, bridges, limits and all else of the configuration stay as they were at start. Restart the server to change them.", (await serve.ExitAsync()).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_acknowledged_reaches_the_other_server_although_the_process_is_killed_before()
    {
        if (OperatingSystem.IsWindows())
            return; // the other server is at a unix socket: its address is known before it listens
        File.WriteAllText(_folder["m.conf"], $"""
            listener 0 127.0.0.1
            allow_anonymous true
            connection far
            address far.example
            topic a/# out 1
            restart_timeout 1
            """);
        string[] arguments =
        [
            "--mosquitto-conf", _folder["m.conf"], "--data", _folder["data"],
            "--set", $"bridges.far.client.servers=[\"unix://{_folder["far"]}\"]", "--set", "bridges.far.client.first-wait=50ms", "--set", "bridges.far.client.longest-wait=50ms",
        ];
        await using (var serve = await ServeProcess.StartAsync(arguments))
        {
            using var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
            await client.SendAsync(new Connect { ClientId = "publisher" });
            await client.ExpectAsync<ConnAck>();
            // The bridge subscribes on its own: until then nobody is there.
            for (ushort id = 1; ; id++)
            {
                await client.SendAsync(new Publish("a/0", "early") { QoS = QualityOfService.AtLeastOnce, PacketId = id });
                if ((await client.ExpectAsync<PubAck>()).ReasonCode == ReasonCode.Success)
                    break;
                Assert.True(id < ushort.MaxValue);
            }
            for (ushort at = 1; at <= 20; at++)
            {
                await client.SendAsync(new Publish("a/1", $"{at}") { QoS = QualityOfService.AtLeastOnce, PacketId = at });
                Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<PubAck>()).ReasonCode);
            }
            await serve.SignalAsync("KILL");
        }

        await using var again = await ServeProcess.StartAsync(arguments);
        using var system = ActorSystem.Create("far");
        await using var far = await MqttServer.StartAsync(system, MqttServerSettings.Create(ConfigurationFactory.ParseString(
            $"akka.mqtt.server.listeners.tcp {{ transport = unix, path = \"{_folder["far"]}\" }}")));
        var done = new TaskCompletionSource<string[]>();
        var subscriber = system.ActorOf(Props.Create(() => new Collector(done)));
        await far.SubscribeAsync(new Subscription("a/1", QualityOfService.AtLeastOnce), subscriber);
        var got = await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Enumerable.Range(1, 20).Select(each => $"{each}"), got.Distinct());
    }

    private sealed class Collector : ReceiveActor
    {
        private readonly List<string> _got = [];

        public Collector(TaskCompletionSource<string[]> done) => Receive<MqttServer.Messages>(messages =>
        {
            _got.AddRange(messages.Packets.Select(each => each.Payload.ToText()));
            if (_got.Contains("20"))
                done.TrySetResult([.. _got]); // what comes again may follow
        });
    }
}
