using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>Sessions (sections 3.1.2.4, 3.1.2.11, 4.1, 4.4).</summary>
public sealed class SessionSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "session")]
    [Proves("3.1.1", "MQTT-3.1.2-4", "MQTT-3.1.2-5", "MQTT-3.1.3-2", "MQTT-3.1.4-3", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-4.1.0-1", "MQTT-4.5.0-1")]
    [Proves("5.0", "MQTT-3.1.2-5", "MQTT-3.1.2-6", "MQTT-3.1.2-23", "MQTT-3.1.3-2", "MQTT-3.1.4-4", "MQTT-3.2.2-3", "MQTT-4.1.0-1", "MQTT-4.5.0-1")]
    public async Task A_kept_session_has_its_subscriptions_and_what_came_for_them(MqttVersion version)
    {
        var (first, created) = await OpenAsync(Keep(My("k"), version));
        Assert.False(created.SessionPresent);
        await SubscribeAsync(first, new Subscription(My("t"), Q2));
        await LeaveAsync(first);
        var second = await ConnectAsync(Keep(My("second"), version));
        await SubscribeAsync(second, new Subscription(My("t"), Q1));
        await LeaveAsync(second);
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q0), Message(My("t"), Q1, 1, "1"), Message(My("t"), Q2, 2, "2"));
        var (again, resumed) = await OpenAsync(Keep(My("k"), version));
        Assert.Equal(version != V31, resumed.SessionPresent); // 3.1 has no such flag
        Assert.Equal("1", (await again.ExpectPacketAsync<Publish>(packet => !packet.Dup && packet.QoS == Q1)).Payload.ToText());
        Assert.Equal("2", (await again.ExpectPacketAsync<Publish>(packet => !packet.Dup && packet.QoS == Q2)).Payload.ToText());
        // each session with a matching subscription has them
        second = await ConnectAsync(Keep(My("second"), version));
        Assert.Equal("1", (await second.ExpectPacketAsync<Publish>()).Payload.ToText());
        Assert.Equal("2", (await second.ExpectPacketAsync<Publish>()).Payload.ToText());
        // another client has none of it
        var (_, other) = await OpenAsync(Keep(My("other"), version));
        Assert.False(other.SessionPresent);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.2-6", "MQTT-3.2.2-1", "MQTT-3.1.2-7")]
    [Proves("5.0", "MQTT-3.1.2-4", "MQTT-3.2.2-2")]
    public async Task Clean_start_throws_the_session_away_but_no_retained_message(MqttVersion version)
    {
        var first = await ConnectAsync(Keep(My("k"), version));
        await SubscribeAsync(first, new Subscription(My("t"), Q1));
        await PublishAsync(first, Message(My("r")) with { Retain = true });
        await LeaveAsync(first);
        var publisher = await ConnectAsync("p");
        await PublishAsync(publisher, Message(My("t"), Q1));
        var (clean, answer) = await OpenAsync(Hello(My("k"), version));
        Assert.False(answer.SessionPresent);
        await PublishAsync(publisher, Message(My("t"), Q1));
        await QuietAsync(clean);
        await SubscribeAsync(clean, My("r"));
        await clean.ExpectPacketAsync<Publish>(packet => packet.Retain);
        await LeaveAsync(clean);
        Assert.False((await OpenAsync(Keep(My("k"), version))).Answer.SessionPresent); // it was not kept either
    }

    [Fact]
    [Proves("3.1.1", "MQTT-4.1.0-2")]
    [Proves("5.0", "MQTT-4.1.0-1", "U-3.1.2.11.2-1")]
    public async Task A_session_lasts_as_long_as_its_connection_at_least()
    {
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var probe = await ConnectAsync($"c{version}", version); // expiry 0
            await SubscribeAsync(probe, My("t"));
            Fixture.Clock.Advance(TimeSpan.FromDays(10));
            await PublishAsync(await ConnectAsync($"p{version}"), Message(My("t")));
            await probe.ExpectPacketAsync(Message(My("t")));
        }
    }

    [Theory]
    [InlineData(10u, 9, true)]
    [InlineData(10u, 11, false)]
    [InlineData(604_800u, 604_799, true)]
    [Proves("5.0", "MQTT-4.1.0-2", "MQTT-3.1.2-23", "U-3.2.2.3.2-1")]
    public async Task A_session_ends_when_its_expiry_interval_has_passed(uint expiry, int passed, bool present)
    {
        var watcher = await SubscriberAsync(My("will"), clientId: "w");
        var probe = await ConnectAsync(Keep(My("k"), V5, expiry) with { Will = new Will(My("will")) });
        await DropAsync(probe, watcher);
        Fixture.Clock.Advance(TimeSpan.FromSeconds(passed));
        Assert.Equal(present, (await OpenAsync(Keep(My("k")))).Answer.SessionPresent);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.1.0-2", "U-3.1.2.11.2-1")]
    public async Task DISCONNECT_changes_the_expiry_interval()
    {
        var shorter = await ConnectAsync(Keep(My("s"), V5, 3600));
        await LeaveAsync(shorter, new DisconnectProperties { SessionExpiryInterval = 0 });
        Assert.False((await OpenAsync(Keep(My("s")))).Answer.SessionPresent);

        var longer = await ConnectAsync(Keep(My("l"), V5, 1));
        await LeaveAsync(longer, new DisconnectProperties { SessionExpiryInterval = 5000 });
        var (again, answer) = await OpenAsync(Keep(My("l"), V5, 1));
        Assert.True(answer.SessionPresent);
        await LeaveAsync(again, new DisconnectProperties { SessionExpiryInterval = 5000 });
        await Task.Yield();
        // longer than the limit of the server, 7 days: lowered, and CONNACK says so
        var (_, limited) = await OpenAsync(Keep(My("m"), V5, uint.MaxValue));
        Assert.Equal(604_800u, limited.Properties!.SessionExpiryInterval);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-2.3.1-4", "MQTT-4.6.0-1", "MQTT-4.6.0-6", "MQTT-4.3.3-1")]
    [Proves("5.0", "MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-4.6.0-1", "MQTT-4.3.3-5", "MQTT-4.3.3-6", "MQTT-4.3.2-3", "MQTT-4.3.3-3")]
    public async Task What_is_unacknowledged_is_sent_again_after_a_reconnect_and_only_then(MqttVersion version)
    {
        var probe = await ConnectAsync(Keep(My("k"), version));
        await SubscribeAsync(probe, new Subscription(My("t"), Q2));
        await PublishAsync(await ConnectAsync("p"), Message(My("t"), Q1, 1, "1"), Message(My("t"), Q2, 2, "2"), Message(My("t"), Q2, 3, "3"), Message(My("t"), Q1, 4, "4"));
        var ids = new List<ushort>();
        for (var at = 0; at < 4; at++)
            ids.Add((await probe.ExpectPacketAsync<Publish>(packet => !packet.Dup)).PacketId);
        await probe.SendPacketAsync(new PubRec(ids[1]));
        await probe.ExpectPacketAsync(new PubRel(ids[1]));
        Fixture.Clock.Advance(TimeSpan.FromHours(2));
        await QuietAsync(probe); // however long it takes, nothing is repeated on the same connection
        probe.Abort();
        probe = await ConnectAsync(Keep(My("k"), version));
        await probe.ExpectPacketAsync(Message(My("t"), Q1, ids[0], "1") with { Dup = true });
        await probe.ExpectPacketAsync(new PubRel(ids[1]));
        await probe.ExpectPacketAsync(Message(My("t"), Q2, ids[2], "3") with { Dup = true });
        await probe.ExpectPacketAsync(Message(My("t"), Q1, ids[3], "4") with { Dup = true });
        await probe.SendPacketAsync(new PubAck(ids[0]), new PubComp(ids[1]), new PubRec(ids[2]), new PubAck(ids[3]));
        await probe.ExpectPacketAsync(new PubRel(ids[2]));
        await probe.SendPacketAsync(new PubComp(ids[2]));
        await QuietAsync(probe);
        probe.Abort();
        await QuietAsync(await ConnectAsync(Keep(My("k"), version)));
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-4.3.3-2", "MQTT-4.4.0-1")]
    [Proves("5.0", "MQTT-4.3.3-10", "MQTT-4.3.3-11", "U-4.9-2")]
    public async Task QoS_2_of_a_client_is_known_after_its_reconnect(MqttVersion version)
    {
        var subscriber = await SubscriberAsync(My("t"));
        var probe = await ConnectAsync(Keep(My("k"), version));
        await probe.SendPacketAsync(Message(My("t"), Q2, 9));
        await probe.ExpectPacketAsync(new PubRec(9));
        probe.Abort();
        probe = await ConnectAsync(Keep(My("k"), version));
        await probe.SendPacketAsync(Message(My("t"), Q2, 9) with { Dup = true });
        await probe.ExpectPacketAsync(new PubRec(9));
        await probe.SendPacketAsync(new PubRel(9));
        await probe.ExpectPacketAsync(new PubComp(9));
        await subscriber.ExpectPacketAsync(Message(My("t")));
        await QuietAsync(subscriber);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.4-3")]
    public async Task Of_many_connections_that_race_for_a_client_identifier_one_stays()
    {
        var racers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DialAsync()));
        await Task.WhenAll(racers.Select(each => each.SendPacketAsync(Keep(My("same")))));
        var alive = new List<TestKit.MqttProbe>();
        foreach (var each in racers)
        {
            // it serves, or it was taken over: before its CONNACK, which it then does not get, or after it
            try
            {
                await each.ExpectPacketAsync<MqttPacket>();
                await each.SendPacketAsync(new PingReq());
                if (await each.ExpectPacketAsync<MqttPacket>() is PingResp)
                    alive.Add(each);
            }
            catch (Xunit.Sdk.XunitException)
            {
                // its socket is closed
            }
        }
        Assert.NotEmpty(alive);
        var last = await ConnectAsync(Keep(My("same")));
        foreach (var each in alive)
        {
            Assert.Equal(ReasonCode.SessionTakenOver, (await each.ExpectPacketAsync<Disconnect>()).ReasonCode);
            await each.ExpectEndAsync();
        }
        await SubscribeAsync(last, My("t"));
        await PublishAsync(await ConnectAsync("p"), Message(My("t")));
        await last.ExpectPacketAsync(Message(My("t")));
        await QuietAsync(last);
    }
}
