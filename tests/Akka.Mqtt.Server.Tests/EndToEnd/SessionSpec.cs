using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class SessionSpec(ITestOutputHelper output) : ServerSpec(output, "max-queued-messages = 4")
{
    private static readonly Subscription Everything = new("#", QualityOfService.ExactlyOnce);

    private static Publish Message(string payload, QualityOfService qos = QualityOfService.AtLeastOnce, ushort id = 9) =>
        new("a", payload) { QoS = qos, PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : id };

    private static async Task LeaveAsync(PacketClient client)
    {
        await client.SendAsync(new Disconnect());
        await client.ExpectClosedAsync();
    }

    private async Task PublishAsync(params Publish[] messages)
    {
        var publisher = await ClientAsync("publisher");
        foreach (var message in messages)
        {
            await publisher.SendAsync(message);
            if (message.QoS == QualityOfService.AtLeastOnce)
                await publisher.ExpectAsync<PubAck>();
            else if (message.QoS == QualityOfService.ExactlyOnce)
                await publisher.ExpectAsync<PubRec>();
        }
        await publisher.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_kept_session_gets_what_came_while_its_client_was_away(MqttVersion version)
    {
        var (client, present) = await KeptAsync("k", version);
        Assert.False(present);
        await SubscribeAsync(client, Everything);
        await LeaveAsync(client);
        await PublishAsync(Message("0", QualityOfService.AtMostOnce), Message("1"), Message("2", QualityOfService.ExactlyOnce));
        (client, present) = await KeptAsync("k", version);
        Assert.True(present);
        await client.ExpectAsync(Message("1", id: 1));
        await client.ExpectAsync(Message("2", QualityOfService.ExactlyOnce, 2));
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task What_was_not_acknowledged_is_sent_again_in_order_with_DUP(MqttVersion version)
    {
        var (client, _) = await KeptAsync("k", version);
        await SubscribeAsync(client, Everything);
        await PublishAsync(Message("1"), Message("2", QualityOfService.ExactlyOnce, 10), Message("3", QualityOfService.ExactlyOnce, 11));
        await client.ExpectAsync(Message("1", id: 1));
        await client.ExpectAsync(Message("2", QualityOfService.ExactlyOnce, 2));
        await client.ExpectAsync(Message("3", QualityOfService.ExactlyOnce, 3));
        await client.SendAsync(new PubRec(2));
        await client.ExpectAsync(new PubRel(2));
        client.Kill();
        (client, _) = await KeptAsync("k", version);
        await client.ExpectAsync(Message("1", id: 1) with { Dup = true });
        await client.ExpectAsync(new PubRel(2));
        await client.ExpectAsync(Message("3", QualityOfService.ExactlyOnce, 3) with { Dup = true });
        await client.SendAsync(new PubAck(1), new PubComp(2), new PubRec(3));
        await client.ExpectAsync(new PubRel(3));
        await client.SendAsync(new PubComp(3));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task The_Receive_Maximum_of_the_client_holds_messages_back_until_it_acknowledges()
    {
        var (client, _) = await KeptAsync("k", receiveMaximum: 2);
        await SubscribeAsync(client, Everything);
        await PublishAsync(Message("1"), Message("2"), Message("3"));
        await client.ExpectAsync(Message("1", id: 1));
        await client.ExpectAsync(Message("2", id: 2));
        await client.ExpectNothingAsync();
        await client.SendAsync(new PubAck(2));
        await client.ExpectAsync(Message("3", id: 3));
    }

    [Fact]
    public async Task QoS_2_of_a_client_is_known_after_its_reconnect()
    {
        var subscriber = await ClientAsync("s");
        await SubscribeAsync(subscriber, "#");
        var (client, _) = await KeptAsync("k");
        await client.SendAsync(Message("1", QualityOfService.ExactlyOnce, 7));
        await client.ExpectAsync(new PubRec(7));
        client.Kill();
        (client, _) = await KeptAsync("k");
        await client.SendAsync(Message("1", QualityOfService.ExactlyOnce, 7) with { Dup = true }, new PubRel(7));
        await client.ExpectAsync(new PubRec(7));
        await client.ExpectAsync(new PubComp(7));
        await subscriber.ExpectAsync(Message("1", QualityOfService.AtMostOnce));
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task Clean_start_throws_the_session_away()
    {
        var (client, _) = await KeptAsync("k");
        await SubscribeAsync(client, Everything);
        await LeaveAsync(client);
        await PublishAsync(Message("1"));
        var (clean, answer) = await ConnectAsync(new Connect { ClientId = "k" });
        Assert.False(answer.SessionPresent);
        await PublishAsync(Message("2"));
        await clean.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_session_without_expiry_ends_with_its_connection()
    {
        var client = await ClientAsync("k");
        await SubscribeAsync(client, Everything);
        await LeaveAsync(client);
        Assert.False((await KeptAsync("k")).Present);
    }

    [Fact]
    public async Task DISCONNECT_may_end_a_session_but_not_begin_to_keep_one()
    {
        var (client, _) = await KeptAsync("k");
        await client.SendAsync(new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } });
        await client.ExpectClosedAsync();
        Assert.False((await KeptAsync("k")).Present);

        var clean = await ClientAsync("c");
        await clean.SendAsync(new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 10 } });
        Assert.Equal(ReasonCode.ProtocolError, (await clean.ExpectAsync<Disconnect>()).ReasonCode);
    }

    [Fact]
    public async Task A_session_expires()
    {
        var (client, _) = await ConnectAsync(new Connect { ClientId = "k", Properties = new ConnectProperties { SessionExpiryInterval = 1 }, Will = new Will("gone") });
        var watcher = await ClientAsync("w");
        await SubscribeAsync(watcher, "gone");
        // The will comes with the end of the session: its delay is longer.
        await client.SendAsync(new Disconnect());
        await client.ExpectClosedAsync();
        var (delayed, _) = await ConnectAsync(new Connect
        {
            ClientId = "d",
            Properties = new ConnectProperties { SessionExpiryInterval = 1 },
            Will = new Will("gone") { Properties = new WillProperties { WillDelayInterval = 1000 } },
        });
        delayed.Kill();
        await watcher.ExpectAsync(new Publish("gone"));
        Assert.False((await KeptAsync("d")).Present);
        Assert.False((await KeptAsync("k")).Present);
    }

    [Fact]
    public async Task The_queue_of_a_session_is_bounded_and_keeps_the_oldest()
    {
        var (client, _) = await KeptAsync("k");
        await SubscribeAsync(client, Everything);
        await LeaveAsync(client);
        await PublishAsync([.. Enumerable.Range(1, 6).Select(at => Message($"{at}"))]);
        (client, _) = await KeptAsync("k");
        for (var at = 1; at <= 4; at++)
            Assert.Equal($"{at}", (await client.ExpectAsync<Publish>()).Payload.ToText());
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_message_that_expires_while_it_waits_is_not_sent_and_others_carry_what_is_left()
    {
        var (client, _) = await KeptAsync("k");
        await SubscribeAsync(client, Everything);
        await LeaveAsync(client);
        await PublishAsync(
            Message("short") with { Properties = new PublishProperties { MessageExpiryInterval = 0 } },
            Message("long") with { Properties = new PublishProperties { MessageExpiryInterval = 1000 } });
        (client, _) = await KeptAsync("k");
        var message = await client.ExpectAsync<Publish>();
        Assert.Equal("long", message.Payload.ToText());
        Assert.InRange(message.Properties!.MessageExpiryInterval!.Value, 900u, 1000u);
    }
}
