using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class LocalSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task Code_publishes_without_a_client_and_learns_what_became_of_it()
    {
        var server = await StartAsync("max-topic-levels = 3");
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t/#", QualityOfService.ExactlyOnce);
        var codes = await server.PublishAsync([new Publish("t/1", "x") { QoS = QualityOfService.ExactlyOnce }, new Publish("nobody"), new Publish("a/b/c/d")]);
        Assert.Equal([ReasonCode.Success, ReasonCode.NoMatchingSubscribers, ReasonCode.TopicNameInvalid], codes);
        var got = await client.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(("t/1", QualityOfService.ExactlyOnce), (got.Topic, got.QoS));
        await Assert.ThrowsAsync<ArgumentException>(() => server.PublishAsync(new Publish("a/#")));
    }

    [Fact]
    public async Task Many_callers_at_once_are_all_answered_and_each_stays_in_order()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t/#");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async caller =>
        {
            for (var at = 0; at < 20; at++)
                Assert.Equal(ReasonCode.Success, await server.PublishAsync(new Publish($"t/{caller}", $"{at}")));
        }));
        var next = new int[10];
        for (var at = 0; at < 200; at++)
        {
            var got = await client.ExpectPacketAsync<Publish>(Soon);
            var caller = got.Topic[^1] - '0';
            Assert.Equal($"{next[caller]++}", got.Payload.ToText());
        }
    }

    [Fact]
    public async Task An_actor_subscribes_gets_batches_and_what_is_retained_and_leaves()
    {
        var server = await StartAsync();
        await server.PublishAsync(new Publish("t/kept", "old") { Retain = true });
        var subscriber = CreateTestProbe();
        var subscription = await server.SubscribeAsync(new Subscription("t/#", QualityOfService.AtLeastOnce), subscriber);
        var retained = await subscriber.ExpectMsgAsync<MqttServer.Messages>(Soon);
        Assert.True(Assert.Single(retained.Packets).Retain);

        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(
            new Publish("t/1", "x") { QoS = QualityOfService.ExactlyOnce, PacketId = 1 }, new Publish("t/2", "y") { Retain = true });
        var packets = new List<Publish>();
        while (packets.Count < 2)
            packets.AddRange((await subscriber.ExpectMsgAsync<MqttServer.Messages>(Soon)).Packets);
        Assert.Equal([("t/1", QualityOfService.AtLeastOnce, false), ("t/2", QualityOfService.AtMostOnce, false)], packets.Select(each => (each.Topic, each.QoS, each.Retain)));

        subscription.Dispose();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Subscriptions), Soon);
        await AwaitAssertAsync(async () => Assert.Equal(ReasonCode.NoMatchingSubscribers, await server.PublishAsync(new Publish("t/3"))), Soon);
        await Assert.ThrowsAsync<ArgumentException>(() => server.SubscribeAsync("a/#/b", subscriber));
    }

    [Fact]
    public async Task The_subscription_of_an_actor_ends_with_it()
    {
        var server = await StartAsync();
        var subscriber = CreateTestProbe();
        await server.SubscribeAsync("t", subscriber);
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(new Publish("t")));
        Sys.Stop(subscriber);
        await AwaitAssertAsync(async () => Assert.Equal(ReasonCode.NoMatchingSubscribers, await server.PublishAsync(new Publish("t"))), Soon);
    }

    [Fact]
    public async Task An_actor_that_is_behind_loses_messages_which_are_counted_and_nobody_waits_for_it()
    {
        var server = await StartAsync("max-unhandled-messages = 10");
        var gate = new TaskCompletionSource();
        var stuck = Sys.ActorOf(Props.Create(() => new Stuck(gate.Task)).WithDeploy(Deploy.Local));
        await server.SubscribeAsync("t", stuck);
        var other = CreateTestProbe();
        await server.SubscribeAsync("t", other);
        for (var at = 0; at < 30; at++)
        {
            await server.PublishAsync(new Publish("t", $"{at}") { QoS = QualityOfService.AtLeastOnce });
            await other.ExpectMsgAsync<MqttServer.Messages>(Soon);
        }
        Assert.InRange(server.Context.Drops.Of(DropReason.SessionBehind), 19, 20);
        gate.SetResult();
        await AwaitAssertAsync(
            async () =>
            {
                var lost = server.Context.Drops.Of(DropReason.SessionBehind);
                await server.PublishAsync(new Publish("t"));
                Assert.Equal(lost, server.Context.Drops.Of(DropReason.SessionBehind));
            },
            Soon);
    }

    [Fact]
    public async Task What_is_for_a_subscriber_that_was_behind_for_too_long_is_refused_and_nothing_that_was_acknowledged_is_dropped()
    {
        var server = await StartAsync("max-unhandled-messages = 10, delivery-timeout = 20 ms");
        var gate = new TaskCompletionSource();
        var subscriber = Sys.ActorOf(Props.Create(() => new Stuck(gate.Task)).WithDeploy(Deploy.Local));
        await server.SubscribeAsync(new Subscription("t", QualityOfService.AtLeastOnce), subscriber);
        var message = new Publish("t", "x") { QoS = QualityOfService.AtLeastOnce };
        var publisher = await ClientAsync(server, "p");
        while (await server.PublishAsync(message) is not ReasonCode.QuotaExceeded)
            Assert.Equal(0, server.Context.Drops.Of(DropReason.SessionBehind));
        await publisher.SendPacketAsync(message with { PacketId = 1 }, new Publish("other", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        Assert.Equal(ReasonCode.QuotaExceeded, (await publisher.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, (await publisher.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        var old = await ClientAsync(server, "old", MqttVersion.V311);
        await old.SendPacketAsync(message with { PacketId = 1 }); // 3.1.1 cannot refuse: the client waits
        await ExpectNothingAsync(publisher);
        Assert.Equal(0, server.Context.Drops.Of(DropReason.SessionBehind));
        gate.SetResult();
        await old.ExpectPacketAsync<PubAck>(Soon);
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(message));
    }

    [Fact]
    public async Task After_the_server_has_stopped_publishing_says_so()
    {
        var server = await StartAsync();
        await server.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.PublishAsync(new Publish("t")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.SubscribeAsync("t", TestActor));
    }

    private sealed class Stuck : ReceiveActor
    {
        public Stuck(Task gate) => ReceiveAsync<MqttServer.Messages>(_ => gate);
    }
}
