using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Telemetry;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class FeaturesSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private static async Task ExpectEndAsync(MqttServer server, MqttProbe probe, MqttVersion version, ReasonCode reason)
    {
        if (version == MqttVersion.V5)
            Assert.Equal(reason, (await probe.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await probe.ExpectEndAsync(Soon);
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Connection, reason));
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task Without_retained_messages_CONNACK_says_so_and_RETAIN_ends_the_connection(MqttVersion version)
    {
        var server = await StartAsync("retain-available = off");
        var (client, answer) = await ConnectAsync(server, new Connect { ClientId = "a", Version = version });
        Assert.Equal(version == MqttVersion.V5 ? false : null, answer.Properties?.RetainAvailable);
        await client.SendPacketAsync(new Publish("t", "x") { Retain = true });
        await ExpectEndAsync(server, client, version, ReasonCode.RetainNotSupported);
    }

    [Fact]
    public async Task A_will_that_the_server_does_not_have_is_refused_at_CONNECT()
    {
        var server = await StartAsync("retain-available = off, max-qos = 1");
        await ExpectRefusedAsync(
            server, new Connect { ClientId = "a", Will = new Will("t", "x") { Retain = true } }, ReasonCode.RetainNotSupported);
        await ExpectRefusedAsync(
            server, new Connect { ClientId = "a", Will = new Will("t", "x") { QoS = QualityOfService.ExactlyOnce } }, ReasonCode.QoSNotSupported);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task With_a_maximum_QoS_CONNACK_says_so_subscriptions_get_no_more_and_more_ends_the_connection(MqttVersion version)
    {
        var server = await StartAsync("max-qos = 1");
        var (client, answer) = await ConnectAsync(server, new Connect { ClientId = "a", Version = version });
        Assert.Equal(version == MqttVersion.V5 ? QualityOfService.AtLeastOnce : null, answer.Properties?.MaximumQoS);
        await client.SendPacketAsync(new Subscribe(1, new Subscription("t", QualityOfService.ExactlyOnce)));
        Assert.Equal([ReasonCode.GrantedQoS1], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
        await client.SendPacketAsync(new Publish("t") { QoS = QualityOfService.ExactlyOnce, PacketId = 1 });
        await ExpectEndAsync(server, client, version, ReasonCode.QoSNotSupported);
    }

    [Theory]
    [InlineData("wildcard-subscriptions-available", "a/+", ReasonCode.WildcardSubscriptionsNotSupported)]
    [InlineData("shared-subscriptions-available", "$share/g/a", ReasonCode.SharedSubscriptionsNotSupported)]
    [InlineData("subscription-identifiers-available", "a", ReasonCode.SubscriptionIdentifiersNotSupported)]
    public async Task A_subscription_of_a_kind_that_is_not_there_ends_a_connection_of_5_0(string key, string filter, ReasonCode reason)
    {
        var server = await StartAsync($"{key} = off");
        var (client, answer) = await ConnectAsync(server, new Connect { ClientId = "a" });
        var properties = answer.Properties!;
        Assert.Equal(reason == ReasonCode.WildcardSubscriptionsNotSupported ? false : null, properties.WildcardSubscriptionAvailable);
        Assert.Equal(reason == ReasonCode.SharedSubscriptionsNotSupported ? false : null, properties.SharedSubscriptionAvailable);
        Assert.Equal(reason == ReasonCode.SubscriptionIdentifiersNotSupported ? false : null, properties.SubscriptionIdentifierAvailable);
        await client.SendPacketAsync(new Subscribe(1, "plain"));
        await client.ExpectPacketAsync<SubAck>(Soon);
        await client.SendPacketAsync(new Subscribe(2, filter) { Properties = new SubscribeProperties { SubscriptionIdentifier = 7 } } is var all
            && reason == ReasonCode.SubscriptionIdentifiersNotSupported ? all : new Subscribe(2, filter));
        await ExpectEndAsync(server, client, MqttVersion.V5, reason);
    }

    [Fact]
    public async Task A_wildcard_that_is_not_there_is_refused_to_3_1_1_by_its_filter()
    {
        var server = await StartAsync("wildcard-subscriptions-available = off");
        var client = await ClientAsync(server, "a", MqttVersion.V311);
        await client.SendPacketAsync(new Subscribe(1, "a", "a/#"));
        Assert.Equal([ReasonCodes.GrantedQoS0, ReasonCode.UnspecifiedError], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
    }

    [Theory]
    [InlineData("on", QualityOfService.AtLeastOnce)]
    [InlineData("off", QualityOfService.AtMostOnce)]
    public async Task Messages_go_out_with_the_QoS_of_the_subscription_when_that_is_asked_for(string value, QualityOfService expected)
    {
        var server = await StartAsync($"upgrade-outgoing-qos = {value}");
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await client.SendPacketAsync(new Publish("t", "x"));
        Assert.Equal(expected, (await client.ExpectPacketAsync<Publish>(Soon)).QoS);
        await client.SendPacketAsync(new Publish("kept", "x") { Retain = true }); // retained messages too
        await client.SubscribeAsync("kept", QualityOfService.AtLeastOnce);
        Assert.Equal(expected, (await client.ExpectPacketAsync<Publish>(Soon)).QoS);
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("off", false)]
    public async Task Messages_of_QoS_0_wait_for_a_client_that_is_away_where_that_is_asked_for(string value, bool waits)
    {
        var server = await StartAsync($"queue-qos0-messages = {value}");
        var away = await ClientAsync(server, "away", expiry: 100);
        await away.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await away.SendPacketAsync(new Disconnect());
        await away.ExpectEndAsync(Soon);
        var client = await ClientAsync(server, "a");
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Connected), Soon);
        await client.SendPacketAsync(new Publish("t", "0"), new Publish("t", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await client.ExpectPacketAsync<PubAck>(Soon);
        var back = await ClientAsync(server, "away", expiry: 100);
        if (waits)
            Assert.Equal("0", (await back.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal("1", (await back.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal(waits ? 0 : 1, server.Context.Drops.Of(DropReason.Offline));
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_payload_over_the_longest_goes_nowhere_and_its_client_stays(MqttVersion version)
    {
        var server = await StartAsync("max-payload-size = 4");
        var client = await ClientAsync(server, "a", version);
        await client.SubscribeAsync("t");
        foreach (var qos in (QualityOfService[])[QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce])
            await client.SendPacketAsync(new Publish("t", "12345") { QoS = qos, PacketId = (ushort)qos });
        var code = version == MqttVersion.V5 ? ReasonCode.ImplementationSpecificError : ReasonCode.Success;
        Assert.Equal(code, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal(code, (await client.ExpectPacketAsync<PubRec>(Soon)).ReasonCode);
        await client.SendPacketAsync(new Publish("t", "1234"));
        Assert.Equal("1234", (await client.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal(3, server.Context.Drops.Of(DropReason.TooLarge));
        Assert.Equal(3, server.Context.Stats.Refusals(Refused.Publish, ReasonCode.ImplementationSpecificError));
    }

    [Fact]
    public async Task A_will_with_a_payload_over_the_longest_is_refused()
    {
        var server = await StartAsync("max-payload-size = 4");
        await ExpectRefusedAsync(server, new Connect { ClientId = "a", Will = new Will("t", "12345") }, ReasonCode.PacketTooLarge);
    }

    [Fact]
    public async Task Identifiers_that_the_server_gives_begin_as_the_setting_says()
    {
        var server = await StartAsync("assigned-client-id-prefix = \"here-\"");
        var (_, answer) = await ConnectAsync(server, new Connect());
        Assert.StartsWith("here-", answer.Properties!.AssignedClientIdentifier, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_only_No_Local_keeps_from_a_subscriber_has_had_one()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(new Subscribe(1, new Subscription("t") { NoLocal = true }));
        await client.ExpectPacketAsync<SubAck>(Soon);
        await client.SendPacketAsync(new Publish("t") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 }, new Publish("u") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        Assert.Equal(ReasonCode.Success, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
    }

    [Fact]
    public async Task CONNACK_says_topic_alias_maximum_and_receive_maximum()
    {
        var server = await StartAsync("topic-alias-maximum = 5, receive-maximum = 7");
        var (_, answer) = await ConnectAsync(server, new Connect { ClientId = "a" });
        Assert.Equal((ushort)5, answer.Properties!.TopicAliasMaximum);
        Assert.Equal((ushort)7, answer.Properties.ReceiveMaximum);
    }

    [Fact]
    public async Task Clients_of_a_listener_with_a_mount_point_see_only_what_is_below_it()
    {
        var server = await StartAsync("listeners.tenant { transport = tcp, port = 0, mount-point = \"tenant/\" }");
        var outside = await ClientAsync(server, "outside");
        await outside.SubscribeAsync("#");
        var (inside, _) = await ConnectAsync(server, new Connect { ClientId = "inside", Will = new Will("gone", "x") }, "tenant");
        await inside.SendPacketAsync(new Subscribe(1, "a/+", "$SYS/#", "$share/g/b"));
        await inside.ExpectPacketAsync<SubAck>(Soon);

        await inside.SendPacketAsync(new Publish("a/1", "in"));
        Assert.Equal("tenant/a/1", (await outside.ExpectPacketAsync<Publish>(Soon)).Topic);
        Assert.Equal("a/1", (await inside.ExpectPacketAsync<Publish>(Soon)).Topic);
        await outside.SendPacketAsync(new Publish("a/2", "out"), new Publish("tenant/a/3", "in"), new Publish("tenant/b", "in"));
        Assert.Equal("a/3", (await inside.ExpectPacketAsync<Publish>(Soon)).Topic);
        Assert.Equal("b", (await inside.ExpectPacketAsync<Publish>(Soon)).Topic);
        await inside.SendPacketAsync(new Unsubscribe(2, "a/+"));
        Assert.Equal([ReasonCode.Success], (await inside.ExpectPacketAsync<UnsubAck>(Soon)).ReasonCodes);
        inside.Abort();
        Assert.Equal("tenant/gone", (await outside.FishForPacketAsync<Publish>(packet => packet.Payload.ToText() == "x", Soon)).Topic);
    }

    [Theory]
    [InlineData("on", false)]
    [InlineData("off", true)]
    public async Task A_retained_message_is_withheld_once_its_publisher_may_not_publish_it_any_more(string value, bool delivered)
    {
        var acl = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(acl, "topic readwrite t/#\n");
            var server = await StartAsync($"check-retain-source = {value}, listeners.tcp.acl-file = \"{acl.Replace('\\', '/')}\"");
            var client = await ClientAsync(server, "a");
            await client.SendPacketAsync(new Publish("t/1", "x") { Retain = true });
            await client.SubscribeAsync("t/1");
            await client.ExpectPacketAsync<Publish>(Soon);
            await File.WriteAllTextAsync(acl, "topic read t/#\n");
            await server.ReloadSecurityAsync();
            var other = await ClientAsync(server, "b");
            await other.SubscribeAsync("t/#");
            if (delivered)
                await other.ExpectPacketAsync<Publish>(Soon);
            await ExpectNothingAsync(other);
            Assert.Equal(delivered ? 0 : 1, server.Context.Drops.Of(DropReason.NotAuthorized));
        }
        finally
        {
            File.Delete(acl);
        }
    }

    [Fact]
    public async Task Clients_may_not_publish_to_topics_of_the_server()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(new Publish("$SYS/broker/uptime", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal(ReasonCode.NotAuthorized, await server.PublishAsync(new Publish("$SYS/broker/uptime", "x")));
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Publish, ReasonCode.NotAuthorized));
    }
}
