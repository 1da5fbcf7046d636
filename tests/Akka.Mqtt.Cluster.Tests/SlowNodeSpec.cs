using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A node that takes nothing for a while, so that its queue is full.</summary>
public sealed class SlowNodeSpec(ITestOutputHelper output) : ClusterSpec(output, config: "akka.mqtt.cluster { max-queued-bytes = 64 KiB, frame-port = off }") // what is cut is Akka.Remote
{
    [Fact]
    public async Task QoS_0_for_a_node_whose_queue_is_full_is_dropped_and_counted_and_shared_subscriptions_choose_another_node()
    {
        var far = await SubscriberAsync(Second, "far", "a", QualityOfService.AtMostOnce);
        await far.SendAsync(new Subscribe(2, new Subscription("$share/group/s", QualityOfService.AtLeastOnce)));
        await far.ExpectAsync<SubAck>();
        var near = await SubscriberAsync(First, "near", "$share/group/s", QualityOfService.AtLeastOnce);
        await RouteAsync(First, "a");
        await RouteAsync(First, "s", share: "group");
        await CutAsync(true);
        for (var at = 0; at < 20; at++)
            Assert.Equal(ReasonCode.Success, await First.PublishAsync(new Publish("a", new byte[8192])));
        Assert.InRange(First.Context.Drops.Of(DropReason.SessionBehind), 1, 19);
        for (var at = 0; at < 10; at++)
        {
            Assert.Equal(ReasonCode.Success, await First.PublishAsync(new Publish("s", $"{at}") { QoS = QualityOfService.AtLeastOnce }).WaitAsync(Soon));
            Assert.Equal($"{at}", (await near.ExpectAsync<Publish>()).Payload.ToText());
        }
        await CutAsync(false);
        var lost = First.Context.Drops.Of(DropReason.SessionBehind);
        for (var at = 0; at < 20 - lost; at++)
            Assert.Equal("a", (await far.ExpectAsync<Publish>()).Topic);
        await AwaitAssertAsync(() => Assert.True(First.Context.Routing.Nodes[0].IsConnected), Soon);
        await First.PublishAsync(new Publish("a", "again"));
        Assert.Equal("again", (await far.ExpectAsync<Publish>()).Payload.ToText());
    }
}
