using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class DeliveryLimitsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    /// <summary>A client that is away while five messages come for it: the first of QoS 0 or 1, the others of QoS 1; then what it gets.</summary>
    private async Task<(MqttServer Server, List<string> Got)> AwayAsync(string config)
    {
        var server = await StartAsync(config + ", sys-interval = off");
        var subscriber = await ClientAsync(server, "s", expiry: 100);
        await subscriber.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await subscriber.SendPacketAsync(new Disconnect());
        subscriber.Close();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connected), Soon);
        for (var at = 1; at <= 5; at++)
            await server.PublishAsync(new Publish("t", $"{at}") { QoS = QualityOfService.AtLeastOnce });
        await AwaitAssertAsync(() => Assert.Equal(5, server.Context.Clients.Find("s")!.Waiting + server.Context.Drops.Of(DropReason.QueueFull)), Soon);
        subscriber = await ClientAsync(server, "s", expiry: 100);
        var got = new List<string>();
        await subscriber.SendPacketAsync(new PingReq());
        for (var left = server.Context.Drops.Of(DropReason.QueueFull); left < 5; left++)
            got.Add((await subscriber.FishForPacketAsync<Publish>(timeout: Soon)).Payload.ToText());
        return (server, got);
    }

    [Theory]
    [InlineData("drop-newest", "1 2 3")]
    [InlineData("drop-oldest", "3 4 5")]
    [InlineData("drop-qos0-first", "1 2 3")]
    [InlineData("disconnect", "1 2 3")]
    public async Task A_full_queue_gives_up_what_its_rule_says(string rule, string got)
    {
        var result = await AwayAsync($"max-queued-messages = 3, queue-overflow = {rule}");
        Assert.Equal(got.Split(' '), result.Got);
        Assert.Equal(2, result.Server.Context.Drops.Of(DropReason.QueueFull));
    }

    [Fact]
    public async Task The_queue_is_bounded_by_bytes_too()
    {
        var server = await StartAsync("max-queued-bytes = 1 KiB");
        var subscriber = await ClientAsync(server, "s", expiry: 100);
        await subscriber.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        subscriber.Close();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connected), Soon);
        await server.PublishAsync([.. Enumerable.Range(0, 3).Select(_ => new Publish("t", new byte[600]) { QoS = QualityOfService.AtLeastOnce })]);
        await AwaitAssertAsync(() => Assert.Equal(2, server.Context.Drops.Of(DropReason.QueueFull)), Soon);
        Assert.Equal(1, server.Context.Clients.Find("s")!.Waiting);
    }

    [Fact]
    public async Task A_client_whose_queue_overflows_can_be_disconnected()
    {
        var server = await StartAsync("max-queued-messages = 1, queue-overflow = disconnect, max-inflight-messages = 1");
        var subscriber = await ClientAsync(server, "s", expiry: 100);
        await subscriber.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        for (var at = 0; at < 3; at++)
            await server.PublishAsync(new Publish("t") { QoS = QualityOfService.AtLeastOnce });
        Assert.Equal(ReasonCode.QuotaExceeded, (await subscriber.FishForPacketAsync<Disconnect>(timeout: Soon)).ReasonCode);
        await subscriber.ExpectEndAsync(Soon);
        Assert.Equal(1, server.Context.Stats.Refusals(Refused.Connection, ReasonCode.QuotaExceeded));
    }

    [Theory]
    [InlineData("max-inflight-messages = 2")]
    [InlineData("max-inflight-bytes = 1 KiB")]
    public async Task What_is_unacknowledged_is_limited_in_messages_and_bytes(string config)
    {
        var server = await StartAsync(config);
        var subscriber = await ClientAsync(server, "s");
        await subscriber.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await server.PublishAsync([.. Enumerable.Range(0, 3).Select(_ => new Publish("t", new byte[500]) { QoS = QualityOfService.AtLeastOnce })]);
        await subscriber.ExpectPacketAsync<Publish>(Soon);
        var second = await subscriber.ExpectPacketAsync<Publish>(Soon);
        await ExpectNothingAsync(subscriber);
        await subscriber.SendPacketAsync(new PubAck(second.PacketId));
        await subscriber.ExpectPacketAsync<Publish>(Soon);
    }

    [Fact]
    public async Task A_slow_consumer_is_counted_then_disconnected_and_slows_nobody()
    {
        var server = await StartAsync("max-queued-messages = 4, max-inflight-messages = 1, slow-consumer { limit = 0.5, timeout = 100ms }");
        var slow = await ClientAsync(server, "slow");
        await slow.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        var quick = await ClientAsync(server, "quick");
        await quick.SubscribeAsync("t");
        await server.PublishAsync([.. Enumerable.Range(0, 4).Select(_ => new Publish("t") { QoS = QualityOfService.AtLeastOnce })]);
        for (var at = 0; at < 4; at++)
            await quick.ExpectPacketAsync<Publish>(Soon);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.SlowConsumers), Soon);
        Assert.Equal(ReasonCode.QuotaExceeded, (await slow.FishForPacketAsync<Disconnect>(timeout: Soon)).ReasonCode);
        await ExpectNothingAsync(quick);
    }

    [Fact]
    public async Task A_slow_consumer_that_catches_up_is_left_alone()
    {
        var server = await StartAsync("max-queued-messages = 4, max-inflight-messages = 1, slow-consumer { limit = 0.5, timeout = 10 m }");
        var client = await ClientAsync(server, "c");
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await server.PublishAsync([.. Enumerable.Range(0, 4).Select(_ => new Publish("t") { QoS = QualityOfService.AtLeastOnce })]);
        for (var at = 0; at < 4; at++)
            await client.SendPacketAsync(new PubAck((await client.ExpectPacketAsync<Publish>(Soon)).PacketId));
        var admin = CreateTestProbe();
        await AwaitAssertAsync(
            async () =>
            {
                server.Admin.Tell(new MqttServer.InspectClient("c"), admin);
                var state = await admin.ExpectMsgAsync<ClientState>(Soon);
                Assert.False(state.IsSlow);
                Assert.Equal(0, state.InflightMessages);
            },
            Soon);
        Assert.Equal(1, server.Context.Stats.SlowConsumers);
    }

    [Fact]
    public async Task Almost_out_of_memory_the_client_that_is_most_behind_goes_with_what_waits_for_it()
    {
        var settings = Settings(
            "max-inflight-messages = 1, memory { limit = 1000 KiB, check-interval = 20ms, refuse-connects-at = off, drop-qos0-at = off, disconnect-at = 0.9 }");
        var used = 0L;
        var context = ServerContext.Create(settings);
        var server = await StartAsync(context with { Protection = context.Protection with { UsedMemory = () => Volatile.Read(ref used) } });
        var behind = await ClientAsync(server, "behind", expiry: 100);
        await behind.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        var other = await ClientAsync(server, "other");
        await server.PublishAsync([.. Enumerable.Range(0, 5).Select(_ => new Publish("t", new byte[100]) { QoS = QualityOfService.AtLeastOnce })]);
        await AwaitAssertAsync(() => Assert.Equal(4, server.Context.Clients.Find("behind")!.Waiting), Soon);
        Volatile.Write(ref used, 950 << 10);
        Assert.Equal(ReasonCode.ServerBusy, (await behind.FishForPacketAsync<Disconnect>(timeout: Soon)).ReasonCode);
        Assert.Equal(4, server.Context.Drops.Of(DropReason.MemoryPressure));
        await ExpectNothingAsync(other);
        Volatile.Write(ref used, 0);
    }
}
