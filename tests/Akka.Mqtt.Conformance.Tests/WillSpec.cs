using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>Wills (sections 3.1.2.5 to 3.1.2.7, 3.1.3.2).</summary>
public sealed class WillSpec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    private Connect Mortal(MqttVersion version = MqttVersion.V5, uint delay = 0, uint expiry = 0, bool retain = false) => Hello(
        My("mortal"),
        version,
        clean: version != V5 || expiry == 0,
        version == V5 ? new ConnectProperties { SessionExpiryInterval = expiry } : null) with
    {
        Will = new Will(My("will"), "dead")
        {
            QoS = Q1,
            Retain = retain,
            Properties = version == V5 ? new WillProperties { WillDelayInterval = delay } : null,
        },
    };

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1", "will")]
    [Proves("3.1.1", "MQTT-3.1.2-8", "MQTT-3.1.2-9", "MQTT-3.1.2-10", "MQTT-3.1.2-16")]
    [Proves("5.0", "MQTT-3.1.2-7", "MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.1.2-14")]
    public async Task It_is_published_once_when_the_connection_breaks(MqttVersion version)
    {
        var watcher = await SubscriberAsync(new Subscription(My("will"), Q1) { RetainAsPublished = true });
        (await ConnectAsync(Mortal(version))).Abort();
        await watcher.ExpectPacketAsync<Publish>(packet => packet is { QoS: Q1, Retain: false } && packet.Payload.ToText() == "dead");
        (await ConnectAsync(Keep(My("mortal")))).Abort();
        await (await ConnectAsync(Keep(My("mortal")))).SendPacketAsync(new Disconnect()); // its session has seen the break
        await QuietAsync(watcher);
        await QuietAsync(await SubscriberAsync(My("will"), clientId: "late")); // it was not retained
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.1.2-17")]
    [Proves("5.0", "MQTT-3.1.2-15")]
    public async Task A_will_with_RETAIN_is_retained()
    {
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var watcher = await SubscriberAsync(My("will"), clientId: $"w{version}");
            (await ConnectAsync(Mortal(version, retain: true))).Abort();
            await watcher.FishForPacketAsync<Publish>(packet => !packet.Retain);
            var late = await SubscriberAsync(My("will"), clientId: $"l{version}");
            await late.ExpectPacketAsync<Publish>(packet => packet.Retain);
        }
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.14.4-3", "MQTT-3.1.2-10")]
    [Proves("5.0", "MQTT-3.14.4-3", "MQTT-3.1.2-10")]
    public async Task A_normal_DISCONNECT_takes_it_away(MqttVersion version)
    {
        var watcher = await SubscriberAsync(My("will"));
        await LeaveAsync(await ConnectAsync(Mortal(version)));
        (await ConnectAsync("without", version)).Abort();
        await ConnectAsync(Hello(My("mortal"), version));
        await QuietAsync(watcher);
    }

    // The session has had a will: a server that forgets to forget it publishes it at the end of a connection that has none.
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [Proves("3.1.1", "MQTT-3.1.2-12")]
    public async Task Without_a_will_nothing_is_published_when_the_connection_breaks(MqttVersion version)
    {
        var watcher = await SubscriberAsync(My("will"));
        await LeaveAsync(await ConnectAsync(Mortal(version) with { CleanStart = false }));
        (await ConnectAsync(Keep(My("mortal"), version))).Abort();
        await (await ConnectAsync(Keep(My("mortal"), version))).SendPacketAsync(new Disconnect()); // its session has seen the break
        await QuietAsync(watcher);
        (await ConnectAsync(Mortal(version))).Abort();
        await watcher.ExpectPacketAsync<Publish>(); // the watcher does see a will, and this is the first
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-8", "MQTT-3.14.4-3")]
    public async Task DISCONNECT_0x04_publishes_it()
    {
        var watcher = await SubscriberAsync(My("will"));
        await (await ConnectAsync(Mortal())).SendPacketAsync(new Disconnect(ReasonCode.DisconnectWithWillMessage));
        await watcher.ExpectPacketAsync<Publish>();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-8")]
    public async Task It_waits_for_its_delay()
    {
        var watcher = await SubscriberAsync(My("will"));
        (await ConnectAsync(Mortal(delay: 60, expiry: 3600))).Abort();
        Fixture.Clock.Advance(TimeSpan.FromSeconds(59));
        await watcher.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(100));
        await ComesAsync(watcher, TimeSpan.FromSeconds(30));
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-8", "MQTT-4.1.0-2")]
    public async Task It_comes_with_the_end_of_the_session_at_the_latest()
    {
        var watcher = await SubscriberAsync(My("will"));
        (await ConnectAsync(Mortal(delay: 1_000_000, expiry: 60))).Abort();
        await ComesAsync(watcher, TimeSpan.FromSeconds(30));
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.3-9")]
    public async Task Coming_back_before_the_delay_cancels_it()
    {
        var watcher = await SubscriberAsync(My("will"));
        (await ConnectAsync(Mortal(delay: 60, expiry: 3600))).Abort();
        var (_, answer) = await OpenAsync(Keep(My("mortal")));
        Assert.True(answer.SessionPresent);
        // another client does not come back: its will, which is due later, is the first and only one
        (await ConnectAsync(Mortal(delay: 90, expiry: 3600) with { ClientId = My("other") })).Abort();
        await ComesAsync(watcher, TimeSpan.FromSeconds(30));
        await QuietAsync(watcher);
    }

    [Fact]
    [Proves("5.0", "U-3.1.4-3")]
    public async Task A_take_over_publishes_it_with_clean_start_or_without_delay()
    {
        var watcher = await SubscriberAsync(My("will"));
        await ConnectAsync(Mortal(delay: 0, expiry: 3600));
        await ConnectAsync(Mortal(delay: 60, expiry: 3600)); // resumes: the will without a delay is published
        await watcher.ExpectPacketAsync<Publish>();
        await ConnectAsync(Mortal(delay: 60, expiry: 3600)); // resumes: the will with a delay is not
        await QuietAsync(watcher);
        await ConnectAsync(Hello(My("mortal"))); // clean start ends the session
        await watcher.ExpectPacketAsync<Publish>();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.3-10", "U-2.2.2.2-2")]
    public async Task Its_properties_are_those_of_its_message_in_their_order()
    {
        var watcher = await SubscriberAsync(My("will"));
        var properties = new WillProperties
        {
            PayloadFormatIndicator = true,
            MessageExpiryInterval = 100,
            ContentType = "text",
            ResponseTopic = "answer",
            CorrelationData = MqttBinary.FromText("data"),
            UserProperties = [new UserProperty("b", "1"), new UserProperty("a", "2"), new UserProperty("b", "1")],
        };
        (await ConnectAsync(Hello(My("mortal")) with { Will = new Will(My("will"), "dead") { Properties = properties } })).Abort();
        var published = (await watcher.ExpectPacketAsync<Publish>()).Properties;
        Assert.Equal(
            new PublishProperties
            {
                PayloadFormatIndicator = true,
                MessageExpiryInterval = 100,
                ContentType = "text",
                ResponseTopic = "answer",
                CorrelationData = MqttBinary.FromText("data"),
                UserProperties = properties.UserProperties,
            },
            published);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-3.1.2-8")]
    [Proves("5.0", "MQTT-3.1.2-8")]
    public async Task A_protocol_error_publishes_it()
    {
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var watcher = await SubscriberAsync(My("will"), clientId: $"w{version}");
            await (await ConnectAsync(Mortal(version))).SendBytesAsync("00 00");
            await watcher.ExpectPacketAsync<Publish>();
        }
    }

    /// <summary>The clock goes on until the will comes: when the server sees the end of a connection is its own affair.</summary>
    private async Task ComesAsync(TestKit.MqttProbe watcher, TimeSpan step)
    {
        for (var at = 0; at < 100 && watcher.Unread.IsEmpty; at++)
        {
            Fixture.Clock.Advance(step);
            try
            {
                await watcher.ExpectPacketAsync<Publish>(TimeSpan.FromMilliseconds(100));
                return;
            }
            catch (Xunit.Sdk.XunitException)
            {
                // not yet
            }
        }
        await watcher.ExpectPacketAsync<Publish>();
    }
}
