using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>All nodes have all retained messages.</summary>
public sealed class RetainedSpec(ITestOutputHelper output) : ClusterSpec(output)
{
    private static Publish Retained(string payload) => new("r", payload) { Retain = true, QoS = QualityOfService.AtLeastOnce };

    private async Task ExpectAsync(MqttServer server, string? payload) => await AwaitAssertAsync(
        () => Assert.Equal(payload, server.Context.Retained.Match("r").SingleOrDefault()?.Message.Packet.Payload.ToText()), Soon);

    [Fact]
    public async Task A_retained_message_is_retained_on_all_nodes_when_it_is_acknowledged()
    {
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await First.PublishAsync(Retained("1")));
        Assert.Equal("1", Second.Context.Retained.Match("r").Single().Message.Packet.Payload.ToText());
        var subscriber = await SubscriberAsync(Second, "subscriber", "r");
        var message = await subscriber.ExpectAsync<Publish>();
        Assert.True(message.Retain);
        await First.PublishAsync(new Publish("r", default) { Retain = true, QoS = QualityOfService.AtLeastOnce });
        Assert.Empty(Second.Context.Retained.Match("r"));
    }

    [Fact]
    public async Task A_node_that_joins_gets_the_retained_messages()
    {
        await First.PublishAsync(Retained("1"));
        var third = await JoinAsync();
        await ExpectAsync(third.Server, "1");
    }

    [Fact]
    public async Task Nodes_on_which_clients_publish_at_the_same_time_come_to_the_same_message()
    {
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(
                Task.Run(() => First.PublishAsync(Retained($"first {round}"))),
                Task.Run(() => Second.PublishAsync(Retained($"second {round}"))));
            await AwaitAssertAsync(
                () => Assert.Equal(
                    First.Context.Retained.Match("r").Single().Message.Packet.Payload.ToText(),
                    Second.Context.Retained.Match("r").Single().Message.Packet.Payload.ToText()),
                Soon);
        }
    }

    [Fact]
    public async Task What_a_node_publishes_about_itself_stays_on_it()
    {
        using var subscription = await Second.SubscribeAsync(new Subscription("$SYS/#"), TestActor);
        await First.PublishAsync(new Publish("a", "x"));
        Assert.DoesNotContain(First.Context.Routing.Nodes, each => ((Nodes.NodeTarget)each).QueuedBytes > 0);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }
}
