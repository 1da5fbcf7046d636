using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>akka-mqtt serve --cluster-port</c>: several processes, one server for clients.</summary>
public class ClusterServeSpec
{
    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect { ClientId = clientId });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    [Fact]
    public async Task A_message_that_is_published_to_one_process_reaches_a_subscriber_of_another()
    {
        using var port = HeldPort.ToListenOn();
        await using var first = await ServeProcess.StartAsync("--port", "0", "--warm-up", "0", "--cluster-port", $"{port.Port}");
        await using var second = await ServeProcess.StartAsync("--port", "0", "--warm-up", "0", "--cluster-port", "0", "--seed", $"127.0.0.1:{port.Port}");
        using var subscriber = await ConnectAsync(second, "subscriber");
        await subscriber.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.AtLeastOnce)));
        await subscriber.ExpectAsync<SubAck>();
        using var publisher = await ConnectAsync(first, "publisher");
        // Until the nodes know each other, nobody wants the message, which the answer says.
        var until = Environment.TickCount64 + 60_000;
        for (ushort at = 1; ; at++)
        {
            await publisher.SendAsync(new Publish("a", $"{at}") { QoS = QualityOfService.AtLeastOnce, PacketId = at });
            if ((await publisher.ExpectAsync<PubAck>()).ReasonCode == ReasonCode.Success)
                break;
            Assert.True(Environment.TickCount64 < until, "the nodes do not find each other");
        }
        Assert.Equal("a", (await subscriber.ExpectAsync<Publish>()).Topic);
    }

    [Fact]
    public async Task A_node_that_the_others_remove_ends_with_exit_code_1_and_one_line_that_says_why()
    {
        using var port = HeldPort.ToListenOn();
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--cluster-port", $"{port.Port}", "--log-level", "off");
        var seed = $"akka.tcp://{ServeOptions.SystemName}@127.0.0.1:{port.Port}";
        using var other = ActorSystem.Create(ServeOptions.SystemName, ConfigurationFactory.ParseString(
            $$"""
            akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = cluster, cluster.seed-nodes = ["{{seed}}"] }
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            """));
        var cluster = Akka.Cluster.Cluster.Get(other);
        var joined = new TaskCompletionSource();
        cluster.RegisterOnMemberUp(joined.SetResult);
        await joined.Task.WaitAsync(TimeSpan.FromSeconds(60));
        cluster.Down(Address.Parse(seed));
        var (exitCode, _, errors) = await serve.ExitAsync();
        Assert.Equal(1, exitCode);
        Assert.Equal(["akka-mqtt: the server ends, because this node is no longer a member of the cluster. Start it again."], errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_seed_may_be_a_name_with_several_addresses()
    {
        using var port = HeldPort.ToListenOn();
        await using var second = await ServeProcess.StartAsync("--port", "0", "--metrics-port", "0", "--cluster-port", "0", "--seed", $"localhost:{port.Port}");
        await using var first = await ServeProcess.StartAsync("--port", "0", "--cluster-port", $"{port.Port}"); // after the one that looks for it
        var page = new Uri(second.Addresses[1].GetLeftPart(UriPartial.Authority));
        var until = Environment.TickCount64 + 60_000;
        while ((await CommandHost.RunAsync("ping", "--ready", $"{page}")).ExitCode != 0)
            Assert.True(Environment.TickCount64 < until, "the node does not join");
    }

    [Fact]
    public void The_options_count_before_the_file_and_the_file_before_the_defaults()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], """
            akka.mqtt.cluster.window = 5 MiB
            akka.remote.dot-netty.tcp { hostname = "127.0.0.2", port = 1 }
            akka.cluster.downing-provider-class = mine
            """);
        var (config, _) = ServeConfiguration.Read(new ServeOptions { File = folder["file"], ClusterPort = 4053 });
        Assert.Equal(5 << 20, MqttClusterSettings.Create(config.GetConfig(MqttClusterSettings.Section)).Window);
        Assert.Equal(["akka.tcp://akka-mqtt@127.0.0.2:4053"], config.GetStringList("akka.cluster.seed-nodes"));
        Assert.Equal(4053, config.GetInt("akka.remote.dot-netty.tcp.port"));
        Assert.Equal("mine", config.GetString("akka.cluster.downing-provider-class"));
        Assert.Equal("cluster", config.GetString("akka.actor.provider"));
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("akka.cluster.split-brain-resolver.active-strategy = keep-oldest", 10)]
    [InlineData("akka.cluster.split-brain-resolver.stable-after = 30s", 30)]
    public async Task A_node_that_cannot_be_reached_is_removed_after_10_s_unless_the_file_says_otherwise(string file, int seconds)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], file);
        var (config, _) = ServeConfiguration.Read(new ServeOptions { File = folder["file"], ClusterPort = 0, Seeds = ["127.0.0.1:1"] });
        var system = ActorSystem.Create("akka-mqtt", config);
        Assert.Equal(TimeSpan.FromSeconds(seconds), system.Settings.Config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after"));
        await system.Terminate();
    }

    [Theory]
    [InlineData("--cluster-port 0", "--seed")]
    [InlineData("--seed 127.0.0.1:4053", "--cluster-port")]
    [InlineData("--cluster-port 4053 --seed here", "HOST:PORT")]
    [InlineData("--cluster-cert a --cluster-key b --cluster-ca c", "--cluster-port")]
    [InlineData("--cluster-port 4053 --cluster-cert a --cluster-ca c", "belong together")]
    [InlineData("--cluster-port 4053 --cluster-cert missing.crt --cluster-key b --cluster-ca c", "missing.crt")]
    [InlineData("--cluster-port 4053 --cluster-host a\"b", "--cluster-host")]
    public async Task Options_that_make_no_cluster_are_an_error_that_names_them(string arguments, string named)
    {
        var (exitCode, _, errors) = await CommandHost.RunAsync(["serve", .. arguments.Split(' ')]);
        Assert.Equal(2, exitCode);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }
}
