using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>PUBLISH, retained messages, properties, topics (sections 3.3, 4.5 to 4.7).</summary>
public sealed class PublishSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.3.1-3", "MQTT-3.3.1-2", "MQTT-4.3.1-1", "MQTT-2.3.1-5")]
    [Proves("5.0", "MQTT-3.3.1-3", "MQTT-3.3.1-2", "MQTT-4.3.1-1", "MQTT-2.2.1-2", "MQTT-4.3.2-2", "MQTT-4.3.3-2")]
    public async Task DUP_of_a_publisher_goes_no_further(MqttVersion version)
    {
        var subscriber = await SubscriberAsync(new Subscription(My("t"), Q2), version);
        var publisher = await ConnectAsync("p", version);
        await PublishAsync(publisher, Message(My("t"), Q1, 3) with { Dup = true }, Message(My("t"), Q2, 4) with { Dup = true }, Message(My("t")));
        for (var at = 0; at < 3; at++)
            await subscriber.ExpectPacketAsync<Publish>(packet => !packet.Dup && packet.PacketId > 0 == packet.QoS > Q0);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-7", "MQTT-3.3.1-8", "MQTT-3.3.1-9", "MQTT-3.3.1-12")]
    [Proves("5.0", "MQTT-3.3.1-5", "MQTT-3.3.1-8", "MQTT-3.3.1-9", "MQTT-3.3.1-12")]
    public async Task A_new_subscription_gets_the_latest_retained_message_of_each_topic(MqttVersion version)
    {
        var early = await SubscriberAsync(new Subscription(My("r/#"), Q1), version, "early");
        var publisher = await ConnectAsync("p", version);
        await PublishAsync(
            publisher,
            Message(My("r/a"), Q1, 1, "old") with { Retain = true },
            Message(My("r/a"), Q1, 2, "new") with { Retain = true },
            Message(My("r/b"), Q1, 5, "old") with { Retain = true },
            Message(My("r/b"), Q0, 0, "b") with { Retain = true },
            Message(My("r/a"), Q1, 3, "passing"),
            Message(My("r/c"), Q1, 4, "passing"));
        for (var at = 0; at < 6; at++)
            await early.ExpectPacketAsync<Publish>(packet => !packet.Retain);
        var late = await SubscriberAsync(new Subscription(My("r/#"), Q2), version, "late");
        Publish[] got = [await late.ExpectPacketAsync<Publish>(), await late.ExpectPacketAsync<Publish>()];
        Assert.All(got, packet => Assert.True(packet.Retain));
        Assert.Equal([("b", Q0), ("new", Q1)], got.Select(packet => (packet.Payload.ToText(), packet.QoS)).Order());
        await QuietAsync(late);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.3.1-10", "MQTT-3.3.1-11")]
    [Proves("5.0", "MQTT-3.3.1-6", "MQTT-3.3.1-7")]
    public async Task An_empty_retained_message_is_delivered_and_deletes(MqttVersion version)
    {
        var publisher = await ConnectAsync("p", version);
        await PublishAsync(publisher, Message(My("r")) with { Retain = true });
        var early = await SubscriberAsync(My("r"), version, "early");
        await early.ExpectPacketAsync<Publish>(packet => packet.Retain);
        await PublishAsync(publisher, new Publish(My("r")) { Retain = true });
        await early.ExpectPacketAsync(new Publish(My("r")));
        await QuietAsync(await SubscriberAsync(My("r"), version, "late"));
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.1-9", "MQTT-3.3.1-10", "MQTT-3.3.1-11", "MQTT-3.8.4-4", "MQTT-3.8.4-3")]
    public async Task Retain_Handling_says_when_retained_messages_are_sent()
    {
        await PublishAsync(await ConnectAsync("p"), Message(My("r")) with { Retain = true });
        var probe = await ConnectAsync("s");
        await SubscribeAsync(probe, new Subscription(My("r")) { RetainHandling = RetainHandling.DoNotSend });
        await QuietAsync(probe);
        await SubscribeAsync(probe, new Subscription(My("r")) { RetainHandling = RetainHandling.SendIfNewSubscription });
        await QuietAsync(probe);
        await SubscribeAsync(probe, new Subscription(My("r")));
        await probe.ExpectPacketAsync<Publish>(packet => packet.Retain);
        await SubscribeAsync(probe, new Subscription(My("r")));
        await probe.ExpectPacketAsync<Publish>(packet => packet.Retain);
        await probe.SendPacketAsync(new Unsubscribe(1, My("r")));
        await probe.ExpectPacketAsync<UnsubAck>();
        await SubscribeAsync(probe, new Subscription(My("r")) { RetainHandling = RetainHandling.SendIfNewSubscription });
        await probe.ExpectPacketAsync<Publish>(packet => packet.Retain);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.1-12", "MQTT-3.3.1-13")]
    public async Task Retain_As_Published_keeps_the_flag_as_it_came()
    {
        var plain = await SubscriberAsync(My("r"), clientId: "plain");
        var keeps = await SubscriberAsync(new Subscription(My("r")) { RetainAsPublished = true }, clientId: "keeps");
        var publisher = await ConnectAsync("p");
        foreach (var retain in (bool[])[true, false])
        {
            await PublishAsync(publisher, Message(My("r")) with { Retain = retain });
            await plain.ExpectPacketAsync<Publish>(packet => !packet.Retain);
            await keeps.ExpectPacketAsync<Publish>(packet => packet.Retain == retain);
        }
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18", "MQTT-3.3.2-20", "MQTT-1.5.4-3", "MQTT-1.5.7-1", "U-2.2.2.2-2")]
    public async Task Properties_are_passed_on_as_they_came()
    {
        var properties = new PublishProperties
        {
            PayloadFormatIndicator = true,
            ResponseTopic = "\uFEFFanswer",
            CorrelationData = new byte[] { 0, 255, 1 },
            ContentType = "a/b",
            UserProperties = [new UserProperty("b", "\uFEFF"), new UserProperty("a", ""), new UserProperty("b", "1"), new UserProperty("", "x")],
        };
        var message = new Publish(My("\uFEFFt"), "text") { Properties = properties };
        var subscriber = await SubscriberAsync(My("\uFEFFt"));
        await PublishAsync(await ConnectAsync("p"), message);
        await subscriber.ExpectPacketAsync(message);
        // and from the retained store
        await PublishAsync(await ConnectAsync("p2"), message with { Retain = true });
        await (await SubscriberAsync(My("\uFEFFt"), clientId: "late")).ExpectPacketAsync(message with { Retain = true });
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-1.5.3-3", "MQTT-4.7.3-4")]
    [Proves("5.0", "MQTT-1.5.4-3", "MQTT-4.7.3-4", "U-1.5.4-2")]
    public async Task Names_are_compared_without_normalisation(MqttVersion version)
    {
        var probe = await ConnectAsync("s", version);
        await SubscribeAsync(probe, My("\u00E9"), My("A"), My("\uFEFFx"));
        var publisher = await ConnectAsync("p", version);
        await PublishAsync(publisher, Message(My("e\u0301")), Message(My("a")), Message(My("x")), Message(My("\uFEFFx")), Message(My("A")));
        await probe.ExpectPacketAsync(Message(My("\uFEFFx")));
        await probe.ExpectPacketAsync(Message(My("A")));
        await QuietAsync(probe);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-4.7.3-3")]
    [Proves("5.0", "MQTT-4.7.3-3")]
    public async Task A_topic_of_65535_bytes_is_taken(MqttVersion version)
    {
        var topic = My("t").PadRight(65535, 'x');
        var probe = await SubscriberAsync(topic, version);
        await PublishAsync(await ConnectAsync("p", version), Message(topic));
        await probe.ExpectPacketAsync(Message(topic));
    }

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b/", "a/b", false)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("/+/b", "//b", true)]
    [InlineData("a/+/c", "a/b/b/c", false)]
    [InlineData("a//c", "a/b/c", false)]
    [InlineData("a/+/c", "a//c", true)]
    [Proves("3.1.1", "MQTT-3.3.2-3", "MQTT-4.7.1-3", "MQTT-4.7.1-2")]
    [Proves("5.0", "MQTT-3.3.2-3", "MQTT-4.7.1-1", "MQTT-4.7.1-2")]
    public async Task What_is_delivered_matches_the_filter(string filter, string topic, bool matches)
    {
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var probe = await SubscriberAsync(My(filter), version, $"s{version}");
            await PublishAsync(await ConnectAsync($"p{version}", version), Message(My(topic)));
            if (matches)
                await probe.ExpectPacketAsync(Message(My(topic)));
            await QuietAsync(probe);
            await LeaveAsync(probe);
        }
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-4.7.2-1")]
    [Proves("5.0", "MQTT-4.7.2-1")]
    public async Task Wildcards_at_the_beginning_do_not_match_dollar_topics(MqttVersion version)
    {
        var probe = await ConnectAsync("s", version);
        await SubscribeAsync(probe, $"+/{My("x")}", $"$other/{My("x")}");
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message($"$other/{My("x")}"), Message($"a/{My("x")}"));
        await probe.ExpectPacketAsync(Message($"$other/{My("x")}")); // by the filter that says so
        await probe.ExpectPacketAsync(Message($"a/{My("x")}"));
        await QuietAsync(probe);
        await publisher.SendPacketAsync(Message("$SYS/mine", Q1, 5)); // the server's own
        await publisher.ExpectPacketAsync<PubAck>(ack => ack.ReasonCode == ReasonCode.NotAuthorized);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.3.5-2")]
    public async Task A_message_that_is_not_allowed_is_acknowledged_in_3_1_1_and_goes_nowhere()
    {
        var watcher = await SubscriberAsync("$SYS/mine");
        await PublishAsync(await ConnectAsync("p", V311), Message("$SYS/mine", Q1), Message("$SYS/mine", Q2));
        await QuietAsync(watcher);
    }

    [Theory]
    [InlineData(MqttVersion.V311, QualityOfService.AtMostOnce)]
    [InlineData(MqttVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(MqttVersion.V311, QualityOfService.ExactlyOnce)]
    [InlineData(MqttVersion.V5, QualityOfService.AtMostOnce)]
    [InlineData(MqttVersion.V5, QualityOfService.AtLeastOnce)]
    [InlineData(MqttVersion.V5, QualityOfService.ExactlyOnce)]
    [Proves("3.1.1", "MQTT-4.6.0-5", "MQTT-4.6.0-6")]
    [Proves("5.0", "MQTT-4.6.0-5", "MQTT-4.6.0-6")]
    public async Task Messages_of_one_publisher_arrive_in_their_order(MqttVersion version, QualityOfService qos)
    {
        var few = version == V5 ? new ConnectProperties { ReceiveMaximum = 3 } : null;
        var subscriber = await ConnectAsync(Hello(My("s"), version, properties: few));
        await SubscribeAsync(subscriber, new Subscription(My("t"), Q2));
        var publisher = await ConnectAsync("p", version);
        await publisher.SendPacketAsync([.. Enumerable.Range(1, 200).Select(at => Message(My("t"), qos, (ushort)at, $"{at}"))]);
        for (var at = 1; at <= 200; at++)
        {
            var message = await subscriber.FishForPacketAsync<Publish>();
            Assert.Equal($"{at}", message.Payload.ToText());
            if (qos == Q1)
                await subscriber.SendPacketAsync(new PubAck(message.PacketId));
            else if (qos == Q2)
                await subscriber.SendPacketAsync(new PubRec(message.PacketId), new PubComp(message.PacketId));
        }
    }

    [Fact]
    [Proves("5.0", "MQTT-4.6.0-6")]
    public async Task What_was_retained_before_a_subscription_comes_before_what_is_published_after_it()
    {
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("r/a"), Q1, 1, "1") with { Retain = true }, Message(My("r/b"), Q1, 2, "2") with { Retain = true });
        var slow = await ConnectAsync(Hello(My("s"), properties: new ConnectProperties { ReceiveMaximum = 1 }));
        await SubscribeAsync(slow, new Subscription(My("r/#"), Q1));
        await PublishAsync(publisher, Message(My("r/b"), Q1, 3, "3"), Message(My("r/b"), Q0, 0, "4"));
        var got = new List<string>();
        for (var at = 0; at < 4; at++)
        {
            var message = await slow.ExpectPacketAsync<Publish>();
            got.Add(message.Payload.ToText());
            if (message.QoS == Q1)
                await slow.SendPacketAsync(new PubAck(message.PacketId));
        }
        Assert.True(got.IndexOf("2") < got.IndexOf("3"), string.Join(' ', got));
    }
}
