using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Messages that rules with a topic keep from being written, for sessions that are durable.</summary>
public class TopicDurabilitySpec(ITestOutputHelper output) : DurableServerFixture(output)
{
    private const string Rules = """durability.rules = [{ topic = "m/#", class = memory }]""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_of_class_memory_is_not_written_for_a_durable_session_and_its_publisher_waits_for_no_commit(bool isConnected)
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "#", QualityOfService.AtLeastOnce);
        if (!isConnected)
            await LeaveAsync(server, kept);
        var publisher = await ClientAsync(server, "publisher");
        Engine.Hold();
        await PublishAsync(publisher, "m/1", 1);
        await publisher.ExpectPacketAsync<PubAck>(Soon);
        Assert.Empty(Queued());
        await PublishAsync(publisher, "t", 2);
        await PendAsync();
        await ExpectHeldAsync(publisher);
        Engine.GoOn();
        await publisher.ExpectPacketAsync<PubAck>(Soon);
        await PublishAsync(publisher, "m/2", 3);
        await publisher.ExpectPacketAsync<PubAck>(Soon);
        if (!isConnected)
            kept = await ClientAsync(server, present: true);
        await ExpectTopicsAsync(kept, "m/1", "t", "m/2");
        Assert.Equal(["t"], Queued());
        server = await RestartAsync(server, Rules);
        kept = await ClientAsync(server, present: true);
        await ExpectTopicsAsync(kept, "t");
        await ExpectNothingAsync(kept);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_of_both_classes_in_one_chunk_arrive_in_their_order(bool isConnected)
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "#", QualityOfService.AtLeastOnce);
        if (!isConnected)
            await LeaveAsync(server, kept);
        var publisher = await ClientAsync(server, "publisher");
        string[] topics = ["m/1", "t/1", "m/2", "m/3", "t/2", "m/1"];
        await publisher.SendPacketAsync([.. topics.Select((topic, at) => Message($"{at}", QualityOfService.AtLeastOnce, (ushort)(at + 1), topic))]);
        for (var at = 1; at <= topics.Length; at++)
            Assert.Equal(at, (await publisher.ExpectPacketAsync<PubAck>(Soon)).PacketId);
        if (!isConnected)
            kept = await ClientAsync(server, present: true);
        await ExpectTopicsAsync(kept, topics);
        server = await RestartAsync(server, Rules);
        kept = await ClientAsync(server, present: true);
        await ExpectTopicsAsync(kept, "t/1", "t/2");
        await ExpectNothingAsync(kept);
    }

    [Fact]
    public async Task Rules_may_name_the_client_of_the_session_that_receives_the_message_and_the_first_that_matches_counts()
    {
        const string ByClient = """durability.rules = [{ topic = "m/#", client = "archive", class = durable }, { topic = "m/#", class = memory }]""";
        var server = await MqttServerAsync(ByClient);
        foreach (var client in (string[])["archive", "c"])
            await LeaveAsync(server, await SubscribedAsync(server, "m/1", clientId: client), client);
        await server.PublishAsync(Message("1", topic: "m/1"));
        Assert.Equal([SessionOf(server, "archive")], Assert.Single(Engine.Operations.OfType<StoreOp.Queued>()).Sessions);
        server = await RestartAsync(server, ByClient);
        await ExpectTopicsAsync(await ClientAsync(server, present: true, "archive"), "m/1");
        await ExpectNothingAsync(await ClientAsync(server, present: true));
    }

    [Theory]
    [InlineData(Rules, "m/1", "t")]
    [InlineData("""durability { default = memory, rules = [{ topic = "t", class = durable }] }""", "m/1", "t")]
    [InlineData("""durability.rules = [{ topic = "+/1", client = "c", class = durable }, { topic = "m/#", class = memory }]""", "m/1", "t")]
    public async Task Retained_messages_have_the_class_of_their_topic_also_those_that_were_written_before(string rules, string memory, string durable)
    {
        var server = await StartAsync();
        await server.PublishAsync(Message("old", topic: memory) with { Retain = true });
        server = await RestartAsync(server, rules);
        Assert.Equal(1, server.Context.Retained.Count);
        await server.PublishAsync(Message("new", topic: memory) with { Retain = true });
        await server.PublishAsync(Message("new", topic: durable) with { Retain = true });
        server = await RestartAsync(server, rules);
        Assert.Equal(1, server.Context.Retained.Count);
        var reader = await ClientAsync(server, "reader");
        await SubscribeAsync(reader, "#");
        await ExpectTopicsAsync(reader, durable);
    }

    [Fact]
    public async Task A_retained_message_of_class_memory_that_waits_for_a_durable_session_is_not_written()
    {
        var server = await MqttServerAsync(Rules);
        await server.PublishAsync(Message("1", topic: "m/1") with { Retain = true });
        var kept = await ClientAsync(server, present: false);
        await SubscribeAsync(kept, "m/#", QualityOfService.AtLeastOnce);
        Assert.True((await kept.ExpectPacketAsync<Publish>(Soon)).Retain);
        await LeaveAsync(server, kept);
        Assert.Empty(Queued());
        kept = await ClientAsync(server, present: true);
        Assert.True((await kept.ExpectPacketAsync<Publish>(Soon)).Dup);
    }

    [Fact]
    public async Task A_shared_subscription_gets_messages_of_class_memory_without_a_commit()
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "$share/g/m/1", QualityOfService.AtLeastOnce);
        await LeaveAsync(server, kept);
        Engine.Hold();
        var publisher = await ClientAsync(server, "publisher");
        await PublishAsync(publisher, "m/1", 1);
        await publisher.ExpectPacketAsync<PubAck>(Soon);
        Assert.Empty(Queued());
        var other = await ClientAsync(server, "other");
        await other.SendPacketAsync(new Subscribe(1, new Subscription("$share/g/m/1", QualityOfService.AtLeastOnce)));
        await other.ExpectPacketAsync<SubAck>(Soon);
        await PublishAsync(publisher, "m/1", 2);
        await PublishAsync(publisher, "m/1", 3);
        await ExpectTopicsAsync(other, "m/1", "m/1");
        Engine.GoOn();
        await ExpectTopicsAsync(await ClientAsync(server, present: true), "m/1");
    }

    [Fact]
    public async Task Messages_in_flight_of_class_memory_are_sent_again_after_a_reconnect()
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "#");
        foreach (var (topic, qos) in new[] { ("m/1", 1), ("t", 2), ("m/2", 2), ("m/3", 2), ("t", 1) })
            await server.PublishAsync(Message(topic, (QualityOfService)qos, 0, topic));
        var sent = await ReceiveAsync(kept, 5);
        await kept.SendPacketAsync(new PubRec(sent[3].PacketId));
        await kept.ExpectPacketAsync<PubRel>(Soon);
        await LeaveAsync(server, kept);
        await server.PublishAsync(Message("m/4", topic: "m/4"));
        Assert.DoesNotContain(Queued(), each => each.StartsWith('m'));
        kept = await ClientAsync(server, present: true);
        for (var at = 0; at < 5; at++)
        {
            var packet = await kept.ExpectPacketAsync<MqttPacket>(Soon);
            if (at == 3)
                Assert.Equal(sent[3].PacketId, Assert.IsType<PubRel>(packet).PacketId);
            else
                Assert.Equal((sent[at].Topic, sent[at].PacketId, true), packet is Publish again ? (again.Topic, again.PacketId, again.Dup) : default);
        }
        await ExpectTopicsAsync(kept, "m/4");
        await AcknowledgeAsync(kept, sent[2]);
        await kept.SendPacketAsync(new PubComp(sent[3].PacketId));
        await LeaveAsync(server, kept);
        kept = await ClientAsync(server, present: true);
        await ExpectTopicsAsync(kept, "m/1", "t", "t", "m/4");
        await ExpectNothingAsync(kept);
    }

    /// <summary>The client would take a new QoS 2 message for one that it has, if both had one packet identifier.</summary>
    [Fact]
    public async Task A_packet_identifier_of_QoS_2_that_the_client_may_know_is_released_after_a_crash_before_it_is_used_again()
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "#");
        await server.PublishAsync(Message("1", QualityOfService.ExactlyOnce, 0, "m/1"));
        await server.PublishAsync(Message("2", QualityOfService.ExactlyOnce, 0, "m/2"));
        var sent = await ReceiveAsync(kept, 2);
        await kept.SendPacketAsync(new PubRec(sent[0].PacketId)); // of the second the PUBREC is not sent, or lost
        await kept.ExpectPacketAsync<PubRel>(Soon);
        server = await RestartAsync(server, Rules);
        await server.PublishAsync(Message("3", QualityOfService.ExactlyOnce, 0, "t"));
        kept = await ClientAsync(server, present: true);
        Assert.Equal(sent[0].PacketId, (await kept.ExpectPacketAsync<PubRel>(Soon)).PacketId);
        Assert.Equal(sent[1].PacketId, (await kept.ExpectPacketAsync<PubRel>(Soon)).PacketId);
        Assert.DoesNotContain((await kept.ExpectPacketAsync<Publish>(Soon)).PacketId, sent.Select(each => each.PacketId));
        await kept.SendPacketAsync(new PubComp(sent[0].PacketId));
        await kept.SendPacketAsync(new PubComp(sent[1].PacketId, ReasonCode.PacketIdentifierNotFound));
        await LeaveAsync(server, kept);
        Assert.Single(Engine.Peek(SessionOf(server))!.State.InFlight);
    }

    [Theory]
    [InlineData("queue-qos0-messages = on", 2)]
    [InlineData("queue-qos0-messages = off", 0)]
    public async Task QoS_0_for_a_durable_session_whose_client_is_away_is_kept_in_memory_if_the_setting_says_so(string setting, int expected)
    {
        var server = await MqttServerAsync(setting);
        var kept = await SubscribedAsync(server, "#");
        await LeaveAsync(server, kept);
        await server.PublishAsync(Message("0", QualityOfService.AtMostOnce, 0, "q/0"));
        await server.PublishAsync(Message("1", topic: "q/1"));
        await server.PublishAsync(Message("2", QualityOfService.AtMostOnce, 0, "q/0"));
        Assert.Equal(2 - expected, server.Context.Drops.Of(DropReason.Offline));
        Assert.Equal(expected + 1, server.Context.Waiting().Messages);
        kept = await ClientAsync(server, present: true);
        if (expected > 0)
            await ExpectTopicsAsync(kept, "q/0", "q/1", "q/0");
        else
            await ExpectTopicsAsync(kept, "q/1");
        await ExpectNothingAsync(kept);
    }

    [Fact]
    public async Task What_is_not_written_has_the_bounds_of_the_queue_is_counted_in_the_memory_and_given_back()
    {
        var server = await MqttServerAsync($"{Rules} \n max-queued-messages = 3");
        var kept = await SubscribedAsync(server, "#");
        await LeaveAsync(server, kept);
        Assert.Equal(0, Used());
        for (var at = 0; at < 5; at++)
            await server.PublishAsync(Message($"{at}", topic: "m/1"));
        Assert.Equal(2, server.Context.Drops.Of(DropReason.QueueFull));
        Assert.Equal(3, server.Context.Waiting().Messages);
        Assert.True(Used() > 0);
        kept = await ClientAsync(server, present: true);
        foreach (var message in await ReceiveAsync(kept, 3))
            await AcknowledgeAsync(kept, message);
        await LeaveAsync(server, kept);
        Assert.Equal((0, 0), (Used(), server.Context.Unwritten.Count));
        for (var at = 0; at < 2; at++)
            await server.PublishAsync(Message($"{at}", topic: "m/1"));
        await ConnectAsync(server, Kept(expiry: 0, clean: true));
        await AwaitAssertAsync(() => Assert.Equal((0, 0, 2), (Used(), server.Context.Unwritten.Count, server.Context.Drops.Of(DropReason.SessionEnded))), Soon);

        long Used() => server.Context.Memory.Used(MemoryKind.Queued) + server.Context.Memory.Used(MemoryKind.InFlight);
    }

    [Fact]
    public async Task What_is_written_and_what_is_not_have_the_bounds_of_one_queue_also_after_a_restart()
    {
        const string Config = $"{Rules} \n max-queued-messages = 3";
        var server = await MqttServerAsync(Config);
        var kept = await SubscribedAsync(server, "#");
        await LeaveAsync(server, kept);
        foreach (var topic in (string[])["m/1", "m/2", "t/1", "t/2"])
            await server.PublishAsync(Message(topic, topic: topic));
        Assert.Equal((1, 3), (server.Context.Drops.Of(DropReason.QueueFull), server.Context.Waiting().Messages)); // m/1 made room
        await server.PublishAsync(Message("m/3", topic: "m/3"));
        await server.PublishAsync(Message("t/3", topic: "t/3"));
        Assert.Equal((3, 3), (server.Context.Drops.Of(DropReason.QueueFull), server.Context.Waiting().Messages));
        server = await RestartAsync(server, Config);
        await server.PublishAsync(Message("m/4", topic: "m/4"));
        Assert.Equal((1, 3), (server.Context.Drops.Of(DropReason.QueueFull), server.Context.Waiting().Messages));
        await ExpectTopicsAsync(await ClientAsync(server, present: true), "t/1", "t/2", "t/3");
    }

    [Fact]
    public async Task While_the_storage_fails_messages_of_class_memory_go_on()
    {
        var server = await MqttServerAsync(Rules);
        var kept = await SubscribedAsync(server, "#", QualityOfService.AtLeastOnce);
        var publisher = await ClientAsync(server, "publisher");
        Engine.Fail();
        await PublishAsync(publisher, "t", 1);
        Assert.Equal(ReasonCode.QuotaExceeded, (await publisher.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        await PublishAsync(publisher, "m/1", 2);
        Assert.Equal(ReasonCode.Success, (await publisher.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        await ExpectTopicsAsync(kept, "m/1");
    }

    private async Task<MqttProbe> SubscribedAsync(
        MqttServer server, string filter, QualityOfService qos = QualityOfService.ExactlyOnce, string clientId = "c")
    {
        var probe = await ClientAsync(server, present: false, clientId);
        await SubscribeAsync(probe, filter, qos);
        return probe;
    }

    private static Task PublishAsync(MqttProbe publisher, string topic, ushort packetId) =>
        publisher.SendPacketAsync(Message(topic, QualityOfService.AtLeastOnce, packetId, topic));

    private static async Task<List<Publish>> ReceiveAsync(MqttProbe probe, int count)
    {
        var received = new List<Publish>();
        while (received.Count < count)
            received.Add(await probe.ExpectPacketAsync<Publish>(Soon));
        return received;
    }

    private static async Task ExpectTopicsAsync(MqttProbe probe, params string[] topics) =>
        Assert.Equal(topics, (await ReceiveAsync(probe, topics.Length)).Select(each => each.Topic));

    private static async Task AcknowledgeAsync(MqttProbe probe, Publish message)
    {
        if (message.QoS == QualityOfService.AtLeastOnce)
        {
            await probe.SendPacketAsync(new PubAck(message.PacketId));
            return;
        }
        await probe.SendPacketAsync(new PubRec(message.PacketId));
        await probe.ExpectPacketAsync<PubRel>(Soon);
        await probe.SendPacketAsync(new PubComp(message.PacketId));
    }

    /// <summary>Topics that were written, but for the one that stands for packet identifiers.</summary>
    private IEnumerable<string> Queued() => Engine.Operations.OfType<StoreOp.Queued>()
        .SelectMany(each => each.Positions?.Select(at => each.Batch[at]) ?? each.Batch).Select(each => each.Topic).Where(topic => topic.Length > 0);
}
