using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>CONNECT, CONNACK, PING, DISCONNECT (sections 3.1, 3.2, 3.12, 3.14, 4.12, 4.13).</summary>
public sealed class ConnectSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "CONNACK 0", "MQIsdp")]
    [Proves("3.1.1", "MQTT-3.1.4-4", "MQTT-3.2.0-1", "MQTT-3.2.2-1", "MQTT-3.12.4-1", "MQTT-7.1.1-1", "MQTT-7.0.0-2")]
    [Proves("5.0", "MQTT-3.1.4-5", "MQTT-3.2.0-1", "MQTT-3.2.2-1", "MQTT-3.2.2-2", "MQTT-3.12.4-1", "MQTT-4.2.0-1", "MQTT-4.12.0-6", "U-2.4-1")]
    public async Task A_client_is_accepted_and_its_ping_answered(MqttVersion version)
    {
        var probe = await DialAsync(version);
        await probe.SendPacketAsync(Hello(My("c"), version));
        await probe.ExpectBytesAsync(version == V5 ? "20" : "20 02 00 00");
        if (version == V5)
        {
            var rest = await probe.ReadBytesAsync(3);
            Assert.Equal([0, 0], rest[1..]); // acknowledge flags, reason code
            await probe.ReadBytesAsync(rest[0] - 2); // properties
            var (_, answer) = await OpenAsync(Hello(My("d")));
            Assert.Null(answer.Properties?.AuthenticationMethod);
        }
        await probe.SendPacketAsync(new PingReq());
        await probe.ExpectPacketAsync<PingResp>();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.3-5")]
    [Proves("5.0", "MQTT-3.1.3-5")]
    public async Task Client_identifiers_of_1_to_23_letters_and_digits_are_accepted(MqttVersion version)
    {
        foreach (var id in (string[])["0", "z", "0123456789abcdefghijklm", "ABCDEFGHIJKLMNOPQRSTUVW", "nopqrstuvwxyzXYZ"])
            await ConnectAsync(Hello(id, version));
    }

    [Fact]
    [Proves("3.1", "client identifier")]
    public async Task A_3_1_client_has_an_identifier_of_1_to_23_characters()
    {
        await ConnectAsync(Hello("0123456789abcdefghijk31", V31));
        var (probe, answer) = await OpenAsync(Hello("0123456789abcdefghijk314", V31));
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, answer.ReasonCode);
        await probe.ExpectClosedAsync();
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.1.3-6")]
    public async Task An_empty_identifier_of_3_1_1_gets_a_unique_one()
    {
        var one = await ConnectAsync(Hello("", V311));
        var two = await ConnectAsync(Hello("", V311));
        await SubscribeAsync(two, My("t"));
        await PublishAsync(one, Message(My("t")));
        await two.ExpectPacketAsync<Publish>();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16")]
    public async Task An_empty_identifier_of_5_0_gets_a_unique_one_that_CONNACK_tells()
    {
        var (one, first) = await OpenAsync(Hello("", V5, properties: new ConnectProperties { SessionExpiryInterval = 100 }));
        var (_, second) = await OpenAsync(Hello(""));
        var id = first.Properties!.AssignedClientIdentifier!;
        Assert.NotEqual(id, second.Properties!.AssignedClientIdentifier);
        await LeaveAsync(one);
        var (_, again) = await OpenAsync(Keep(id));
        Assert.True(again.SessionPresent);
        Assert.Null(again.Properties!.AssignedClientIdentifier);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.12.0-1", "MQTT-3.1.4-2", "MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-3.2.2-8", "U-3.1.4-2")]
    public async Task An_unknown_authentication_method_is_refused_and_the_connection_closed()
    {
        await LeaveAsync(await ConnectAsync(Keep(My("c")))); // there is a session that CONNACK could name
        var (probe, answer) = await OpenAsync(Hello(My("c"), properties: new ConnectProperties { AuthenticationMethod = "no such method" }));
        Assert.Equal((ReasonCode.BadAuthenticationMethod, false), (answer.ReasonCode, answer.SessionPresent));
        await probe.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.4-5")]
    [Proves("5.0", "MQTT-3.1.4-6", "U-3.1.4-1", "MQTT-3.14.0-1")]
    public async Task What_follows_a_refused_CONNECT_is_ignored(MqttVersion version)
    {
        var watcher = await SubscriberAsync(My("#")[..^1] + "t");
        var probe = await DialAsync(version);
        var refused = version == V5
            ? Hello(My("c"), properties: new ConnectProperties { AuthenticationMethod = "no such method" })
            : Hello(My("c"), version) with { Will = new Will(string.Join('/', Enumerable.Repeat("x", 500)), "x") };
        var publish = new Publish(My("t"), "x");
        await probe.SendBytesAsync((byte[])[.. MqttEncoder.Encode(refused, version), .. MqttEncoder.Encode(publish, version)]);
        if (version == V5)
            await probe.ExpectPacketAsync<ConnAck>(answer => answer.ReasonCode >= ReasonCode.UnspecifiedError);
        await probe.ExpectEndAsync(); // no DISCONNECT, no second CONNACK
        await QuietAsync(watcher);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.2.2-6")]
    public async Task A_refusal_that_3_1_1_has_no_code_for_closes_without_CONNACK()
    {
        var probe = await DialAsync(V311);
        await probe.SendPacketAsync(Hello(My("c"), V311) with { Will = new Will(string.Join('/', Enumerable.Repeat("x", 500)), "x") });
        await probe.ExpectEndAsync();
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.2.2-4")]
    public async Task A_refusing_CONNACK_of_3_1_1_has_session_present_0()
    {
        var probe = await DialAsync(V311);
        await probe.SendBytesAsync("10 0c 00 04 4d 51 54 54 04 00 00 3c 00 00");
        await probe.ExpectBytesAsync("20 02 00 02");
        await probe.ExpectClosedAsync();
    }

    [Fact]
    [Proves("5.0", "U-3.1.4-1", "MQTT-3.2.0-1", "MQTT-3.2.0-2")]
    public async Task Packets_behind_CONNECT_are_handled_after_CONNACK()
    {
        var probe = await DialAsync();
        await probe.SendPacketAsync(Hello(My("c")), new Subscribe(1, My("t")), new PingReq());
        await probe.ExpectPacketAsync<ConnAck>();
        MqttPacket[] answers = [await probe.ExpectPacketAsync<MqttPacket>(), await probe.ExpectPacketAsync<MqttPacket>()];
        Assert.Contains(answers, packet => packet is SubAck);
        Assert.Contains(answers, packet => packet is PingResp);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-28", "U-3.2.2.3.15-1")]
    public async Task Without_a_request_CONNACK_has_no_response_information()
    {
        foreach (var asked in (bool?[])[null, false])
        {
            var (_, answer) = await OpenAsync(Hello(My("c"), properties: new ConnectProperties { RequestResponseInformation = asked }));
            Assert.Null(answer.Properties!.ResponseInformation);
        }
    }

    [Fact]
    [Proves("5.0", "U-3.2.2.3.4-1", "U-3.2.2.3.5-1", "U-3.2.2.3.11-1", "U-3.2.2.3.12-1", "U-3.2.2.3.13-1", "U-2.2.2.2-2")]
    public async Task A_server_that_can_all_says_nothing_of_limits_and_takes_all()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")) with { Will = new Will(My("w"), "x") { QoS = Q2, Retain = true } });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        Assert.Null(answer.Properties!.MaximumQoS);
        Assert.NotEqual(false, answer.Properties.RetainAvailable);
        Assert.NotEqual(false, answer.Properties.WildcardSubscriptionAvailable);
        Assert.NotEqual(false, answer.Properties.SubscriptionIdentifierAvailable);
        Assert.NotEqual(false, answer.Properties.SharedSubscriptionAvailable);
        await probe.SendPacketAsync(new Subscribe(1, new Subscription(My("/+/a"), Q2), new Subscription($"$share/g/{My("b")}", Q1), new Subscription(My("c")))
        {
            Properties = new SubscribeProperties { SubscriptionIdentifier = 268_435_455 },
        });
        await probe.ExpectPacketAsync(new SubAck(1, ReasonCode.GrantedQoS2, ReasonCode.GrantedQoS1, ReasonCode.Success));
        // will and its properties in any order, retained QoS 2 publishes are taken
        await PublishAsync(probe, Message(My("r"), Q2) with { Retain = true });
    }

    [Fact]
    [Proves("5.0", "MQTT-3.14.4-2", "U-3.14.2.1-1")]
    public async Task DISCONNECT_closes_the_connection()
    {
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var probe = await ConnectAsync($"c{version}", version);
            await probe.SendBytesAsync("e0 00");
            await probe.ExpectClosedAsync();
        }
        var short5 = await ConnectAsync("short");
        await short5.SendBytesAsync("e0 01 04");
        await short5.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.2-23", "MQTT-3.1.2-24")]
    [Proves("5.0", "MQTT-3.1.2-20", "MQTT-3.1.2-22", "MQTT-3.2.2-22", "U-3.1.2.10-1")]
    public async Task A_silent_client_is_dropped_after_1_5_times_its_keep_alive_and_its_will_published(MqttVersion version)
    {
        var watcher = await SubscriberAsync(My("will"));
        var patient = await ConnectAsync(Hello(My("p"), version) with { KeepAlive = 0 });
        var silent = await ConnectAsync(Hello(My("c"), version) with { KeepAlive = 1, Will = new Will(My("will"), "x") });
        await watcher.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(1200));
        await watcher.ExpectPacketAsync<Publish>();
        if (version == V5)
            await silent.ExpectPacketAsync<Disconnect>();
        await silent.ExpectEndAsync();
        await patient.SendPacketAsync(new PingReq());
        await patient.ExpectPacketAsync<PingResp>();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.4-2")]
    [Proves("5.0", "MQTT-3.1.4-3", "MQTT-4.13.2-1", "MQTT-3.14.2-1", "MQTT-3.14.2-2")]
    public async Task A_later_connection_takes_over_and_the_older_is_told_0x8E(MqttVersion version)
    {
        var first = await ConnectAsync("c", version);
        var second = await ConnectAsync("c", version);
        if (version == V5)
        {
            var last = await first.ExpectPacketAsync<Disconnect>();
            Assert.Equal(ReasonCode.SessionTakenOver, last.ReasonCode);
            Assert.Null(last.Properties?.SessionExpiryInterval);
        }
        await first.ExpectClosedAsync();
        await QuietAsync(second);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-4.8.0-1")]
    [Proves("5.0", "MQTT-4.13.1-1", "U-4.13.1-2")]
    public async Task An_error_ends_the_connection_that_it_came_on_and_no_other(MqttVersion version)
    {
        var other = await SubscriberAsync(My("t"), version);
        var bad = await ConnectAsync("bad", version);
        await bad.SendBytesAsync((byte[])[.. MqttEncoder.Encode(Message(My("t")), version), 0xF0, 0x00]);
        if (version == V5)
            await bad.ExpectPacketAsync<Disconnect>(packet => packet.ReasonCode >= ReasonCode.UnspecifiedError);
        await bad.ExpectEndAsync();
        await other.ExpectPacketAsync(Message(My("t")));
        await QuietAsync(other);
    }
}
