using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes that do not fit together, and messages between nodes that are damaged: logged once, and the others go on.</summary>
public sealed class RefusedNodeSpec(ITestOutputHelper output) : ClusterSpec(output, config: "akka.mqtt.cluster { join-timeout = 300 ms, resend-interval = 20 ms }")
{
    private static readonly Publish Message = new("a", "x") { QoS = QualityOfService.AtLeastOnce };

    /// <summary>What a node logs from now on, from a level on.</summary>
    private TestProbe LogOf<T>(ActorSystem system)
        where T : LogEvent
    {
        var probe = CreateTestProbe();
        system.EventStream.Subscribe(probe, typeof(T));
        return probe;
    }

    private static ValueTask<T> FindAsync<T>(TestProbe log, string text)
        where T : LogEvent =>
        log.FishForMessageAsync<T>(each => $"{each.Message}".Contains(text, StringComparison.Ordinal), Soon);

    private static Task<MqttServer> StartServerAsync(ActorSystem system, string settings) => MqttServer.StartAsync(
        system,
        MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {settings}\n listeners.tcp.port = 0 }}")),
        new MqttServerHooks { Cluster = new MqttCluster() });

    private async Task<(PacketClient One, PacketClient Two)> SubscribersAsync()
    {
        var subscribers = (await SubscriberAsync(First, "one", "a"), await SubscriberAsync(Second, "two", "a"));
        await RouteAsync(First, "a");
        await RouteAsync(Second, "a");
        return subscribers;
    }

    /// <summary>Messages pass in both directions.</summary>
    private async Task CheckAsync((PacketClient One, PacketClient Two) subscribers)
    {
        var (one, two) = subscribers;
        foreach (var server in new[] { First, Second })
        {
            Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message).WaitAsync(Soon));
            Assert.Equal("x", (await one.ExpectAsync<Publish>()).Payload.ToText());
            Assert.Equal("x", (await two.ExpectAsync<Publish>()).Payload.ToText());
        }
    }

    [Fact]
    public async Task A_node_of_another_cluster_name_does_not_join_and_logs_which_name_its_seed_must_have()
    {
        using var system = ActorSystem.Create("other", ConfigurationFactory.ParseString("akka.mqtt.cluster.join-timeout = 300 ms").WithFallback(Sys.Settings.Config));
        var log = LogOf<Warning>(system);
        var server = await StartServerAsync(system, "");
        global::Akka.Cluster.Cluster.Get(system).Join(Nodes[0].Cluster.SelfAddress);
        var warning = await FindAsync<Warning>(log, "has joined no cluster");
        Assert.Contains("with an actor system of the name other", $"{warning.Message}", StringComparison.Ordinal);
        Assert.False(server.Health.IsReady);
        await CheckAsync(await SubscribersAsync());
        await server.StopAsync();
        await system.Terminate();
    }

    [Fact]
    public async Task A_node_whose_server_has_another_name_is_logged_with_what_to_set_and_the_others_go_on()
    {
        var subscribers = await SubscribersAsync();
        var log = LogOf<Warning>(Sys);
        var silent = JoinSystem();
        var server = await StartServerAsync(silent, "name = other");
        var warning = await FindAsync<Warning>(log, "takes no messages");
        Assert.Contains("akka.mqtt.server.name", $"{warning.Message}", StringComparison.Ordinal);
        await CheckAsync(subscribers);
        await server.StopAsync();
    }

    [Fact]
    public async Task A_frame_that_is_damaged_is_dropped_and_logged_once_and_the_node_goes_on()
    {
        var log = LogOf<Error>(Nodes[1].System);
        var peer = CreateTestProbe(); // speaks for the first node, on a link of its own
        var cluster = Sys.ActorSelection(new RootActorPath(Nodes[1].Cluster.SelfAddress) / "user" / "mqtt-server" / "cluster");
        await AwaitAssertAsync(OpenAsync, Soon); // again until it is answered, as a link does
        var inbox = peer.LastSender;
        for (var link = 100; link < 103; link++)
            await AwaitAssertAsync(() => SendAsync(link), Soon); // the real link may come between
        await FindAsync<Error>(log, "cannot be read");
        await CheckAsync(await SubscribersAsync()); // the real link begins again
        while (log.HasMessages)
            Assert.DoesNotContain("cannot be read", $"{(await log.ExpectMsgAsync<Error>()).Message}", StringComparison.Ordinal);

        async Task OpenAsync()
        {
            cluster.Tell(new OpenLink(Nodes[0].Cluster.SelfUniqueAddress, 99, Asked: 1), peer);
            await peer.FishForMessageAsync(static each => each is LinkOpened, TimeSpan.FromSeconds(1));
        }

        async Task SendAsync(long link)
        {
            inbox.Tell(new OpenLink(Nodes[0].Cluster.SelfUniqueAddress, link, Asked: 1), peer);
            inbox.Tell(new Frame(link, 1, false, new byte[] { 0xEE, 1, 2 }), peer);
            await peer.FishForMessageAsync(each => each is FrameTaken taken && taken.Link == link, TimeSpan.FromSeconds(1));
        }
    }
}
