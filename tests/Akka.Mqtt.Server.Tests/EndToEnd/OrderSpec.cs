using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>What one client sends is handled in the order in which it sent it, whether it waits for answers or not.</summary>
public class OrderSpec(ITestOutputHelper output) : ServerSpec(output)
{
    private const int Rounds = 100;

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_message_behind_SUBSCRIBE_meets_the_subscription(MqttVersion version)
    {
        var client = await ClientAsync("a", version);
        for (var round = 0; round < Rounds; round++)
        {
            await client.SendAsync(new Subscribe(1, $"t/{round}"), new Subscribe(2, $"t/{round}/#"), new Publish($"t/{round}", "x"), new PingReq());
            MqttPacket?[] answers = [await client.NextAsync(), await client.NextAsync(), await client.NextAsync(), await client.NextAsync()];
            Assert.Equal(2, answers.Count(packet => packet is SubAck));
            Assert.Single(answers, packet => packet is Publish);
            Assert.Single(answers, packet => packet is PingResp);
        }
    }

    [Fact]
    public async Task A_message_behind_SUBSCRIBE_has_the_identifiers_of_all_subscriptions()
    {
        var client = await ClientAsync("a");
        for (var round = 0; round < Rounds; round++)
        {
            await client.SendAsync(
                new Subscribe(1, $"t/{round}") { Properties = new SubscribeProperties { SubscriptionIdentifier = 2 } },
                new Subscribe(2, $"t/{round}/#") { Properties = new SubscribeProperties { SubscriptionIdentifier = 3 } },
                new Publish($"t/{round}", "x"));
            await client.ExpectAsync<SubAck>();
            await client.ExpectAsync<SubAck>();
            Assert.Equal([2u, 3u], (await client.ExpectAsync<Publish>()).Properties!.SubscriptionIdentifiers.Order());
        }
    }

    [Fact]
    public async Task A_message_behind_UNSUBSCRIBE_does_not_come_back()
    {
        var client = await ClientAsync("a");
        for (var round = 0; round < Rounds; round++)
        {
            await SubscribeAsync(client, "t");
            await client.SendAsync(new Publish("t", "in"), new Unsubscribe(1, "t"), new Publish("t", "out") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
            MqttPacket?[] answers = [await client.NextAsync(), await client.NextAsync(), await client.NextAsync()];
            Assert.Equal("in", Assert.IsType<Publish>(Assert.Single(answers, packet => packet is Publish)).Payload.ToText());
            Assert.Equal(ReasonCode.NoMatchingSubscribers, Assert.IsType<PubAck>(Assert.Single(answers, packet => packet is PubAck)).ReasonCode);
        }
    }

    [Fact]
    public async Task What_was_published_behind_SUBSCRIBE_counts_although_the_client_has_gone()
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, "t", "will");
        for (var round = 0; round < Rounds; round++)
        {
            var (client, _) = await ConnectAsync(new Connect { ClientId = $"c{round}", Will = new Will("will", "x") });
            await client.SendAsync(new Subscribe(1, "t"), new Publish("t", $"{round}"), new Disconnect());
            client.Dispose();
            Assert.Equal($"{round}", (await watcher.ExpectAsync<Publish>()).Payload.ToText());
        }
        await watcher.ExpectNothingAsync(); // no will
    }

    [Fact]
    public async Task Messages_that_waited_keep_their_order()
    {
        var client = await ClientAsync("a");
        MqttPacket[] packets = [.. Enumerable.Range(0, 300).Select(at => at % 3 == 0
            ? (MqttPacket)new Subscribe((ushort)(at + 1), $"t/{at}", "t")
            : new Publish("t", $"{at}"))];
        await client.SendAsync(packets);
        for (var at = 0; at < 300; at++)
        {
            if (at % 3 == 0)
                continue;
            MqttPacket? next;
            do
                next = await client.NextAsync();
            while (next is SubAck);
            Assert.Equal($"{at}", Assert.IsType<Publish>(next).Payload.ToText());
        }
    }
}
