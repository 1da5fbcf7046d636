using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>QoS, packet identifiers, flow control, expiry (sections 2.2.1, 3.4 to 3.7, 4.3, 4.9).</summary>
public sealed class QosSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "QoS")]
    [Proves("3.1.1", "MQTT-3.3.4-1", "MQTT-4.3.2-2", "MQTT-4.3.3-2", "MQTT-2.3.1-6", "MQTT-4.6.0-2", "MQTT-4.6.0-3")]
    [Proves("5.0", "MQTT-3.3.4-1", "MQTT-4.3.2-4", "MQTT-4.3.2-5", "MQTT-4.3.3-8", "MQTT-4.3.3-10", "MQTT-4.3.3-11", "MQTT-4.3.3-12", "MQTT-2.2.1-5", "MQTT-4.6.0-2", "MQTT-4.6.0-3")]
    public async Task The_receivers_side_of_each_QoS(MqttVersion version)
    {
        var subscriber = await SubscriberAsync(My("t"), version);
        var publisher = await ConnectAsync("p", version);
        await publisher.SendPacketAsync(
            Message(My("t"), Q0, 0, "0"), Message(My("t"), Q1, 5, "1"), Message(My("t"), Q2, 4, "2"),
            Message(My("t"), Q2, 4, "2") with { Dup = true }, Message(My("t"), Q1, 3, "3"));
        await publisher.ExpectPacketAsync(new PubAck(5));
        await publisher.ExpectPacketAsync(new PubRec(4));
        await publisher.ExpectPacketAsync(new PubRec(4));
        await publisher.ExpectPacketAsync(new PubAck(3));
        await publisher.SendPacketAsync(new PubRel(4), Message(My("t"), Q2, 4, "4"), Message(My("t"), Q1, 5, "5") with { Dup = true });
        await publisher.ExpectPacketAsync(new PubComp(4));
        await publisher.ExpectPacketAsync(new PubRec(4)); // the identifier means a new message
        await publisher.ExpectPacketAsync(new PubAck(5)); // and so after PUBACK, DUP or not
        foreach (var payload in (string[])["0", "1", "2", "3", "4", "5"])
            await subscriber.ExpectPacketAsync(Message(My("t"), Q0, 0, payload));
        await QuietAsync(subscriber);
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "QoS")]
    [Proves("3.1.1", "MQTT-4.3.2-1", "MQTT-4.3.3-1", "MQTT-2.3.1-4", "MQTT-4.6.0-4")]
    [Proves("5.0", "MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.2-2", "MQTT-4.3.3-1", "MQTT-4.3.3-2", "MQTT-4.3.3-4", "MQTT-4.6.0-4", "U-2.2.1-1", "U-2.2.1-2")]
    public async Task The_senders_side_of_QoS_1_and_2(MqttVersion version)
    {
        var probe = await SubscriberAsync(new Subscription(My("t"), Q2), version);
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q1, 1), Message(My("t"), Q2, 2), Message(My("t"), Q2, 3));
        var sent = new List<Publish>();
        for (var at = 0; at < 3; at++)
            sent.Add(await probe.ExpectPacketAsync<Publish>(packet => !packet.Dup && packet.PacketId != 0));
        Assert.Equal(3, sent.Select(packet => packet.PacketId).Distinct().Count());
        // the same identifiers are free for the client in its own direction
        await PublishAsync(probe, Message(My("nobody"), Q1, sent[0].PacketId), Message(My("nobody"), Q2, sent[1].PacketId));
        await probe.SendPacketAsync(new PubRec(sent[2].PacketId), new PubRec(sent[1].PacketId), new PubAck(sent[0].PacketId));
        await probe.ExpectPacketAsync(new PubRel(sent[2].PacketId)); // in the order of the PUBRECs
        await probe.ExpectPacketAsync(new PubRel(sent[1].PacketId));
        await probe.SendPacketAsync(new PubComp(sent[2].PacketId), new PubComp(sent[1].PacketId));
        await QuietAsync(probe);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.4.0-2", "MQTT-4.3.3-9")]
    public async Task A_negative_acknowledgement_ends_the_exchange()
    {
        var probe = await ConnectAsync(Keep(My("s")));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("t"), Q1, 1), Message(My("t"), Q2, 2));
        var one = await probe.ExpectPacketAsync<Publish>();
        var two = await probe.ExpectPacketAsync<Publish>();
        await probe.SendPacketAsync(new PubAck(one.PacketId, ReasonCode.UnspecifiedError), new PubRec(two.PacketId, ReasonCode.QuotaExceeded));
        await QuietAsync(probe); // no PUBREL
        probe.Abort();
        await QuietAsync(await ConnectAsync(Keep(My("s")))); // and nothing again
        // the server's own refusal: after PUBREC 0x87 the identifier means a new message
        await publisher.SendPacketAsync(Message("$SYS/x", Q2, 9));
        await publisher.ExpectPacketAsync<PubRec>(rec => rec.ReasonCode == ReasonCode.NotAuthorized);
        await publisher.SendPacketAsync(Message(My("nobody"), Q2, 9));
        await publisher.ExpectPacketAsync<PubRec>(rec => rec.ReasonCode == ReasonCode.NoMatchingSubscribers);
    }

    [Fact]
    [Proves("5.0", "MQTT-2.2.1-5", "U-3.4.2.1-1", "MQTT-3.4.2-1", "MQTT-3.5.2-1", "MQTT-3.6.2-1", "MQTT-3.7.2-1")]
    public async Task Acknowledgements_of_nothing_have_0x92_and_short_forms_are_read()
    {
        var probe = await ConnectAsync("c");
        await probe.SendBytesAsync("62 02 00 09  50 03 00 08 00  40 02 00 07  70 04 00 06 00 00");
        await probe.ExpectPacketAsync(new PubComp(9, ReasonCode.PacketIdentifierNotFound));
        await probe.ExpectPacketAsync(new PubRel(8, ReasonCode.PacketIdentifierNotFound));
        await QuietAsync(probe);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [Proves("5.0", "MQTT-3.3.4-9", "MQTT-3.3.4-10", "MQTT-4.9.0-1", "MQTT-4.9.0-2", "MQTT-4.9.0-3", "U-4.9-1", "U-4.9-2", "U-3.1.2.11.3-1")]
    public async Task The_server_keeps_within_the_Receive_Maximum_of_the_client(int maximum)
    {
        var probe = await ConnectAsync(Keep(My("s"), receiveMaximum: (ushort)maximum));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, [.. Enumerable.Range(1, 8).Select(at => Message(My("t"), at % 2 == 0 ? Q1 : Q2, (ushort)at, $"{at}"))]);
        var open = new List<Publish>();
        for (var at = 0; at < maximum; at++)
            open.Add(await probe.ExpectPacketAsync<Publish>());
        // all other packets go on, QoS 0 too
        await probe.SendPacketAsync(new PingReq());
        await probe.ExpectPacketAsync<PingResp>();
        await SubscribeAsync(probe, My("zero"));
        await PublishAsync(publisher, Message(My("zero")));
        await probe.ExpectPacketAsync(Message(My("zero")));
        await QuietAsync(probe);
        // PUBREC below 0x80 does not free a place, PUBCOMP and PUBACK do
        await probe.SendPacketAsync(new PubRec(open[0].PacketId));
        await probe.ExpectPacketAsync<PubRel>();
        await QuietAsync(probe);
        await probe.SendPacketAsync(new PubComp(open[0].PacketId));
        await probe.ExpectPacketAsync<Publish>();
        await QuietAsync(probe);
        // the quota is the connection's
        probe.Abort();
        probe = await ConnectAsync(Keep(My("s"), receiveMaximum: (ushort)maximum));
        for (var at = 0; at < maximum; at++)
            await probe.ExpectPacketAsync<Publish>(packet => packet.Dup);
        await QuietAsync(probe);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.2-5", "MQTT-3.3.2-6")]
    public async Task Expiry_is_counted_down_while_a_message_waits_and_ends_it()
    {
        var probe = await ConnectAsync(Keep(My("s")));
        await SubscribeAsync(probe, new Subscription(My("t"), Q1));
        await LeaveAsync(probe);
        await PublishAsync(
            await ConnectAsync("p"),
            Message(My("t"), Q1, 1, "short") with { Properties = new PublishProperties { MessageExpiryInterval = 10 } },
            Message(My("t"), Q1, 2, "long") with { Properties = new PublishProperties { MessageExpiryInterval = 100 } });
        Fixture.Clock.Advance(TimeSpan.FromSeconds(30));
        probe = await ConnectAsync(Keep(My("s")));
        var message = await probe.ExpectPacketAsync<Publish>();
        Assert.Equal(("long", 70u), (message.Payload.ToText(), message.Properties!.MessageExpiryInterval));
        await QuietAsync(probe);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.2-6", "MQTT-4.3.3-7", "MQTT-4.3.3-13", "MQTT-3.3.2-5")]
    public async Task A_message_that_was_sent_is_sent_again_with_what_is_left_even_when_it_has_expired()
    {
        var probe = await ConnectAsync(Keep(My("s")));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        var expiry = new PublishProperties { MessageExpiryInterval = 100 };
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q1, 1) with { Properties = expiry }, Message(My("t"), Q2, 2) with { Properties = expiry });
        await probe.ExpectPacketAsync<Publish>(packet => packet.Properties!.MessageExpiryInterval == 100);
        await probe.ExpectPacketAsync<Publish>(packet => packet.Properties!.MessageExpiryInterval == 100);
        foreach (var (seconds, left) in ((int, uint)[])[(40, 60), (1000, 0)])
        {
            probe.Abort();
            Fixture.Clock.Advance(TimeSpan.FromSeconds(seconds));
            probe = await ConnectAsync(Keep(My("s")));
            await probe.ExpectPacketAsync<Publish>(packet => packet is { Dup: true, QoS: Q1 } && packet.Properties!.MessageExpiryInterval == left);
            await probe.ExpectPacketAsync<Publish>(packet => packet is { Dup: true, QoS: Q2 } && packet.Properties!.MessageExpiryInterval == left);
        }
        // the exchange of an expired QoS 2 message is completed
        await probe.SendPacketAsync(new PubRec(2));
        await probe.ExpectPacketAsync(new PubRel(2));
        await probe.SendPacketAsync(new PubComp(2));
        await QuietAsync(probe);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.3.2-5", "MQTT-3.3.2-6", "U-3.3.2.3.3-1")]
    public async Task Retained_messages_expire()
    {
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("r")) with { Retain = true, Properties = new PublishProperties { MessageExpiryInterval = 100 } });
        Fixture.Clock.Advance(TimeSpan.FromSeconds(99));
        var first = await SubscriberAsync(My("r"), clientId: "a");
        await first.ExpectPacketAsync<Publish>(packet => packet.Properties!.MessageExpiryInterval == 1);
        Fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await QuietAsync(await SubscriberAsync(My("r"), clientId: "b"));
        await PublishAsync(publisher, Message(My("r")) with { Retain = true });
        Fixture.Clock.Advance(TimeSpan.FromDays(1000));
        await (await SubscriberAsync(My("r"), clientId: "c")).ExpectPacketAsync<Publish>();
    }
}
