using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>SUBSCRIBE, UNSUBSCRIBE and their answers (sections 3.8 to 3.11).</summary>
public sealed class SubscribeSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "SUBSCRIBE")]
    [Proves("3.1.1", "MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-3.8.4-4", "MQTT-3.8.4-5", "MQTT-3.9.3-1", "MQTT-2.3.1-7")]
    [Proves("5.0", "MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-3.8.4-5", "MQTT-3.8.4-6", "MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-2.2.1-6")]
    public async Task Hundreds_of_filters_get_one_answer_in_their_order(MqttVersion version)
    {
        var probe = await ConnectAsync("s", version);
        var subscriptions = Enumerable.Range(0, 500).Select(at => new Subscription(My($"t/{at}"), (QualityOfService)(at % 3))).ToArray();
        await probe.SendPacketAsync(new Subscribe(4711, subscriptions));
        await probe.ExpectPacketAsync(new SubAck(4711, [.. subscriptions.Select(each => (ReasonCode)each.QoS)]));
        await PublishAsync(await ConnectAsync("p"), Message(My("t/0")), Message(My("t/499")));
        await probe.ExpectPacketAsync(Message(My("t/0")));
        await probe.ExpectPacketAsync(Message(My("t/499")));
        await probe.SendPacketAsync(new Unsubscribe(4712, [.. subscriptions.Select(each => each.Filter)]));
        await probe.ExpectPacketAsync(new UnsubAck(4712, [.. Enumerable.Repeat(ReasonCode.Success, version == V5 ? 500 : 0)]));
        await PublishAsync(await ConnectAsync("p"), Message(My("t/0")), Message(My("t/499")));
        await QuietAsync(probe);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.9.3-2")]
    [Proves("5.0", "MQTT-3.9.3-2", "MQTT-3.8.4-7", "U-2.4-1")]
    public async Task A_refused_filter_has_its_code_between_the_others()
    {
        var deep = string.Join('/', Enumerable.Repeat("x", 500));
        var three = await ConnectAsync("three", V311);
        await three.SendPacketAsync(new Subscribe(1, My("a"), deep, new Subscription(My("b"), Q2)));
        await three.ExpectPacketAsync(new SubAck(1, ReasonCode.Success, ReasonCode.UnspecifiedError, ReasonCode.GrantedQoS2));
        var five = await ConnectAsync("five");
        await five.SendPacketAsync(new Subscribe(1, My("a"), deep, new Subscription(My("b"), Q2)));
        var answer = await five.ExpectPacketAsync<SubAck>();
        Assert.Equal([ReasonCode.Success, ReasonCode.TopicFilterInvalid, ReasonCode.GrantedQoS2], answer.ReasonCodes);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.8.4-3", "MQTT-3.8.4-6")]
    [Proves("5.0", "MQTT-3.8.4-3", "MQTT-3.8.4-4", "MQTT-3.8.4-8")]
    public async Task An_identical_filter_replaces_the_subscription(MqttVersion version)
    {
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q1) with { Retain = true });
        var probe = await ConnectAsync("s", version);
        await SubscribeAsync(probe, new Subscription(My("t"), Q1));
        await probe.ExpectPacketAsync<Publish>(packet => packet is { Retain: true, QoS: Q1 });
        await SubscribeAsync(probe, new Subscription(My("t"), Q0));
        await probe.ExpectPacketAsync<Publish>(packet => packet is { Retain: true, QoS: Q0 });
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q2));
        await probe.ExpectPacketAsync<Publish>(packet => packet is { Retain: false, QoS: Q0 });
        await QuietAsync(probe); // one copy
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.8.4-3")]
    [Proves("5.0", "MQTT-3.8.4-4")]
    public async Task No_message_is_lost_while_a_subscription_is_replaced(MqttVersion version)
    {
        var probe = await SubscriberAsync(new Subscription(My("t"), Q1), version);
        var publisher = await ConnectAsync("p", version);
        for (var at = 0; at < 50; at++)
        {
            await Task.WhenAll(
                probe.SendPacketAsync(new Subscribe(7, new Subscription(My("t"), Q1))),
                publisher.SendPacketAsync(Message(My("t"), Q1, (ushort)(at + 1), $"{at}")));
        }
        for (var at = 0; at < 50; at++)
            Assert.Equal($"{at}", (await probe.FishForPacketAsync<Publish>()).Payload.ToText());
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.8.4-6", "MQTT-3.3.5-1")]
    [Proves("5.0", "MQTT-3.8.4-8", "MQTT-3.3.4-2")]
    public async Task Delivery_has_the_lower_QoS_and_overlapping_subscriptions_the_highest(MqttVersion version)
    {
        var probe = await ConnectAsync("s", version);
        await SubscribeAsync(probe, new Subscription(My("t"), Q0), new Subscription(My("t/#"), Q1), new Subscription(My("u/+"), Q2));
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q2), Message(My("u/x"), Q1), Message(My("t/1"), Q0));
        var highest = await probe.FishForPacketAsync<Publish>(packet => packet is { QoS: Q1 } && packet.Topic == My("t"));
        await probe.ExpectPacketAsync<Publish>(packet => packet.QoS == Q1 && packet.Topic == My("u/x"));
        await probe.ExpectPacketAsync<Publish>(packet => packet.QoS == Q0);
        await QuietAsync(probe);
        Assert.NotEqual(0, highest.PacketId);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.4-3", "MQTT-3.3.4-4", "U-3.3.4-2")]
    public async Task A_message_has_the_identifiers_of_all_matching_subscriptions()
    {
        var probe = await ConnectAsync("s");
        foreach (var (filter, identifier) in ((string, uint)[])[(My("t"), 1), (My("t/#"), 268_435_455), (My("other"), 3)])
            await IdentifiedAsync(probe, filter, identifier);
        await SubscribeAsync(probe, My("t/"));
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("t")), Message(My("t/")), Message(My("other")) with { Retain = true });
        Assert.Equal([1u, 268_435_455u], (await probe.ExpectPacketAsync<Publish>()).Properties!.SubscriptionIdentifiers.Order());
        Assert.Equal([268_435_455u], (await probe.ExpectPacketAsync<Publish>()).Properties!.SubscriptionIdentifiers);
        Assert.Equal([3u], (await probe.ExpectPacketAsync<Publish>()).Properties!.SubscriptionIdentifiers);
        // another identifier replaces, and so does none; retained messages have it too
        await IdentifiedAsync(probe, My("other"), 4);
        Assert.Equal([4u], (await probe.ExpectPacketAsync<Publish>(packet => packet.Retain)).Properties!.SubscriptionIdentifiers);
        await SubscribeAsync(probe, My("other"));
        await probe.ExpectPacketAsync<Publish>(packet => packet.Properties is null);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.8.3-3")]
    public async Task No_Local_keeps_a_clients_own_messages_from_it_retained_ones_too()
    {
        var probe = await ConnectAsync(Keep(My("c")));
        await SubscribeAsync(probe, new Subscription(My("t"), Q1) { NoLocal = true });
        await PublishAsync(probe, Message(My("t"), Q1) with { Retain = true });
        await QuietAsync(probe);
        await SubscribeAsync(probe, new Subscription(My("t"), Q1) { NoLocal = true });
        await QuietAsync(probe);
        await PublishAsync(await ConnectAsync("other"), Message(My("t"), Q1));
        await probe.ExpectPacketAsync<Publish>();
        probe.Abort();
        probe = await ConnectAsync(Keep(My("c"))); // it is the client, not the connection
        await probe.FishForPacketAsync<Publish>(packet => packet.Dup);
        await PublishAsync(probe, Message(My("t"), Q1));
        await QuietAsync(probe);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.10.4-1", "MQTT-3.10.4-2", "MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-2.3.1-7")]
    [Proves("5.0", "MQTT-3.10.4-1", "MQTT-3.10.4-2", "MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2")]
    public async Task UNSUBSCRIBE_deletes_exactly_what_it_names(MqttVersion version)
    {
        var probe = await ConnectAsync("s", version);
        await SubscribeAsync(probe, My("t/+"), My("t/a"), My("u"));
        await probe.SendPacketAsync(new Unsubscribe(9, My("t/#"), My("t/a"), My("T/+"), My("u")));
        await probe.ExpectPacketAsync(version == V5
            ? new UnsubAck(9, ReasonCode.NoSubscriptionExisted, ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.Success)
            : new UnsubAck(9));
        await PublishAsync(await ConnectAsync("p"), Message(My("u")), Message(My("t/a")));
        await probe.ExpectPacketAsync(Message(My("t/a"))); // by t/+
        await QuietAsync(probe);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.10.4-3")]
    [Proves("5.0", "MQTT-3.10.4-3")]
    public async Task What_was_begun_is_completed_after_UNSUBSCRIBE(MqttVersion version)
    {
        var probe = await ConnectAsync(Keep(My("s"), version, receiveMaximum: 10));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q2, 1), Message(My("t"), Q1, 2));
        var first = await probe.ExpectPacketAsync<Publish>();
        var second = await probe.ExpectPacketAsync<Publish>();
        await probe.SendPacketAsync(new Unsubscribe(9, My("t")), new PubRec(first.PacketId));
        await probe.FishForPacketAsync<PubRel>();
        probe.Abort();
        probe = await ConnectAsync(Keep(My("s"), version, receiveMaximum: 10));
        await probe.ExpectPacketAsync(new PubRel(first.PacketId));
        await probe.ExpectPacketAsync<Publish>(packet => packet.PacketId == second.PacketId && packet.Dup);
    }

    private static async Task IdentifiedAsync(TestKit.MqttProbe probe, string filter, uint identifier)
    {
        await probe.SendPacketAsync(new Subscribe(5, filter) { Properties = new SubscribeProperties { SubscriptionIdentifier = identifier } });
        await probe.ExpectPacketAsync<SubAck>();
    }
}
