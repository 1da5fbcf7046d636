using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class PublishSpec(ITestOutputHelper output) : ServerSpec(output)
{
    private static Publish Message(string topic, QualityOfService qos, ushort id = 0, string payload = "x") =>
        new(topic, payload) { QoS = qos, PacketId = id };

    [Theory]
    [InlineData(MqttVersion.V31, MqttVersion.V5)]
    [InlineData(MqttVersion.V311, MqttVersion.V31)]
    [InlineData(MqttVersion.V5, MqttVersion.V311)]
    public async Task QoS_2_passes_from_version_to_version(MqttVersion from, MqttVersion to)
    {
        var subscriber = await ClientAsync("s", to);
        await SubscribeAsync(subscriber, new Subscription("a/#", QualityOfService.ExactlyOnce));
        var publisher = await ClientAsync("p", from);

        await publisher.SendAsync(Message("a/b", QualityOfService.ExactlyOnce, 7));
        await publisher.ExpectAsync(new PubRec(7));
        await publisher.SendAsync(new PubRel(7));
        await publisher.ExpectAsync(new PubComp(7));

        await subscriber.ExpectAsync(Message("a/b", QualityOfService.ExactlyOnce, 1));
        await subscriber.SendAsync(new PubRec(1));
        await subscriber.ExpectAsync(new PubRel(1));
        await subscriber.SendAsync(new PubComp(1));
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_repeat_before_PUBREL_is_not_delivered_again_and_after_it_is()
    {
        var subscriber = await ClientAsync("s");
        await SubscribeAsync(subscriber, "a");
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(Message("a", QualityOfService.ExactlyOnce, 7, "1"), Message("a", QualityOfService.ExactlyOnce, 7, "1") with { Dup = true });
        await publisher.ExpectAsync(new PubRec(7));
        await publisher.ExpectAsync(new PubRec(7));
        await publisher.SendAsync(new PubRel(7), Message("a", QualityOfService.ExactlyOnce, 7, "2"));
        await publisher.ExpectAsync(new PubComp(7));
        await publisher.ExpectAsync(new PubRec(7));
        await subscriber.ExpectAsync(Message("a", QualityOfService.AtMostOnce, 0, "1"));
        await subscriber.ExpectAsync(Message("a", QualityOfService.AtMostOnce, 0, "2"));
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task Acknowledgements_follow_the_order_of_arrival_in_one_chunk()
    {
        var publisher = await ClientAsync("p", MqttVersion.V311);
        await publisher.SendAsync(
            Message("a", QualityOfService.AtLeastOnce, 3), Message("b", QualityOfService.ExactlyOnce, 2), new PingReq(), Message("c", QualityOfService.AtLeastOnce, 1));
        await publisher.ExpectAsync(new PubAck(3));
        await publisher.ExpectAsync(new PubRec(2));
        await publisher.ExpectAsync(new PingResp());
        await publisher.ExpectAsync(new PubAck(1));
    }

    [Fact]
    public async Task Without_subscribers_5_0_is_told_so()
    {
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(Message("nobody", QualityOfService.AtLeastOnce, 3));
        await publisher.ExpectAsync(new PubAck(3, ReasonCode.NoMatchingSubscribers));
    }

    [Fact]
    public async Task Overlapping_subscriptions_give_one_copy_with_the_highest_QoS_and_all_identifiers()
    {
        var subscriber = await ClientAsync("s");
        await subscriber.SendAsync(
            new Subscribe(1, new Subscription("a/+")) { Properties = new SubscribeProperties { SubscriptionIdentifier = 5 } },
            new Subscribe(2, new Subscription("a/#", QualityOfService.AtLeastOnce)) { Properties = new SubscribeProperties { SubscriptionIdentifier = 6 } },
            new Subscribe(3, new Subscription("#")));
        for (var at = 0; at < 3; at++)
            await subscriber.ExpectAsync<SubAck>();
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(Message("a/b", QualityOfService.ExactlyOnce, 1));
        var received = await subscriber.ExpectAsync<Publish>();
        Assert.Equal(QualityOfService.AtLeastOnce, received.QoS);
        Assert.Equal([5u, 6u], received.Properties!.SubscriptionIdentifiers.Order());
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task No_Local_keeps_a_clients_own_messages_from_it()
    {
        var client = await ClientAsync("c");
        await SubscribeAsync(client, new Subscription("a") { NoLocal = true }, "b");
        await client.SendAsync(Message("a", QualityOfService.AtMostOnce), Message("b", QualityOfService.AtMostOnce));
        await client.ExpectAsync(Message("b", QualityOfService.AtMostOnce));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Topic_aliases_are_resolved_and_go_no_further()
    {
        var subscriber = await ClientAsync("s");
        await SubscribeAsync(subscriber, "#");
        var publisher = await ClientAsync("p");
        var alias = new PublishProperties { TopicAlias = 16, ContentType = "text" };
        await publisher.SendAsync(new Publish("a", "1") { Properties = alias }, new Publish("", "2") { Properties = alias }, new Publish("b", "3") { Properties = alias }, new Publish("", "4") { Properties = alias });
        foreach (var (topic, payload) in ((string, string)[])[("a", "1"), ("a", "2"), ("b", "3"), ("b", "4")])
            await subscriber.ExpectAsync(new Publish(topic, payload) { Properties = new PublishProperties { ContentType = "text" } });
    }

    [Theory]
    [InlineData("a", 17, ReasonCode.TopicAliasInvalid)]
    [InlineData("", 3, ReasonCode.ProtocolError)]
    public async Task A_wrong_topic_alias_ends_the_connection(string topic, int alias, ReasonCode code)
    {
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(new Publish(topic, "x") { Properties = new PublishProperties { TopicAlias = (ushort)alias } });
        Assert.Equal(code, (await publisher.ExpectAsync<Disconnect>()).ReasonCode);
        await publisher.ExpectClosedAsync();
    }

    [Fact]
    public async Task Properties_of_5_0_reach_5_0_unchanged_and_3_1_1_not_at_all()
    {
        var five = await ClientAsync("five");
        var three = await ClientAsync("three", MqttVersion.V311);
        await SubscribeAsync(five, "a");
        await SubscribeAsync(three, "a");
        var publisher = await ClientAsync("p");
        var properties = new PublishProperties
        {
            PayloadFormatIndicator = true,
            MessageExpiryInterval = 100,
            ResponseTopic = "r",
            CorrelationData = "c",
            UserProperties = [new UserProperty("k", "1"), new UserProperty("k", "2")],
            ContentType = "text",
        };
        await publisher.SendAsync(new Publish("a", "x") { Properties = properties });
        await five.ExpectAsync(new Publish("a", "x") { Properties = properties });
        await three.ExpectAsync(new Publish("a", "x"));
    }

    [Fact]
    public async Task A_shared_subscription_gives_each_message_to_one_member_in_turn()
    {
        var one = await ClientAsync("1");
        var two = await ClientAsync("2");
        await SubscribeAsync(one, "$share/g/a");
        await SubscribeAsync(two, "$share/g/a");
        var publisher = await ClientAsync("p");
        await publisher.SendAsync([.. Enumerable.Range(0, 4).Select(at => (MqttPacket)new Publish("a", $"{at}"))]);
        var payloads = new List<string>();
        foreach (var client in (PacketClient[])[one, one, two, two])
            payloads.Add((await client.ExpectAsync<Publish>()).Payload.ToText());
        Assert.Equal(["0", "1", "2", "3"], payloads.Order());
        await one.ExpectNothingAsync();
        await two.ExpectNothingAsync();
    }

    [Fact]
    public async Task No_Local_on_a_shared_subscription_is_a_protocol_error()
    {
        var client = await ClientAsync("c");
        await client.SendBytesAsync([0x82, 0x10, 0, 1, 0, 0, 10, .. "$share/g/a"u8, 0x04]);
        Assert.Equal(ReasonCode.ProtocolError, (await client.ExpectAsync<Disconnect>()).ReasonCode);
    }

    [Fact]
    public async Task A_message_larger_than_the_clients_Maximum_Packet_Size_is_dropped_and_the_next_one_comes()
    {
        var (client, _) = await ConnectAsync(new Connect { ClientId = "s", Properties = new ConnectProperties { MaximumPacketSize = 100 } });
        await SubscribeAsync(client, new Subscription("a", QualityOfService.AtLeastOnce));
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(Message("a", QualityOfService.AtLeastOnce, 1, new string('x', 200)), Message("a", QualityOfService.AtLeastOnce, 2, "small"));
        await client.ExpectAsync(Message("a", QualityOfService.AtLeastOnce, 1, "small"));
    }

    [Fact]
    public async Task The_servers_own_topics_are_not_to_be_published_to()
    {
        var subscriber = await ClientAsync("s");
        await SubscribeAsync(subscriber, "$SYS/#");
        var publisher = await ClientAsync("p");
        await publisher.SendAsync(Message("$SYS/x", QualityOfService.AtLeastOnce, 1));
        Assert.Equal(ReasonCode.NotAuthorized, (await publisher.ExpectAsync<PubAck>()).ReasonCode);
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task Topics_and_filters_with_too_many_levels_are_refused()
    {
        var deep = string.Join('/', Enumerable.Repeat("a", 257));
        var client = await ClientAsync("c");
        await client.SendAsync(new Subscribe(1, deep, "ok"), Message(deep, QualityOfService.AtLeastOnce, 2));
        MqttPacket?[] answers = [await client.NextAsync(), await client.NextAsync()];
        Assert.Contains(answers, answer => answer is SubAck ack && ack.ReasonCodes == [ReasonCode.TopicFilterInvalid, ReasonCodes.GrantedQoS0]);
        Assert.Contains(answers, answer => answer is PubAck { PacketId: 2, ReasonCode: ReasonCode.TopicNameInvalid });
    }

    [Fact]
    public async Task After_UNSUBACK_nothing_more_comes_and_an_unknown_filter_is_answered_too()
    {
        var client = await ClientAsync("c");
        await SubscribeAsync(client, "a");
        await client.SendAsync(new Unsubscribe(4, "a", "b"));
        await client.ExpectAsync(new UnsubAck(4, ReasonCode.Success, ReasonCode.NoSubscriptionExisted));
        await client.SendAsync(new Publish("a", "x"));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Thousands_of_messages_in_one_chunk_arrive_in_order_at_every_subscriber()
    {
        const int Count = 5000;
        var subscribers = new List<PacketClient>();
        for (var at = 0; at < 5; at++)
        {
            subscribers.Add(await ClientAsync($"s{at}", at % 2 == 0 ? MqttVersion.V5 : MqttVersion.V311));
            await SubscribeAsync(subscribers[at], new Subscription("a", (QualityOfService)(at % 2)));
        }
        var publisher = await ClientAsync("p");
        var sending = publisher.SendAsync([.. Enumerable.Range(1, Count).Select(at => (MqttPacket)Message("a", QualityOfService.AtLeastOnce, (ushort)at, $"{at}"))]);
        foreach (var subscriber in subscribers)
        {
            for (var at = 1; at <= Count; at++)
            {
                var message = await subscriber.ExpectAsync<Publish>();
                Assert.Equal($"{at}", message.Payload.ToText());
                if (message.QoS == QualityOfService.AtLeastOnce)
                    await subscriber.SendAsync(new PubAck(message.PacketId));
            }
        }
        await sending;
    }
}
