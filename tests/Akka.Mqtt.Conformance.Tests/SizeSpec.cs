using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>Maximum packet size, topic aliases, problem information (sections 3.1.2.11, 3.3.2.3.4).</summary>
public sealed class SizeSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    private static string Deep => string.Join('/', Enumerable.Repeat("x", 257));

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-24", "MQTT-3.1.2-25", "U-3.1.2.11.4-1")]
    public async Task A_message_that_is_too_large_for_the_client_counts_as_delivered()
    {
        var probe = await ConnectAsync(Hello(My("s"), properties: new ConnectProperties { MaximumPacketSize = 60, ReceiveMaximum = 1 }));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        var other = await SubscriberAsync(new Subscription(My("t"), Q2), clientId: "other");
        var publisher = await ConnectAsync("p");
        var fits = 60 - 2 - 2 - My("t").Length - 2 - 1;
        await PublishAsync(
            publisher,
            Message(My("t"), Q1, 1, new string('x', fits + 1)),
            Message(My("t"), Q2, 2, new string('y', fits)),
            Message(My("t"), Q1, 3, new string('z', 1000)));
        var message = await probe.ExpectPacketAsync<Publish>(packet => packet.Payload.Length == fits);
        await probe.SendPacketAsync(new PubRec(message.PacketId), new PubComp(message.PacketId));
        await probe.ExpectPacketAsync<PubRel>();
        await QuietAsync(probe);
        for (var at = 0; at < 3; at++)
            await other.ExpectPacketAsync<Publish>();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.4.2-2", "MQTT-3.5.2-2", "MQTT-3.9.2-1")]
    public async Task A_reason_string_is_left_out_where_it_would_not_fit()
    {
        foreach (var (size, said) in ((uint, bool)[])[(200, true), (20, false)])
        {
            var probe = await ConnectAsync(Hello(My($"s{size}"), properties: new ConnectProperties { MaximumPacketSize = size }));
            await probe.SendPacketAsync(Message(Deep, Q1, 1), Message(Deep, Q2, 2), new Subscribe(3, Deep), new Unsubscribe(4, Deep), new PubRel(9));
            Assert.Equal(said, (await probe.FishForPacketAsync<PubAck>(ack => ack.ReasonCode == ReasonCode.TopicNameInvalid)).Properties?.ReasonString is not null);
            Assert.Equal(said, (await probe.FishForPacketAsync<PubRec>(ack => ack.ReasonCode == ReasonCode.TopicNameInvalid)).Properties?.ReasonString is not null);
            Assert.Equal(said, (await probe.FishForPacketAsync<SubAck>()).Properties?.ReasonString is not null);
            await probe.ExpectPacketAsync<UnsubAck>(ack => ack.Properties is null);
            await probe.ExpectPacketAsync<PubComp>(comp => comp.Properties is null);
        }
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-19", "MQTT-3.14.2-3")]
    public async Task CONNACK_and_DISCONNECT_leave_their_reason_string_out_where_it_would_not_fit()
    {
        foreach (var (size, said) in ((uint, bool)[])[(200, true), (20, false)])
        {
            var (_, refused) = await OpenAsync(Hello(My("c"), properties: new ConnectProperties { AuthenticationMethod = "none", MaximumPacketSize = size }));
            Assert.Equal((ReasonCode.BadAuthenticationMethod, said), (refused.ReasonCode, refused.Properties?.ReasonString is not null));
            var limits = new ConnectProperties { MaximumPacketSize = size };
            var first = await ConnectAsync(Hello(My("c"), properties: limits));
            await first.SendPacketAsync(Aliased("t", 99));
            Assert.Equal(said, (await first.ExpectPacketAsync<Disconnect>()).Properties?.ReasonString is not null);
            var bad = await ConnectAsync(Hello(My("d"), properties: limits));
            await bad.SendBytesAsync("00 00"); // the connection's own last words
            Assert.Equal(said, (await bad.ExpectPacketAsync<Disconnect>()).Properties?.ReasonString is not null);
        }
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-29", "U-3.1.2.11.7-1")]
    public async Task Without_problem_information_acknowledgements_are_bare()
    {
        foreach (var (asked, said) in ((bool?, bool)[])[(null, true), (true, true), (false, false)])
        {
            var probe = await ConnectAsync(Hello(My($"s{asked}"), properties: new ConnectProperties { RequestProblemInformation = asked }));
            await probe.SendPacketAsync(Message(Deep, Q1, 1), Message(Deep, Q2, 2), new Subscribe(3, Deep));
            Assert.Equal(said, (await probe.ExpectPacketAsync<PubAck>()).Properties is not null);
            Assert.Equal(said, (await probe.ExpectPacketAsync<PubRec>()).Properties is not null);
            Assert.Equal(said, (await probe.ExpectPacketAsync<SubAck>()).Properties is not null);
        }
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.2-7", "MQTT-3.3.2-12", "U-3.3.2.3.4-2")]
    public async Task The_server_takes_every_alias_up_to_its_maximum()
    {
        var subscriber = await ConnectAsync("s");
        await SubscribeAsync(subscriber, My("t/#"));
        var probe = await ConnectAsync(Keep(My("c")));
        for (ushort alias = 1; alias <= 16; alias++)
            await probe.SendPacketAsync(Aliased(My($"t/{alias}"), alias), Aliased("", alias));
        for (var alias = 1; alias <= 16; alias++)
        {
            await subscriber.ExpectPacketAsync(Message(My($"t/{alias}")));
            await subscriber.ExpectPacketAsync(Message(My($"t/{alias}")));
        }
        await probe.SendPacketAsync(Aliased(My("t/new"), 1), Aliased("", 1));
        await subscriber.ExpectPacketAsync(Message(My("t/new")));
        await subscriber.ExpectPacketAsync(Message(My("t/new")));
        probe.Abort();
        probe = await ConnectAsync(Keep(My("c"))); // aliases are the connection's
        await probe.SendPacketAsync(Aliased("", 1));
        await RefusedAsync(probe, ReasonCode.ProtocolError);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-26", "MQTT-3.3.2-11", "MQTT-3.3.2-8", "MQTT-3.3.2-7", "U-3.3.2.3.4-2")]
    public async Task The_server_uses_aliases_towards_a_client_that_takes_them()
    {
        var probe = await ConnectAsync(Keep(My("s")) with { Properties = new ConnectProperties { SessionExpiryInterval = 100, TopicAliasMaximum = 2 } });
        await SubscribeAsync(probe, new Subscription(My("topic/#"), Q1));
        var publisher = await ConnectAsync("p");
        var topics = new Dictionary<ushort, string>();
        foreach (var level in (string[])["a", "b", "c", "a", "b", "c", "a"])
        {
            await PublishAsync(publisher, Message(My($"topic/{level}"), Q1));
            var message = await probe.ExpectPacketAsync<Publish>();
            var alias = message.Properties?.TopicAlias;
            Assert.True(alias is null or 1 or 2, $"{alias}");
            if (message.Topic.Length > 0 && alias is { } set)
                topics[set] = message.Topic;
            Assert.Equal(My($"topic/{level}"), message.Topic.Length > 0 ? message.Topic : topics[alias!.Value]);
            Assert.Equal(message.Topic.Length == 0, topics.Count == 2 && level != "c" && message.PacketId > 3);
        }
        probe.Abort();
        probe = await ConnectAsync(Keep(My("s"))); // aliases are the connection's: the same messages come with their topics
        for (var at = 0; at < 7; at++)
            await probe.ExpectPacketAsync<Publish>(packet => packet.Dup && packet.Topic.Length > 0 && packet.Properties?.TopicAlias is null);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-27", "U-3.1.2.11.5-1")]
    public async Task Without_a_Topic_Alias_Maximum_the_server_uses_no_alias()
    {
        foreach (var maximum in (ushort?[])[null, 0])
        {
            var probe = await ConnectAsync(Hello(My($"s{maximum}"), properties: new ConnectProperties { TopicAliasMaximum = maximum }));
            await SubscribeAsync(probe, My("topic/a"));
            await PublishAsync(await ConnectAsync("p"), Message(My("topic/a")), Message(My("topic/a")));
            await probe.ExpectPacketAsync(Message(My("topic/a")));
            await probe.ExpectPacketAsync(Message(My("topic/a")));
        }
    }

    private static Publish Aliased(string topic, ushort alias) =>
        new(topic, "x") { Properties = new PublishProperties { TopicAlias = alias } };
}
