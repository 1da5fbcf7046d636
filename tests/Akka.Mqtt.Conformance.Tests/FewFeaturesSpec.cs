using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>A server that does not offer all of the protocol, and says so (sections 3.2.2.3.4, 3.2.2.3.5, 3.2.2.3.8 to 3.2.2.3.13, 4.11).</summary>
public sealed class FewFeaturesSpec(FewFeaturesSpec.Small fixture) : ConformanceSpec(fixture), IClassFixture<FewFeaturesSpec.Small>
{
    [Fact]
    [Proves("5.0", "MQTT-3.2.2-9", "MQTT-3.2.2-10", "U-3.2.2.3.4-1")]
    public async Task CONNACK_says_the_Maximum_QoS_and_SUBSCRIBE_may_ask_for_any()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")));
        Assert.Equal(Q1, answer.Properties!.MaximumQoS);
        await probe.SendPacketAsync(new Subscribe(1, new Subscription(My("0"), Q0), new Subscription(My("1"), Q1), new Subscription(My("2"), Q2)));
        await probe.ExpectPacketAsync(new SubAck(1, ReasonCode.Success, ReasonCode.GrantedQoS1, ReasonCode.GrantedQoS1));
        await PublishAsync(await ConnectAsync("p"), Message(My("2"), Q1));
        await probe.ExpectPacketAsync<Publish>(packet => packet.QoS == Q1);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-11", "U-3.2.2.3.4-2")]
    public async Task A_message_above_the_Maximum_QoS_is_0x9B()
    {
        var watcher = await SubscriberAsync(My("t"), clientId: "watcher");
        foreach (var version in (MqttVersion[])[V311, V5])
        {
            var probe = await ConnectAsync("c", version);
            await probe.SendPacketAsync(Message(My("t"), Q2));
            await RefusedAsync(probe, ReasonCode.QoSNotSupported);
        }
        await QuietAsync(watcher);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-12")]
    public async Task A_will_above_the_Maximum_QoS_is_refused_with_0x9B()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")) with { Will = new Will(My("w"), "x") { QoS = Q2 } });
        Assert.Equal((ReasonCode.QoSNotSupported, false), (answer.ReasonCode, answer.SessionPresent));
        await probe.ExpectEndAsync();
        await ConnectAsync(Hello(My("c")) with { Will = new Will(My("w"), "x") { QoS = Q1 } });
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-13")]
    public async Task A_will_to_be_retained_is_refused_with_0x9A()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")) with { Will = new Will(My("w"), "x") { Retain = true } });
        Assert.Equal(ReasonCode.RetainNotSupported, answer.ReasonCode);
        await probe.ExpectEndAsync();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-14", "U-3.2.2.3.5-1", "U-3.2.2.3.5-2")]
    public async Task CONNACK_says_that_nothing_is_retained_and_RETAIN_is_0x9A()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")));
        Assert.False(answer.Properties!.RetainAvailable);
        await probe.SendPacketAsync(Message(My("t")) with { Retain = true });
        await RefusedAsync(probe, ReasonCode.RetainNotSupported);
        await QuietAsync(await SubscriberAsync(My("t"), clientId: "late"));
    }

    [Fact]
    [Proves("5.0", "MQTT-3.2.2-18", "MQTT-3.3.2-9")]
    public async Task Without_a_Topic_Alias_Maximum_every_alias_is_0x94()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")));
        Assert.True(answer.Properties!.TopicAliasMaximum is null or 0);
        await probe.SendPacketAsync(Message(My("t")) with { Properties = new PublishProperties { TopicAlias = 1 } });
        await RefusedAsync(probe, ReasonCode.TopicAliasInvalid);
    }

    [Theory]
    [InlineData("a/+", ReasonCode.WildcardSubscriptionsNotSupported)]
    [InlineData("#", ReasonCode.WildcardSubscriptionsNotSupported)]
    [InlineData("$share/g/a", ReasonCode.SharedSubscriptionsNotSupported)]
    [InlineData("a", ReasonCode.SubscriptionIdentifiersNotSupported)]
    [Proves("5.0", "U-3.2.2.3.11-1", "U-3.2.2.3.12-1", "U-3.2.2.3.13-1")]
    public async Task CONNACK_says_which_subscriptions_are_not_available_and_they_are_refused(string filter, ReasonCode code)
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")));
        var properties = answer.Properties!;
        Assert.Equal((false, false, false), (properties.WildcardSubscriptionAvailable, properties.SharedSubscriptionAvailable, properties.SubscriptionIdentifierAvailable));
        await probe.SendPacketAsync(new Subscribe(1, filter)
        {
            Properties = code == ReasonCode.SubscriptionIdentifiersNotSupported ? new SubscribeProperties { SubscriptionIdentifier = 1 } : null,
        });
        await RefusedAsync(probe, code);
    }

    [Theory]
    [InlineData("a/+")]
    [InlineData("+")]
    [InlineData("a/#")]
    [InlineData("#")]
    [Proves("3.1.1", "MQTT-3.8.3-2")]
    public async Task A_filter_with_a_wildcard_is_refused_where_there_are_none(string filter)
    {
        var probe = await ConnectAsync("c", V311);
        await probe.SendPacketAsync(new Subscribe(1, My("plain"), filter));
        await probe.ExpectPacketAsync(new SubAck(1, ReasonCode.Success, ReasonCode.UnspecifiedError));
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    [Proves("3.1.1", "MQTT-3.1.3-9")]
    [Proves("5.0", "MQTT-3.1.3-8")]
    public async Task A_client_identifier_that_is_not_accepted_is_refused_and_the_connection_closed(MqttVersion version)
    {
        var (probe, answer) = await OpenAsync(Hello("", version));
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, answer.ReasonCode); // 0x85, 0x02 in 3.1.1
        await probe.ExpectEndAsync();
    }

    [Fact]
    [Proves("5.0", "U-4.11-1", "U-3.2.2.3.16-1")]
    public async Task A_server_without_room_names_another_one()
    {
        using var full = new Full();
        await full.InitializeAsync();
        var first = await Akka.Mqtt.TestKit.MqttProbe.ConnectAsync(full, full.Address);
        await first.SendPacketAsync(Hello("first"));
        await first.ExpectPacketAsync<ConnAck>();
        var second = await Akka.Mqtt.TestKit.MqttProbe.ConnectAsync(full, full.Address);
        await second.SendPacketAsync(Hello("second"));
        var answer = await second.ExpectPacketAsync<ConnAck>();
        Assert.Equal((ReasonCode.UseAnotherServer, "other.example:1883"), (answer.ReasonCode, answer.Properties?.ServerReference));
        await second.ExpectEndAsync();
        second.Abort();
        var stopping = full.Server.StopAsync();
        var last = await first.ExpectPacketAsync<Disconnect>();
        Assert.Equal((ReasonCode.UseAnotherServer, "other.example:1883"), (last.ReasonCode, last.Properties?.ServerReference));
        first.Abort();
        await stopping;
    }

    public sealed class Small() : ServerFixture(
        "max-qos = 1, retain-available = off, topic-alias-maximum = 0, wildcard-subscriptions-available = off, shared-subscriptions-available = off, "
        + "subscription-identifiers-available = off, allow-empty-client-id = off");

    public sealed class Full() : ServerFixture("max-connections = 1, server-reference = \"other.example:1883\"");
}
