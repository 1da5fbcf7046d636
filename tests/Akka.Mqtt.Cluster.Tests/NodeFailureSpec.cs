using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Links between nodes that lose messages, and nodes that are gone.</summary>
public sealed class NodeFailureSpec(ITestOutputHelper output)
    : ClusterSpec(output, settings: "authentication-timeout = 200 ms", config: "akka.mqtt.cluster.frame-port = off") // what is cut is Akka.Remote
{
    private static readonly Publish Message = new("a", "x") { QoS = QualityOfService.AtLeastOnce };

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
    public async Task A_client_whose_identifier_an_unreachable_node_answers_for_waits_until_that_node_is_removed()
    {
        var clientIds = IdsOfSecond();
        await CutAsync(true);
        await AwaitAssertAsync(() => Assert.Single(Nodes[0].Cluster.State.Unreachable), Soon);
        var client = ClientAsync(First, clientIds[0]);
        // Longer than a server without a cluster lets it wait.
        await Task.WhenAny(client, ExpectNoMsgAsync(TimeSpan.FromMilliseconds(600)).AsTask());
        Assert.False(client.IsCompleted);
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        await client.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_client_that_goes_while_it_waits_for_an_unreachable_node_leaves_nothing_behind()
    {
        var clientIds = IdsOfSecond();
        var owned = ((SessionOwners)First.Context.Owners!).Owned;
        await CutAsync(true);
        await AwaitAssertAsync(() => Assert.Single(Nodes[0].Cluster.State.Unreachable), Soon);
        var gone = await DialAsync(First);
        await gone.SendAsync(new Connect { ClientId = clientIds[0] });
        gone.Dispose(); // behind CONNECT
        await AwaitAssertAsync(() => Assert.Equal((1, 0), (First.Context.Stats.Accepted, First.Context.Stats.Connections)), Soon);
        var other = ClientAsync(First, clientIds[1]); // waits too
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        await other.WaitAsync(Soon);
        await AwaitAssertAsync(() => Assert.Equal([clientIds[1]], owned.Keys.Select(static each => each.ClientId)), Soon);
    }

    /// <summary>Client identifiers for which the second node answers.</summary>
    private string[] IdsOfSecond()
    {
        var members = new Members([Nodes[0].Cluster.SelfUniqueAddress, Nodes[1].Cluster.SelfUniqueAddress]);
        return
        [
            .. Enumerable.Range(0, 1000).Select(static each => $"client-{each}")
                .Where(each => Nodes[1].Cluster.SelfUniqueAddress.Equals(members.RegistrarOf(new SessionKey("", null, each)))),
        ];
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
        Assert.Equal("this node is no longer a member of the cluster", await Second.WhenRemoved.WaitAsync(Soon));
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
