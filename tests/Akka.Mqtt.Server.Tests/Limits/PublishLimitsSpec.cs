using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class PublishLimitsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private static Publish Message(string topic, QualityOfService qos = QualityOfService.AtMostOnce, ushort id = 0, int payload = 1) =>
        new(topic, new byte[payload]) { QoS = qos, PacketId = id };

    [Fact]
    public async Task A_client_that_publishes_too_fast_is_read_no_faster_than_it_may_and_loses_nothing()
    {
        var clock = new StoppedClock();
        var server = await StartAsync(ServerContext.Create(Settings("publish-rate { max-messages = 20 }"), clock));
        var subscriber = await ClientAsync(server, "s");
        await subscriber.SubscribeAsync("t");
        var publisher = await ClientAsync(server, "p");
        var other = await ClientAsync(server, "other");
        await publisher.SendPacketAsync([.. Enumerable.Range(0, 50).Select(at => new Publish("t", $"{at}")), new PingReq()]);
        await ExpectAsync(0, 20);
        await other.SendPacketAsync(new Publish("t", "other")); // is not held up by it
        Assert.Equal("other", (await subscriber.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        clock.Advance(TimeSpan.FromSeconds(1));
        await ExpectAsync(20, 40);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        await ExpectAsync(40, 50);
        await publisher.ExpectPacketAsync<PingResp>(Soon);
        Assert.True(server.Context.Stats.Throttled > 0);
        await ExpectNothingAsync(publisher);

        async Task ExpectAsync(int first, int end)
        {
            for (var at = first; at < end; at++)
                Assert.Equal($"{at}", (await subscriber.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
            await ExpectNothingAsync(subscriber);
        }
    }

    [Fact]
    public async Task Bytes_count_against_the_rate_too()
    {
        var server = await StartAsync("publish-rate { max-bytes = 10000 B, action = disconnect }");
        var publisher = await ClientAsync(server, "p");
        await publisher.SendPacketAsync(Message("t", payload: 5000), Message("t", payload: 6000), Message("t"));
        Assert.Equal(ReasonCode.MessageRateTooHigh, (await publisher.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_client_that_publishes_too_fast_can_be_disconnected_instead(MqttVersion version)
    {
        var server = await StartAsync("publish-rate { max-messages = 2, action = disconnect }");
        var publisher = await ClientAsync(server, "p", version);
        await publisher.SendPacketAsync(Message("t"), Message("t"), Message("t"));
        if (version == MqttVersion.V5)
            Assert.Equal(ReasonCode.MessageRateTooHigh, (await publisher.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await publisher.ExpectEndAsync(Soon);
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Connection, ReasonCode.MessageRateTooHigh));
    }

    [Fact]
    public async Task A_throttled_client_that_goes_in_order_leaves_no_will()
    {
        var server = await StartAsync("publish-rate.max-messages = 1, connection.close-timeout = 100ms");
        var watcher = await ClientAsync(server, "w");
        await watcher.SubscribeAsync("will");
        var (publisher, _) = await ConnectAsync(server, new Connect { ClientId = "p", Will = new Will("will", "x") });
        await publisher.SendPacketAsync([.. Enumerable.Range(0, 90).Select(_ => Message("t")), new Disconnect()]);
        publisher.Close();
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Connections), Soon);
        await ExpectNothingAsync(watcher);
        Assert.True(server.Context.Drops.Of(DropReason.Throttled) > 80);
    }

    [Fact]
    public async Task A_topic_over_the_length_is_refused_with_0x90_and_a_filter_with_0x8F()
    {
        var server = await StartAsync("max-topic-length = 10");
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(Message("12345678901", QualityOfService.AtLeastOnce, 1), Message("äöüäö", QualityOfService.AtLeastOnce, 2));
        Assert.Equal(ReasonCode.TopicNameInvalid, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        await client.SendPacketAsync(new Subscribe(3, "äöüäöü", "1234567890"));
        Assert.Equal([ReasonCode.TopicFilterInvalid, ReasonCodes.GrantedQoS0], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Publish, ReasonCode.TopicNameInvalid));
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Subscribe, ReasonCode.TopicFilterInvalid));
        var (_, answer) = await ConnectAsync(server, new Connect { ClientId = "b", Will = new Will("12345678901", "x") });
        Assert.Equal(ReasonCode.TopicNameInvalid, answer.ReasonCode);
    }

    [Fact]
    public async Task A_topic_of_too_many_levels_is_refused()
    {
        var server = await StartAsync("max-topic-levels = 2");
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(Message("a/b/c", QualityOfService.AtLeastOnce, 1), new Subscribe(2, "a/b/c", "a/#"));
        Assert.Equal(ReasonCode.TopicNameInvalid, (await client.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal([ReasonCode.TopicFilterInvalid, ReasonCodes.GrantedQoS0], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
    }

    [Fact]
    public async Task One_subscription_over_the_limit_is_refused_with_0x97()
    {
        var server = await StartAsync("max-subscriptions = 2");
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(new Subscribe(1, "a", "b", "c"), new Subscribe(2, "a"));
        Assert.Equal([ReasonCodes.GrantedQoS0, ReasonCodes.GrantedQoS0, ReasonCode.QuotaExceeded], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
        Assert.Equal([ReasonCodes.GrantedQoS0], (await client.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Subscribe, ReasonCode.QuotaExceeded));
        Assert.Equal(2, server.Context.Stats.Subscriptions);
    }

    [Fact]
    public async Task Retained_messages_over_the_number_or_the_bytes_are_delivered_but_not_kept()
    {
        var server = await StartAsync("max-retained-messages = 1, max-retained-bytes = 1 KiB, sys-interval = off");
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t/#");
        await client.SendPacketAsync(Message("t/1") with { Retain = true }, Message("t/2") with { Retain = true }, Message("t/1", payload: 2000) with { Retain = true });
        for (var at = 0; at < 3; at++)
            await client.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(1, server.Context.Retained.Count);
        Assert.Equal(2, server.Context.Drops.Of(DropReason.RetainedFull));
    }

    [Fact]
    public async Task Short_of_memory_messages_of_QoS_0_are_dropped_and_others_are_not()
    {
        var settings = Settings("memory { limit = 1000 KiB, check-interval = 20ms, refuse-connects-at = off, drop-qos0-at = 0.5, disconnect-at = off }");
        var used = 0L;
        var context = ServerContext.Create(settings);
        var server = await StartAsync(context with { Protection = context.Protection with { UsedMemory = () => Volatile.Read(ref used) } });
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        Volatile.Write(ref used, 600 << 10);
        await AwaitAssertAsync(() => Assert.Equal(LoadLevel.DropQoS0, server.Context.Watermark.Level), Soon);
        await client.SendPacketAsync(Message("t"), Message("t", QualityOfService.AtLeastOnce, 1));
        Assert.Equal(QualityOfService.AtLeastOnce, (await client.FishForPacketAsync<Publish>(timeout: Soon)).QoS);
        Assert.Equal(1, server.Context.Drops.Of(DropReason.MemoryPressure));
    }
}
