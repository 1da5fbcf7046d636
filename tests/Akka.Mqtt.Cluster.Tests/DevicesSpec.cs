using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Akka.TestKit;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Clients of any node as addresses, from any node. The tests share one cluster.</summary>
public sealed class DevicesSpec(DevicesSpec.TwoNodes cluster) : IClassFixture<DevicesSpec.TwoNodes>
{
    private MqttDevices Devices => MqttDevices.Get(cluster.Sys);

    private MqttServer First => cluster.ServerOf(0);

    private MqttServer Second => cluster.ServerOf(1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_message_reaches_a_client_wherever_it_is_connected_and_whatever_it_has_subscribed_to(int node)
    {
        var client = await cluster.ConnectAsync(cluster.ServerOf(node), "lamp1");
        for (var at = 0; at < 2; at++)
        {
            var packet = new Publish("lamp/set", $"{at}") { QoS = QualityOfService.AtLeastOnce, Retain = true, Properties = new PublishProperties { ContentType = "x", TopicAlias = 3 } };
            Assert.Equal(new MqttDevices.Reached("lamp1"), await Devices.SendAsync("lamp1", packet));
            var received = await client.ExpectAsync<Publish>();
            Assert.Equal(("lamp/set", $"{at}", QualityOfService.AtLeastOnce, false), (received.Topic, received.Payload.ToText(), received.QoS, received.Retain));
            Assert.Equal("x", received.Properties?.ContentType);
            await client.SendAsync(new PubAck(received.PacketId));
        }
    }

    [Fact]
    public async Task A_client_that_has_moved_to_another_node_is_found_there()
    {
        await cluster.ConnectAsync(Second, "lamp2");
        Assert.IsType<MqttDevices.Reached>(await Devices.SendAsync("lamp2", new Publish("a", "1")));
        await cluster.ConnectAsync(First, "other");
        var moved = await cluster.ConnectAsync(First, "lamp2");
        Assert.IsType<MqttDevices.Reached>(await Devices.SendAsync("lamp2", new Publish("a", "2")));
        Assert.Equal("2", (await moved.ExpectAsync<Publish>()).Payload.ToText());
    }

    [Fact]
    public async Task A_client_that_is_away_and_one_that_nobody_knows_have_answers_of_their_own()
    {
        var client = await cluster.OpenAsync(Second);
        await client.SendAsync(new Connect { ClientId = "away", Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        await client.ExpectAsync<ConnAck>();
        await client.SendAsync(new Disconnect());
        await client.ExpectClosedAsync();
        await cluster.AwaitAssertAsync(async () => Assert.Equal(new MqttDevices.NotConnected("away"), await Devices.SendAsync("away", new Publish("a", "x"))));
        Assert.Equal(new MqttDevices.NotConnected("away"), await Devices.DisconnectAsync("away"));
        Assert.Equal(new MqttDevices.Unknown("nobody"), await Devices.SendAsync("nobody", new Publish("a", "x")));
        Assert.IsType<MqttDevices.Reached>(await Devices.Actor.Ask<MqttDevices.Answer>(new MqttDevices.Disconnect("away") { EndSession = true }));
        await cluster.AwaitAssertAsync(async () => Assert.Equal(new MqttDevices.Unknown("away"), await Devices.SendAsync("away", new Publish("a", "x"))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_client_answers_a_question_wherever_it_is_connected(int node)
    {
        var client = await cluster.ConnectAsync(cluster.ServerOf(node), "lamp4");
        var asking = Devices.RequestAsync("lamp4", new Publish("lamp/state", "?") { QoS = QualityOfService.AtLeastOnce });
        var question = await client.ExpectAsync<Publish>();
        Assert.StartsWith("devices/answers/", question.Properties!.ResponseTopic, StringComparison.Ordinal);
        await client.SendAsync(new PubAck(question.PacketId));
        await client.SendAsync(new Publish(question.Properties.ResponseTopic!, "on") { Properties = new PublishProperties { CorrelationData = question.Properties.CorrelationData } });
        var reply = Assert.IsType<MqttDevices.Reply>(await asking);
        Assert.Equal(("lamp4", "on"), (reply.ClientId, reply.Packet.Payload.ToText()));
    }

    [Fact]
    public async Task A_client_that_does_not_answer_and_one_that_cannot_have_answers_of_their_own()
    {
        await cluster.ConnectAsync(Second, "mute");
        Assert.Equal(new MqttDevices.NoReply("mute"), await Devices.RequestAsync("mute", new Publish("a", "?"), TimeSpan.FromMilliseconds(50)));
        await cluster.ConnectAsync(Second, "old", MqttVersion.V311);
        var refused = Assert.IsType<MqttDevices.Refused>(await Devices.RequestAsync("old", new Publish("a", "?")));
        Assert.Equal(ReasonCode.ImplementationSpecificError, refused.Reason);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused()
    {
        await cluster.ConnectAsync(Second, "lamp6");
        Assert.Equal(ReasonCode.TopicNameInvalid, Assert.IsType<MqttDevices.Refused>(await Devices.SendAsync("lamp6", new Publish("a/#", "x"))).Reason);
        Assert.Equal(ReasonCode.PacketTooLarge, Assert.IsType<MqttDevices.Refused>(await Devices.SendAsync("lamp6", new Publish("a", new byte[70_000]))).Reason);
    }

    [Fact]
    public async Task A_client_is_disconnected_wherever_it_is_connected()
    {
        var client = await cluster.ConnectAsync(Second, "lamp7");
        Assert.Equal(new MqttDevices.Reached("lamp7"), await Devices.DisconnectAsync("lamp7"));
        Assert.Equal(ReasonCode.AdministrativeAction, (await client.ExpectAsync<Akka.Mqtt.Protocol.Disconnect>()).ReasonCode);
    }

    [Fact]
    public async Task Sessions_of_all_nodes_are_listed_page_by_page_with_their_nodes()
    {
        var expected = new List<(string, Address)>();
        for (var at = 0; at < 7; at++)
        {
            await cluster.ConnectAsync(cluster.ServerOf(at % 2), $"list{at}");
            expected.Add(($"list{at}", cluster.AddressOf(at % 2)));
        }
        var found = new List<(string, Address)>();
        for (var command = new MqttDevices.GetClients { After = "list", Limit = 3 }; ;)
        {
            var page = Assert.IsType<MqttDevices.ClientPage>(await Devices.GetClientsAsync(command));
            Assert.InRange(page.Clients.Count, 0, 3);
            Assert.Empty(page.Missing);
            Assert.True(page.Total >= 7);
            found.AddRange(page.Clients.Where(each => each.Client.ClientId.StartsWith("list", StringComparison.Ordinal)).Select(each => (each.Client.ClientId, each.Node)));
            if (page.Next is not { } next)
                break;
            command = command with { After = next };
        }
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task A_subscriber_is_told_who_comes_and_goes_on_all_nodes()
    {
        var probe = cluster.CreateTestProbe();
        Devices.Actor.Tell(new MqttDevices.Subscribe(probe));
        await probe.ExpectMsgAsync<MqttDevices.Subscribed>();
        await AwaitEventsAsync(probe);
        var (here, there) = (cluster.AddressOf(0), cluster.AddressOf(1));
        await cluster.ConnectAsync(Second, "lamp9");
        Assert.Equal(there, Assert.IsType<MqttDevices.Online>(await NextAsync(probe, "lamp9")).Node);
        var taking = await cluster.ConnectAsync(First, "lamp9");
        MqttDevices.Event[] two = [await NextAsync(probe, "lamp9"), await NextAsync(probe, "lamp9")];
        Assert.Contains(new MqttDevices.TakenOver(there, "lamp9"), two);
        Assert.Equal(here, Assert.Single(two.OfType<MqttDevices.Online>()).Node);
        await taking.SendAsync(new Akka.Mqtt.Protocol.Disconnect());
        var offline = Assert.IsType<MqttDevices.Offline>(await NextAsync(probe, "lamp9"));
        Assert.Equal((here, "lamp9", ReasonCode.Success), (offline.Node, offline.ClientId, offline.Reason));
        Devices.Actor.Tell(new MqttDevices.Unsubscribe(probe));
    }

    /// <summary>The next event of a client. Those of other tests may end meanwhile, by their Keep Alive.</summary>
    private static async Task<MqttDevices.Event> NextAsync(TestProbe probe, string clientId) => (MqttDevices.Event)await probe.FishForMessageAsync(
        message => message switch
        {
            MqttDevices.Online online => online.ClientId == clientId,
            MqttDevices.Offline offline => offline.ClientId == clientId,
            MqttDevices.TakenOver taken => taken.ClientId == clientId,
            _ => false,
        },
        TwoNodes.Patience);

    /// <summary>Waits until the events of both nodes come, and until none of an event before is on its way.</summary>
    private async Task AwaitEventsAsync(TestProbe probe)
    {
        for (var at = 0; at < 2; at++)
        {
            // A node that has not heard of the subscription yet has no event for it, so a client comes and goes until its events are there. They may be late: a node sends
            // them in order, so that nothing of the clients before follows when the last one has gone.
            var isThere = false;
            for (var attempt = 0; !isThere; attempt++)
            {
                var clientId = $"try{at}-{attempt}";
                using var client = await cluster.ConnectAsync(cluster.ServerOf(at), clientId);
                await client.SendAsync(new Akka.Mqtt.Protocol.Disconnect());
                await client.ExpectClosedAsync();
                while (!isThere && await probe.ReceiveOneAsync(TimeSpan.FromMilliseconds(300)) is { } message)
                    isThere = message is MqttDevices.Offline offline && offline.ClientId == clientId;
            }
        }
    }

    /// <summary>The cluster, and what specs need of it.</summary>
    public sealed class TwoNodes() : ClusterSpec(null!)
    {
        public static TimeSpan Patience => Soon;

        public MqttServer ServerOf(int node) => Nodes[node].Server;

        public Address AddressOf(int node) => Nodes[node].Cluster.SelfAddress;

        public Task<PacketClient> OpenAsync(MqttServer server) => DialAsync(server);

        public Task<PacketClient> ConnectAsync(MqttServer server, string clientId, MqttVersion version = MqttVersion.V5) => ClientAsync(server, clientId, version);
    }
}
