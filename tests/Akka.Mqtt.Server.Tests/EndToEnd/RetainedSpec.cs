using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class RetainedSpec(ITestOutputHelper output) : ServerSpec(output)
{
    private async Task RetainAsync(string topic, string payload, QualityOfService qos = QualityOfService.AtMostOnce)
    {
        var publisher = await ClientAsync("publisher");
        await publisher.SendAsync(new Publish(topic, payload) { Retain = true, QoS = qos, PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)1 });
        if (qos == QualityOfService.AtLeastOnce)
            await publisher.ExpectAsync<PubAck>();
        await publisher.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_new_subscription_gets_it_with_RETAIN_and_an_old_one_without()
    {
        var old = await ClientAsync("old");
        await SubscribeAsync(old, "a/+");
        await RetainAsync("a/b", "x");
        await old.ExpectAsync(new Publish("a/b", "x"));
        var late = await ClientAsync("late");
        await SubscribeAsync(late, "a/#");
        await late.ExpectAsync(new Publish("a/b", "x") { Retain = true });
    }

    [Fact]
    public async Task Retain_As_Published_keeps_the_flag()
    {
        var client = await ClientAsync("c");
        await SubscribeAsync(client, new Subscription("a") { RetainAsPublished = true });
        await RetainAsync("a", "x");
        await client.ExpectAsync(new Publish("a", "x") { Retain = true });
    }

    [Fact]
    public async Task An_empty_payload_is_delivered_and_removes_it()
    {
        await RetainAsync("a", "x");
        var client = await ClientAsync("c");
        await SubscribeAsync(client, new Subscription("a") { RetainHandling = RetainHandling.DoNotSend });
        await RetainAsync("a", "");
        await client.ExpectAsync(new Publish("a"));
        var late = await ClientAsync("late");
        await SubscribeAsync(late, "a");
        await late.ExpectNothingAsync();
    }

    [Fact]
    public async Task Retain_Handling_1_sends_it_only_to_a_subscription_that_is_new()
    {
        await RetainAsync("a", "x", QualityOfService.AtLeastOnce);
        var client = await ClientAsync("c");
        var subscription = new Subscription("a") { RetainHandling = RetainHandling.SendIfNewSubscription };
        await SubscribeAsync(client, subscription);
        await client.ExpectAsync(new Publish("a", "x") { Retain = true });
        await SubscribeAsync(client, subscription);
        await client.ExpectNothingAsync();
        await SubscribeAsync(client, subscription with { RetainHandling = RetainHandling.SendAtSubscribe });
        await client.ExpectAsync(new Publish("a", "x") { Retain = true });
    }

    [Fact]
    public async Task A_shared_subscription_gets_none()
    {
        await RetainAsync("a", "x");
        var client = await ClientAsync("c");
        await SubscribeAsync(client, "$share/g/a");
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task More_than_the_window_and_the_connection_take_at_once_all_arrive()
    {
        const int Count = 300;
        var payload = new string('x', 8000);
        var publisher = await ClientAsync("p");
        await publisher.SendAsync([.. Enumerable.Range(0, Count).Select(at => (MqttPacket)new Publish($"a/{at}", payload) { Retain = true, QoS = QualityOfService.AtLeastOnce, PacketId = (ushort)(at + 1) })]);
        for (var at = 0; at < Count; at++)
            await publisher.ExpectAsync<PubAck>();
        var (client, _) = await KeptAsync("late", receiveMaximum: 10);
        await SubscribeAsync(client, new Subscription("a/+", QualityOfService.AtLeastOnce));
        var topics = new HashSet<string>();
        for (var at = 0; at < Count; at++)
        {
            var message = await client.ExpectAsync<Publish>();
            topics.Add(message.Topic);
            await client.SendAsync(new PubAck(message.PacketId));
        }
        Assert.Equal(Count, topics.Count);
    }
}
