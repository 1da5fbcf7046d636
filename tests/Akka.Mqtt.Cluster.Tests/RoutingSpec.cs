using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Clients of one node get what clients of another one publish.</summary>
public sealed class RoutingSpec(ITestOutputHelper output) : ClusterSpec(output)
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_message_reaches_a_subscriber_of_another_node_with_its_QoS(MqttVersion version)
    {
        var subscriber = await SubscriberAsync(Second, "subscriber", "a/+", version: version);
        var publisher = await ClientAsync(First, "publisher", version);
        await RouteAsync(First, "a/+");
        await publisher.SendAsync(new Publish("a/0", "zero"));
        Assert.Equal("zero", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
        await publisher.SendAsync(new Publish("a/1", "one") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await publisher.ExpectAsync<PubAck>();
        var one = await subscriber.ExpectAsync<Publish>();
        Assert.Equal(("a/1", QualityOfService.AtLeastOnce, false), (one.Topic, one.QoS, one.Retain));
        await publisher.SendAsync(new Publish("a/2", "two") { QoS = QualityOfService.ExactlyOnce, PacketId = 2 });
        await publisher.ExpectAsync<PubRec>();
        await publisher.SendAsync(new PubRel(2));
        await publisher.ExpectAsync<PubComp>();
        Assert.Equal(QualityOfService.ExactlyOnce, (await subscriber.ExpectAsync<Publish>()).QoS);
    }

    [Fact]
    public async Task Properties_and_options_of_subscriptions_count_on_the_far_node()
    {
        var subscriber = await ClientAsync(Second, "subscriber");
        await subscriber.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.AtMostOnce) { RetainAsPublished = true })
        {
            Properties = new SubscribeProperties { SubscriptionIdentifier = 7 },
        });
        await subscriber.ExpectAsync<SubAck>();
        var publisher = await ClientAsync(First, "publisher");
        await RouteAsync(First, "a");
        var properties = new PublishProperties { ContentType = "text", UserProperties = [new("a", "b")], CorrelationData = "c" };
        await publisher.SendAsync(new Publish("a", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 1, Retain = true, Properties = properties });
        await publisher.ExpectAsync<PubAck>();
        await subscriber.ExpectAsync(new Publish("a", "x") { Retain = true, Properties = properties with { SubscriptionIdentifiers = [7] } });
    }

    [Fact]
    public async Task A_message_goes_once_to_a_node_however_many_of_its_subscribers_want_it_and_not_back()
    {
        var one = await SubscriberAsync(Second, "one", "a/#");
        var two = await SubscriberAsync(Second, "two", "a/b");
        var here = await SubscriberAsync(First, "here", "a/b");
        var publisher = await ClientAsync(First, "publisher");
        await RouteAsync(First, "a/b", 2); // two filters of one node
        await RouteAsync(Second, "a/b");
        await publisher.SendAsync(new Publish("a/b", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await publisher.ExpectAsync<PubAck>();
        foreach (var each in new[] { one, two, here })
        {
            Assert.Equal("x", (await each.ExpectAsync<Publish>()).Payload.ToText());
            await each.ExpectNothingAsync();
        }
    }

    [Fact]
    public async Task An_unsubscribed_filter_leaves_the_routes_of_other_nodes()
    {
        var subscriber = await SubscriberAsync(Second, "subscriber", "a");
        var other = await SubscriberAsync(Second, "other", "a");
        await RouteAsync(First, "a");
        await subscriber.SendAsync(new Unsubscribe(2, "a"));
        await subscriber.ExpectAsync<UnsubAck>();
        await RouteAsync(First, "a");
        await other.SendAsync(new Disconnect());
        await RouteAsync(First, "a", 0);
    }

    [Fact]
    public async Task Messages_of_one_publisher_stay_in_order()
    {
        const int count = 2000;
        var subscriber = await SubscriberAsync(Second, "subscriber", "#", QualityOfService.AtLeastOnce);
        var publisher = await ClientAsync(First, "publisher");
        await RouteAsync(First, "a");
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < count; at += 50)
                await publisher.SendAsync([.. Enumerable.Range(at, 50).Select(each => new Publish($"t/{each % 3}", $"{each}") { QoS = (QualityOfService)(each % 2), PacketId = (ushort)(each % 2 == 0 ? 0 : each + 1) })]);
        });
        var last = new Dictionary<(string, QualityOfService), int>();
        for (var at = 0; at < count; at++)
        {
            var message = await subscriber.ExpectAsync<Publish>();
            var number = int.Parse(message.Payload.ToText(), System.Globalization.CultureInfo.InvariantCulture);
            var key = (message.Topic, message.QoS);
            Assert.True(last.GetValueOrDefault(key, -1) < number, $"{number} comes after {last.GetValueOrDefault(key)}");
            last[key] = number;
            if (message.QoS == QualityOfService.AtLeastOnce)
                await subscriber.SendAsync(new PubAck(message.PacketId));
        }
        await sending;
    }

    [Fact]
    public async Task A_message_that_is_larger_than_a_frame_arrives_whole()
    {
        var subscriber = await SubscriberAsync(Second, "subscriber", "a");
        var publisher = await ClientAsync(First, "publisher");
        await RouteAsync(First, "a");
        var payload = new byte[5_000_000];
        new Random(1).NextBytes(payload);
        await publisher.SendAsync(new Publish("a", payload) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        Assert.True((await subscriber.ExpectAsync<Publish>()).Payload.Span.SequenceEqual(payload));
        await publisher.ExpectAsync<PubAck>();
    }

    [Fact]
    public async Task A_message_of_a_shared_subscription_goes_to_one_member_of_the_whole_cluster()
    {
        var one = await SubscriberAsync(First, "one", "$share/g/a", QualityOfService.AtMostOnce);
        var two = await SubscriberAsync(Second, "two", "$share/g/a", QualityOfService.AtMostOnce);
        var publisher = await ClientAsync(First, "publisher");
        await RouteAsync(First, "a", 1, "g");
        await RouteAsync(Second, "a", 1, "g");
        for (var at = 0; at < 100; at++)
        {
            await publisher.SendAsync(new Publish("a", $"{at}") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
            await publisher.ExpectAsync<PubAck>();
        }
        var found = new List<string>();
        foreach (var member in new[] { one, two })
        {
            await member.SendAsync(new PingReq());
            while (await member.NextAsync() is Publish message)
                found.Add(message.Payload.ToText());
            Assert.InRange(found.Count, 1, 100);
        }
        Assert.Equal(Enumerable.Range(0, 100).Select(at => $"{at}").Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_node_that_has_another_subscriber_gives_a_message_to_no_second_member_of_a_shared_subscription()
    {
        var near = await SubscriberAsync(First, "near", "$share/g/a");
        var far = await SubscriberAsync(Second, "far", "$share/g/a");
        var plain = await SubscriberAsync(Second, "plain", "a");
        await RouteAsync(First, "a", 1, "g");
        await RouteAsync(First, "a");
        for (var at = 0; at < 10; at++)
            Assert.Equal(ReasonCode.Success, await First.PublishAsync(new Publish("a", $"{at}")).WaitAsync(Soon));
        for (var at = 0; at < 10; at++)
            await plain.ExpectAsync<Publish>();
        var found = 0;
        foreach (var member in new[] { near, far })
        {
            await member.SendAsync(new PingReq());
            while (await member.NextAsync() is Publish)
                found++;
        }
        Assert.Equal(10, found);
    }

    [Fact]
    public async Task A_message_waits_for_one_member_when_those_of_all_nodes_are_away()
    {
        await AwayAsync(First, "one");
        await AwayAsync(Second, "two");
        await RouteAsync(First, "a", 1, "g");
        await RouteAsync(Second, "a", 1, "g");
        for (var at = 0; at < 4; at++)
            Assert.Equal(ReasonCode.Success, await First.PublishAsync(new Publish("a", $"{at}") { QoS = QualityOfService.AtLeastOnce }).WaitAsync(Soon));
        var found = new List<string>();
        foreach (var (server, clientId) in new[] { (First, "one"), (Second, "two") })
        {
            var member = await MemberAsync(server, clientId);
            await member.SendAsync(new PingReq());
            while (await member.NextAsync() is Publish message)
                found.Add(message.Payload.ToText());
        }
        Assert.Equal(["0", "1", "2", "3"], found.Order(StringComparer.Ordinal));
    }

    /// <summary>A member of the group "g" whose session is kept, and that goes.</summary>
    private async Task AwayAsync(Akka.Mqtt.Server.MqttServer server, string clientId)
    {
        var member = await MemberAsync(server, clientId);
        await member.SendAsync(new Subscribe(1, new Subscription("$share/g/a", QualityOfService.AtLeastOnce)));
        await member.ExpectAsync<SubAck>();
        await member.SendAsync(new Disconnect());
        await member.ExpectClosedAsync();
    }

    private async Task<Akka.Mqtt.Server.Tests.PacketClient> MemberAsync(Akka.Mqtt.Server.MqttServer server, string clientId)
    {
        var member = await DialAsync(server);
        await member.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 },
        });
        Assert.Equal(ReasonCode.Success, (await member.ExpectAsync<ConnAck>()).ReasonCode);
        return member;
    }

    [Fact]
    public async Task A_will_reaches_other_nodes()
    {
        var subscriber = await SubscriberAsync(Second, "subscriber", "will");
        await RouteAsync(First, "will");
        var client = await DialAsync(First);
        await client.SendAsync(new Connect { ClientId = "dies", Will = new Will("will", "gone") });
        await client.ExpectAsync<ConnAck>();
        client.Kill();
        Assert.Equal("gone", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
    }
}
