using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A bridge between two servers of one process: near has it, far is the other one.</summary>
public class BridgeSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private readonly string _address = $"far-{Guid.NewGuid():N}";
    private IActorRef _listener = ActorRefs.Nobody;

    [Theory]
    [InlineData("5.0")]
    [InlineData("3.1.1")]
    [InlineData("3.1")]
    [Proves("3.1.1", "MQTT-7.0.0-1")]
    public async Task Messages_go_both_ways_once_and_not_back(string version)
    {
        var far = await FarAsync();
        var near = await NearAsync($$"""client.version = "{{version}}", topics = [{ filter = "a/#", direction = both, qos = 2, remote-prefix = "near/" }]""");
        await ConnectedAsync(near, far);
        var (here, there) = (await SubscribeAsync(near, "#"), await SubscribeAsync(far, "#"));

        await near.PublishAsync(Message("a/1", "out", QualityOfService.ExactlyOnce));
        Assert.Equal(("near/a/1", "out", QualityOfService.ExactlyOnce), await NextAsync(there));
        await far.PublishAsync(Message("near/a/2", "in", QualityOfService.AtLeastOnce));
        Assert.Equal(("a/2", "in", QualityOfService.AtLeastOnce), await NextAsync(here, skip: "a/1"));
        Assert.Equal(("near/a/2", "in", QualityOfService.AtLeastOnce), await NextAsync(there));

        // Whatever came back would come before these.
        await near.PublishAsync(Message("a/3", "last"));
        Assert.Equal(("a/3", "last"), Two(await NextAsync(here)));
        Assert.Equal(("near/a/3", "last"), Two(await NextAsync(there)));
        await far.PublishAsync(Message("near/a/4", "last"));
        Assert.Equal(("near/a/4", "last"), Two(await NextAsync(there)));
        Assert.Equal(("a/4", "last"), Two(await NextAsync(here)));
    }

    [Theory]
    [InlineData("5.0", "on", true)]
    [InlineData("3.1.1", "on", true)]
    [InlineData("5.0", "off", false)]
    public async Task Retained_messages_stay_retained_on_the_other_side_unless_they_should_not(string version, string outgoing, bool expected)
    {
        var far = await FarAsync();
        var near = await NearAsync($$"""client.version = "{{version}}", outgoing-retain = {{outgoing}}, topics = [{ filter = "a/#" }]""");
        await ConnectedAsync(near, far);
        var there = await SubscribeAsync(far, "a/#");
        await near.PublishAsync(Message("a/1", "x") with { Retain = true });
        await NextAsync(there);
        Assert.Equal(expected, far.Context.Retained.Count == 1);
    }

    [Fact]
    public async Task What_is_published_while_the_other_server_is_away_waits_for_it_in_order()
    {
        var near = await NearAsync("""topics = [{ filter = "a/#", qos = 2 }], client { first-wait = 20 ms, longest-wait = 20 ms, receive-maximum = 7 }""");
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        for (var at = 0; at < 100; at++)
            await near.PublishAsync(Message("a/1", $"{at}", at % 2 == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce));

        var far = await FarAsync(listens: false);
        var there = await SubscribeAsync(far, "a/#");
        await ListenAsync(far);
        for (var at = 0; at < 100; at++)
            Assert.Equal($"{at}", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task What_waits_for_the_other_server_survives_a_restart_of_a_durable_server()
    {
        const string Bridge = """topics = [{ filter = "a/#" }], client { first-wait = 20 ms, longest-wait = 20 ms }""";
        var engine = new MemoryEngine(new Core.SessionLimits { MaxQueuedMessages = 1000, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 32, MaxInflightBytes = 1 << 20 });
        var near = await NearAsync(Bridge, engine);
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        for (var at = 0; at < 10; at++)
            await near.PublishAsync(Message("a/1", $"{at}"));
        var next = engine.Crash(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await near.StopAsync();

        var far = await FarAsync(listens: false);
        var there = await SubscribeAsync(far, "a/#");
        await NearAsync(Bridge, next);
        await ListenAsync(far);
        for (var at = 0; at < 10; at++)
            Assert.Equal($"{at}", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task A_message_that_the_other_server_refuses_does_not_stop_those_behind_it()
    {
        var far = await FarAsync(hooks: new MqttServerHooks { Authorizer = new Forbids("a/secret") });
        var near = await NearAsync("""topics = [{ filter = "a/#" }]""");
        await ConnectedAsync(near, far);
        var there = await SubscribeAsync(far, "a/#");
        await near.PublishAsync([Message("a/1", "1"), Message("a/secret", "2"), Message("a/1", "3")]);
        Assert.Equal("1", (await NextAsync(there)).Text);
        Assert.Equal("3", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task Nobody_takes_the_session_of_a_bridge_by_its_client_identifier()
    {
        var far = await FarAsync();
        var near = await NearAsync("""topics = [{ filter = "a/#" }]""");
        await ConnectedAsync(near, far);
        var there = await SubscribeAsync(far, "a/#");
        var (_, answer) = await ConnectAsync(near, new Connect { ClientId = "bridge.b", CleanStart = false });
        Assert.Equal((ReasonCode.Success, false), (answer.ReasonCode, answer.SessionPresent));
        await near.PublishAsync(Message("a/1", "still here"));
        Assert.Equal("still here", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task A_bridge_needs_no_credentials_at_its_own_server()
    {
        var far = await FarAsync();
        var near = await NearAsync("""topics = [{ filter = "a/#", direction = both }]""", settings: "allow-anonymous = off");
        await ConnectedAsync(near, far);
        var there = await SubscribeAsync(far, "a/#");
        await near.PublishAsync(Message("a/1", "x"));
        Assert.Equal("x", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task It_says_whether_it_is_connected()
    {
        var near = await NearAsync("""topics = [{ filter = "a/#" }], notifications = both, notification-topic = "state/b", client { first-wait = 20 ms, longest-wait = 20 ms }""");
        var here = await SubscribeAsync(near, "state/b");
        Assert.Equal("0", (await NextAsync(here)).Text);
        var far = await FarAsync();
        Assert.Equal("1", (await NextAsync(here)).Text);
        var there = await SubscribeAsync(far, "state/b");
        Assert.Equal("1", (await NextAsync(there)).Text);
        await near.StopAsync();
        Assert.Equal("0", (await NextAsync(there)).Text);
    }

    [Fact]
    public async Task A_server_that_does_not_know_bridges_is_met_as_by_an_ordinary_client()
    {
        // It speaks to a bare connection, which refuses the first CONNECT as a server of the standard does.
        var near = await NearAsync("""client.version = "3.1.1", topics = [{ filter = "a/#" }]""");
        var sockets = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Bind(sockets, new InMemoryEndPoint(_address)), sockets);
        _listener = (await sockets.ExpectMsgAsync<Mqtt.Bound>(Soon)).Listener;
        var connects = new List<bool>();
        while (connects.Count < 2)
        {
            var connected = (Mqtt.Connected)await sockets.FishForMessageAsync(message => message is Mqtt.Connected, Soon);
            var handler = CreateTestProbe();
            connected.Connection.Tell(new Mqtt.Register(handler));
            var connect = (Connect)await handler.FishForMessageAsync(message => message is Connect, Soon);
            connects.Add(connect.IsBridge);
            connected.Connection.Tell(new ConnAck { ReasonCode = connect.IsBridge ? ReasonCode.UnsupportedProtocolVersion : ReasonCode.Success });
        }
        Assert.Equal([true, false], connects);
        _listener.Tell(Mqtt.Unbind.Instance);
        Assert.Single(near.Settings.Bridges);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V31)]
    public async Task A_bridge_of_another_server_gets_none_of_its_own_messages_and_sees_RETAIN(MqttVersion version)
    {
        var server = await StartAsync();
        var (bridge, answer) = await ConnectAsync(server, new Connect { ClientId = "b", Version = version, IsBridge = true });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        await bridge.SendPacketAsync(new Subscribe(1, new Subscription("#", QualityOfService.AtMostOnce)));
        await bridge.ExpectPacketAsync<SubAck>(Soon);
        await bridge.SendPacketAsync(new Publish("a", "mine"));
        await ExpectNothingAsync(bridge);
        await server.PublishAsync(new Publish("a", "yours") { Retain = true });
        Assert.True((await bridge.ExpectPacketAsync<Publish>(Soon)).Retain);
    }

    private static Publish Message(string topic, string text, QualityOfService qos = QualityOfService.AtLeastOnce) => new(topic, text) { QoS = qos };

    private static (string, string) Two((string Topic, string Text, QualityOfService QoS) message) => (message.Topic, message.Text);

    private async Task<MqttServer> FarAsync(bool listens = true, MqttServerHooks? hooks = null)
    {
        var far = await StartAsync(ServerContext.Create(Settings("sys-interval = off"), hooks));
        if (listens)
            await ListenAsync(far);
        return far;
    }

    private async Task ListenAsync(MqttServer far)
    {
        var binder = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Bind(far.Acceptor, new InMemoryEndPoint(_address)), binder);
        _listener = (await binder.ExpectMsgAsync<Mqtt.Bound>(Soon)).Listener;
    }

    private async Task<MqttServer> NearAsync(string bridge, MemoryEngine? engine = null, string settings = "")
    {
        var context = ServerContext.Create(
            Settings($$"""
                sys-interval = off
                {{settings}}
                bridges.b { client.servers = ["memory://{{_address}}"], client.client-id = the-bridge }
                bridges.b { {{bridge}} }
                """),
            new MqttServerHooks { Storage = engine is null ? null : new MemoryStorage(engine) });
        if (engine is not null)
            context = await Sessions.DurableStart.OpenAsync(context, context.Hooks.Storage!, node: null, Sys.Log, default);
        return await StartAsync(context);
    }

    /// <summary>The bridge has subscribed at both ends.</summary>
    private async Task ConnectedAsync(MqttServer near, MqttServer far)
    {
        var topics = Assert.Single(near.Settings.Bridges).Topics;
        await AwaitAssertAsync(
            () =>
            {
                Assert.True(near.Context.Stats.Subscriptions >= topics.Count(each => each.IsOut));
                Assert.True(far.Context.Stats.Subscriptions >= topics.Count(each => each.IsIn));
                Assert.Equal(1, far.Context.Stats.Connected);
            },
            Soon);
    }

    private async Task<TestProbe> SubscribeAsync(MqttServer server, string filter)
    {
        var probe = CreateTestProbe();
        await server.SubscribeAsync(new Subscription(filter, QualityOfService.ExactlyOnce), probe);
        return probe;
    }

    private readonly Dictionary<TestProbe, Queue<Publish>> _got = [];

    private async Task<(string Topic, string Text, QualityOfService QoS)> NextAsync(TestProbe probe, string? skip = null)
    {
        if (!_got.TryGetValue(probe, out var queue))
            _got.Add(probe, queue = new Queue<Publish>());
        while (true)
        {
            while (queue.Count == 0)
            {
                foreach (var packet in (await probe.ExpectMsgAsync<MqttServer.Messages>(Soon)).Packets)
                    queue.Enqueue(packet);
            }
            var next = queue.Dequeue();
            if (next.Topic != skip)
                return (next.Topic, next.Payload.ToText(), next.QoS);
        }
    }

    private sealed class Forbids(string topic) : IAuthorizer
    {
        public bool MayPublish(ClientIdentity client, string name) => name != topic;

        public bool MaySubscribe(ClientIdentity client, string filter) => true;

        public bool MayReceive(ClientIdentity client, string name) => true;
    }
}
