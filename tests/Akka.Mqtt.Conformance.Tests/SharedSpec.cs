using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;

namespace Akka.Mqtt.Conformance;

/// <summary>Shared subscriptions (section 4.8.2 of 5.0).</summary>
public sealed class SharedSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    private string Group => $"$share/g/{My("t")}";

    private async Task<MqttProbe> MemberAsync(string name, QualityOfService qos = QualityOfService.ExactlyOnce, ushort receiveMaximum = 100)
    {
        var probe = await ConnectAsync(Keep(My(name), receiveMaximum: receiveMaximum));
        await SubscribeAsync(probe, new Subscription(Group, qos));
        return probe;
    }

    [Fact]
    [Proves("5.0", "MQTT-4.8.2-1", "MQTT-4.8.2-2", "MQTT-4.8.2-3", "U-3.8.4-2")]
    public async Task Each_message_goes_to_one_member_with_its_QoS_and_no_retained_ones()
    {
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("t"), Q1) with { Retain = true });
        var one = await MemberAsync("one", Q0);
        var two = await MemberAsync("two", Q2);
        await SubscribeAsync(two, new Subscription($"$share/h/{My("t")}", Q1)); // another group gets its own copy
        await QuietAsync(one);
        await QuietAsync(two);
        await PublishAsync(publisher, [.. Enumerable.Range(1, 10).Select(at => Message(My("t"), Q2, (ushort)at, $"{at}"))]);
        var first = new List<Publish>();
        for (var at = 0; at < 5; at++)
            first.Add(await one.ExpectPacketAsync<Publish>(packet => packet.QoS == Q0));
        var second = new List<Publish>();
        for (var at = 0; at < 15; at++)
            second.Add(await two.ExpectPacketAsync<Publish>());
        Assert.Equal((5, 10), (second.Count(packet => packet.QoS == Q2), second.Count(packet => packet.QoS == Q1)));
        await QuietAsync(one);
        await QuietAsync(two);
    }

    [Fact]
    [Proves("5.0", "U-4.8.2-1")]
    public async Task What_a_member_has_not_acknowledged_goes_to_another_when_its_connection_is_lost()
    {
        var publisher = await ConnectAsync("p");
        var one = await MemberAsync("one", Q1, receiveMaximum: 2);
        await PublishAsync(publisher, [.. Enumerable.Range(1, 5).Select(at => Message(My("t"), Q1, (ushort)at, $"{at}"))]);
        await one.ExpectPacketAsync<Publish>();
        await one.ExpectPacketAsync<Publish>();
        var two = await MemberAsync("two", Q1);
        await QuietAsync(two);
        one.Abort();
        for (var at = 1; at <= 5; at++)
            Assert.Equal($"{at}", (await two.ExpectPacketAsync<Publish>(packet => !packet.Dup)).Payload.ToText());
        one = await ConnectAsync(Keep(My("one")));
        await QuietAsync(one); // they are the other's now
        await QuietAsync(two);
    }

    [Fact]
    [Proves("5.0", "U-4.8.2-1")]
    public async Task What_a_member_has_not_acknowledged_waits_for_it_while_there_is_no_other_and_goes_on_when_its_session_ends()
    {
        var publisher = await ConnectAsync("p");
        var one = await MemberAsync("one", Q1);
        await PublishAsync(publisher, Message(My("t"), Q1, 1, "1"));
        var sent = await one.ExpectPacketAsync<Publish>();
        one.Abort();
        one = await ConnectAsync(Keep(My("one")));
        await one.ExpectPacketAsync<Publish>(packet => packet.Dup && packet.PacketId == sent.PacketId);
        var two = await MemberAsync("two", Q1);
        await LeaveAsync(one, new DisconnectProperties { SessionExpiryInterval = 0 });
        await two.ExpectPacketAsync<Publish>(packet => packet.Payload.ToText() == "1");
    }

    [Fact]
    [Proves("5.0", "MQTT-4.8.2-4")]
    public async Task QoS_2_is_completed_with_the_client_it_was_begun_with()
    {
        var publisher = await ConnectAsync("p");
        var one = await MemberAsync("one");
        await PublishAsync(publisher, Message(My("t"), Q2, 1, "1"), Message(My("t"), Q2, 2, "2"));
        var first = await one.ExpectPacketAsync<Publish>();
        var second = await one.ExpectPacketAsync<Publish>();
        await one.SendPacketAsync(new PubRec(first.PacketId));
        await one.ExpectPacketAsync<PubRel>();
        var two = await MemberAsync("two");
        one.Abort();
        one = await ConnectAsync(Keep(My("one")));
        await one.ExpectPacketAsync(new PubRel(first.PacketId));
        await one.ExpectPacketAsync<Publish>(packet => packet.Dup && packet.PacketId == second.PacketId);
        await QuietAsync(two);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.8.2-5")]
    public async Task QoS_2_that_was_begun_goes_to_nobody_else_when_the_session_ends()
    {
        var publisher = await ConnectAsync("p");
        var one = await MemberAsync("one");
        await PublishAsync(publisher, Message(My("t"), Q2, 1));
        await one.ExpectPacketAsync<Publish>();
        var two = await MemberAsync("two");
        await LeaveAsync(one, new DisconnectProperties { SessionExpiryInterval = 0 });
        Assert.False((await OpenAsync(Keep(My("one")))).Answer.SessionPresent);
        await QuietAsync(two);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.8.2-6")]
    public async Task A_negative_acknowledgement_discards_the_message()
    {
        var publisher = await ConnectAsync("p");
        var one = await MemberAsync("one");
        await PublishAsync(publisher, Message(My("t"), Q1, 1), Message(My("t"), Q2, 2));
        var first = await one.ExpectPacketAsync<Publish>();
        var second = await one.ExpectPacketAsync<Publish>();
        var two = await MemberAsync("two");
        await one.SendPacketAsync(new PubAck(first.PacketId, ReasonCode.UnspecifiedError), new PubRec(second.PacketId, ReasonCode.UnspecifiedError));
        await QuietAsync(one);
        one.Abort();
        await QuietAsync(await ConnectAsync(Keep(My("one"))));
        await QuietAsync(two);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.8.2-1")]
    public async Task Connected_members_come_before_those_that_are_away()
    {
        var one = await MemberAsync("one");
        var two = await MemberAsync("two");
        await LeaveAsync(one);
        await PublishAsync(await ConnectAsync("p"), [.. Enumerable.Range(1, 4).Select(at => Message(My("t"), Q1, (ushort)at, $"{at}"))]);
        for (var at = 1; at <= 4; at++)
            Assert.Equal($"{at}", (await two.ExpectPacketAsync<Publish>()).Payload.ToText());
    }
}
