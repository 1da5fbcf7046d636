using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Links between nodes that lose messages, and nodes that are gone.</summary>
public sealed class NodeFailureSpec(ITestOutputHelper output) : ClusterSpec(output, config: "akka.mqtt.cluster.frame-port = off") // what is cut is Akka.Remote
{
    private static readonly Publish Message = new("a", "x") { QoS = QualityOfService.AtLeastOnce };

    /// <summary>What the first node sends to the second one and back is lost from now on, or arrives again.</summary>
    private async Task CutAsync(bool isCut)
    {
        ThrottleMode mode = isCut ? Blackhole.Instance : Unthrottled.Instance;
        foreach (var (from, to) in new[] { (Nodes[0], Nodes[1]), (Nodes[1], Nodes[0]) })
        {
            var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)from.System).Provider).Transport;
            Assert.True(await transport.ManagementCommand(new SetThrottle(to.Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, mode)));
        }
    }

    [Fact]
    public async Task A_publisher_is_acknowledged_when_the_far_node_has_the_message_and_not_before()
    {
        await SubscriberAsync(Second, "subscriber", "a");
        await RouteAsync(First, "a");
        await CutAsync(true);
        var published = First.PublishAsync(Message);
        await Task.WhenAny(published, ExpectNoMsgAsync(TimeSpan.FromMilliseconds(500)).AsTask());
        Assert.False(published.IsCompleted);
        await CutAsync(false);
        Assert.Equal(ReasonCode.Success, await published.WaitAsync(Soon));
    }

    [Fact]
    public async Task What_is_lost_between_nodes_is_sent_again_once_and_in_order()
    {
        var subscriber = await SubscriberAsync(Second, "subscriber", "a", QualityOfService.AtMostOnce);
        await RouteAsync(First, "a");
        var publishing = new List<Task<ReasonCode>>();
        for (var at = 0; at < 300; at++)
        {
            if (at is 100 or 200)
                await CutAsync(at == 100);
            publishing.Add(First.PublishAsync(Message with { Payload = $"{at}" }));
        }
        await Task.WhenAll(publishing).WaitAsync(Soon);
        for (var at = 0; at < 300; at++)
            Assert.Equal($"{at}", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_delays_no_publisher_and_one_that_is_removed_is_in_no_route()
    {
        await SubscriberAsync(Second, "subscriber", "a");
        await RouteAsync(First, "a");
        await CutAsync(true);
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message).WaitAsync(Soon)); // when the failure detector has seen it
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        await RouteAsync(First, "a", 0);
        await AwaitAssertAsync(() => Assert.Empty(First.Context.Routing.Nodes), Soon);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await First.PublishAsync(Message).WaitAsync(Soon));
    }

    [Fact]
    public async Task A_node_that_leaves_takes_its_routes_along()
    {
        await SubscriberAsync(Second, "subscriber", "a");
        await RouteAsync(First, "a");
        await Nodes[1].Cluster.LeaveAsync().WaitAsync(Soon);
        await RouteAsync(First, "a", 0);
    }

    [Fact]
    public async Task A_node_that_the_others_remove_says_so_and_refuses_clients()
    {
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        Assert.Equal("this node is no member of the cluster any more", await Second.WhenRemoved.WaitAsync(Soon));
        Assert.True(Second.Health is { State: MqttServerState.Removed, IsLive: false, IsReady: false });
        Assert.False(First.WhenRemoved.IsCompleted);
        var refused = await DialAsync(Second);
        await refused.SendAsync(new Connect { ClientId = "client" });
        Assert.Equal(ReasonCode.UseAnotherServer, (await refused.ExpectAsync<ConnAck>()).ReasonCode);
    }

    [Fact]
    public async Task Links_that_fail_begin_anew_with_everything()
    {
        var subscriber = await SubscriberAsync(First, "subscriber", "a");
        await SubscriberAsync(Second, "other", "b");
        await RouteAsync(Second, "a");
        await RouteAsync(First, "b");
        foreach (var node in Nodes)
        {
            foreach (var child in new[] { "$a", "$b" }) // the link and the inbox
            {
                var actor = node.System.ActorSelection($"/user/mqtt-server/cluster/{child}");
                actor.Tell(Kill.Instance);
                await actor.ResolveOne(Soon); // it has started anew, without the filters that it knew
            }
        }
        await RouteAsync(Second, "a");
        await RouteAsync(First, "b");
        Assert.Equal(ReasonCode.Success, await Second.PublishAsync(Message).WaitAsync(Soon));
        Assert.Equal("x", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
        await subscriber.ExpectNothingAsync();
    }
}
