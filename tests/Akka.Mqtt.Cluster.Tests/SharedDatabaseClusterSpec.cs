using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Akka.Mqtt.Storage.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes with one PostgreSQL database: durable sessions go where their clients connect, and outlive their nodes.</summary>
[Collection(PostgreSqlCollection.Name)]
public sealed class SharedDatabaseClusterSpec(PostgreSqlServer server, ITestOutputHelper output) : SharedDatabaseNodes(server, output)
{
    [PostgreSqlFact]
    public async Task A_durable_session_moves_with_queue_and_what_is_in_flight_and_comes_back()
    {
        var client = await KeptSubscriberAsync(First, "client", "a");
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("one")).WaitAsync(Soon));
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("two", QualityOfService.ExactlyOnce)).WaitAsync(Soon));
        var one = await client.ExpectAsync<Publish>();
        var two = await client.ExpectAsync<Publish>();
        await client.SendAsync(new PubRec(two.PacketId));
        await client.ExpectAsync<PubRel>();
        await client.SendAsync(Message("mine", QualityOfService.ExactlyOnce) with { Topic = "other", PacketId = 5 });
        await client.ExpectAsync<PubRec>();

        var moved = await KeptAsync(Second, "client", isPresent: true);
        Assert.Equal(ReasonCode.SessionTakenOver, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        var again = await moved.ExpectAsync<Publish>();
        Assert.Equal((one.PacketId, true, "one"), (again.PacketId, again.Dup, again.Payload.ToText()));
        Assert.Equal(7u, Assert.Single(again.Properties!.SubscriptionIdentifiers));
        Assert.Equal(two.PacketId, (await moved.ExpectAsync<PubRel>()).PacketId);
        await moved.SendAsync(new PubAck(one.PacketId), new PubComp(two.PacketId), new PubRel(5));
        Assert.Equal(ReasonCode.Success, (await moved.ExpectAsync<PubComp>()).ReasonCode); // the QoS 2 state has come too

        await RouteAsync(First, "a");
        await RouteAsync(Second, "a", 0);
        await PublishAsync(First, "three");
        await PublishAsync(Second, "four");
        await ExpectAsync(moved, "three", "four");
        var back = await KeptAsync(First, "client", isPresent: true);
        await PublishAsync(First, "five");
        await ExpectAsync(back, "five");
        await back.ExpectNothingAsync();
    }

    [PostgreSqlFact]
    public async Task What_waits_for_a_client_that_is_away_moves_in_order_and_Clean_Start_ends_it_everywhere()
    {
        (await KeptSubscriberAsync(Second, "client", "a")).Kill();
        await AwaitAssertAsync(() => Assert.NotEqual(0, Second.Context.Clients.Parked.Count), Soon);
        await RouteAsync(First, "a");
        var payloads = Enumerable.Range(0, 50).Select(static at => $"{at}").ToArray();
        await PublishAsync(First, payloads);
        var moved = await KeptAsync(First, "client", isPresent: true);
        await PublishAsync(First, "last");
        await ExpectAsync(moved, [.. payloads, "last"]);
        await RouteAsync(Second, "a");
        await KeptAsync(Second, "client", isPresent: false, cleanStart: true);
        await RouteAsync(Second, "a", 0);
    }

    [PostgreSqlFact]
    public async Task Messages_that_are_published_while_a_session_moves_come_once_and_in_the_order_of_their_publisher()
    {
        await KeptSubscriberAsync(First, "client", "a");
        await RouteAsync(Second, "a");
        var isOver = false;
        using var credit = new SemaphoreSlim(0); // without it as many messages would wait for the client as the machine is slow, and each move takes them along
        var published = new[] { First, Second }.Select((node, number) => Task.Run(async () =>
        {
            var payloads = new List<string>();
            while (true)
            {
                await credit.WaitAsync();
                if (Volatile.Read(ref isOver))
                    return payloads;
                payloads.Add($"{payloads.Count} of {number}");
                Assert.Equal(ReasonCode.Success, await node.PublishAsync(Message(payloads[^1], QualityOfService.ExactlyOnce)).WaitAsync(Soon));
            }
        })).ToArray();
        PacketClient client = null!;
        foreach (var next in new[] { Second, First, Second })
        {
            credit.Release(300);
            client = await KeptAsync(next, "client", isPresent: true); // it acknowledges nothing
        }
        Volatile.Write(ref isOver, true);
        credit.Release(2);
        var expected = await Task.WhenAll(published);
        var received = await ReceiveAsync(client, expected.Sum(static each => each.Count));
        foreach (var one in expected)
            Assert.Equal(one, received.Where(one.Contains));
    }

    [PostgreSqlFact]
    public async Task The_durable_sessions_of_a_node_that_is_removed_go_on_at_another_one_with_all_that_was_acknowledged()
    {
        var third = await JoinAsync();
        var client = await KeptSubscriberAsync(third.Server, "client", "a");
        await RouteAsync(First, "a");
        client.Kill();
        await PublishAsync(First, "one", "two");
        Nodes[0].Cluster.Down(third.Cluster.SelfAddress);
        await AwaitAssertAsync(() => Assert.Equal(1, First.Context.Clients.Parked.Count + Second.Context.Clients.Parked.Count), Soon);
        await AwaitAssertAsync(() => Assert.Single(First.Context.Routing.Nodes), Soon);
        var elsewhere = First.Context.Clients.Parked.Count == 0 ? First : Second;
        await RouteAsync(elsewhere, "a");
        await PublishAsync(elsewhere, "three");
        var back = await KeptAsync(elsewhere, "client", isPresent: true);
        await ExpectAsync(back, "one", "two", "three");
        await back.ExpectNothingAsync();
        // The node that was removed is told that all others are removed too: it must not take their leases.
        await AwaitAssertAsync(() => Assert.True(third.Server.Context.Engine!.Shared!.Lost.IsCompleted), Soon);
        Assert.False(First.Context.Engine!.Shared!.Lost.IsCompleted || Second.Context.Engine!.Shared!.Lost.IsCompleted);
    }

    [PostgreSqlFact]
    public async Task The_durable_sessions_of_a_node_that_leaves_are_at_the_others_before_it_is_gone()
    {
        var third = await JoinAsync();
        foreach (var name in new[] { "one", "two", "three" })
            (await KeptSubscriberAsync(third.Server, name, "a")).Kill();
        await AwaitAssertAsync(() => Assert.Equal(3, third.Server.Context.Clients.Parked.Count), Soon);
        await RouteAsync(First, "a");
        await RouteAsync(Second, "a");
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("before", QualityOfService.ExactlyOnce)).WaitAsync(Soon));
        var isOver = false;
        var publishing = Task.Run(async () =>
        {
            var payloads = new List<string>();
            while (!Volatile.Read(ref isOver) && payloads.Count < 1000) // the sessions take along what waits in them
            {
                payloads.Add($"{payloads.Count}");
                Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message(payloads[^1], QualityOfService.ExactlyOnce)).WaitAsync(Soon));
            }
            return payloads;
        });
        await third.Server.DrainAsync().WaitAsync(Soon);
        Assert.Equal(0, third.Server.Context.Clients.Parked.Count);
        Assert.Equal(3, First.Context.Clients.Parked.Count + Second.Context.Clients.Parked.Count);
        Volatile.Write(ref isOver, true);
        string[] expected = ["before", .. await publishing];
        await LeaveAsync(third);
        foreach (var name in new[] { "one", "two", "three" })
            Assert.Equal(expected, await ReceiveAsync(await KeptAsync(First, name, isPresent: true), expected.Length));
    }

    [PostgreSqlFact]
    public async Task A_node_that_has_left_in_good_order_keeps_its_lease_until_it_ends()
    {
        var third = await JoinAsync();
        await third.Server.DrainAsync().WaitAsync(Soon);
        foreach (var node in Nodes.Where(each => each != third))
            await AwaitAssertAsync(() => Assert.Single(node.Server.Context.Routing.Nodes), Soon);
        foreach (var node in new[] { First, Second })
            await KeptAsync(node, $"at {node.Endpoints[0].Address}", isPresent: false); // behind an adoption, if there is one
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await third.Server.PublishAsync(Message("kept") with { Topic = "r", Retain = true }).WaitAsync(Soon));
        Assert.False(third.Server.WhenRemoved.IsCompleted);
    }

    [PostgreSqlFact]
    public async Task A_node_that_has_lost_its_lease_disconnects_its_durable_clients_and_refuses_new_ones()
    {
        var client = await KeptSubscriberAsync(Second, "client", "a");
        Assert.Single(await First.Context.Engine!.Shared!.AdoptAsync([Directory.DurableMoves.NameOf(Nodes[1].Cluster.SelfUniqueAddress)], []));
        await client.SendAsync(Message("late") with { PacketId = 9 });
        Assert.Equal(ReasonCode.UseAnotherServer, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        var refused = await DialAsync(Second);
        await refused.SendAsync(new Connect { ClientId = "other" });
        Assert.Equal(ReasonCode.UseAnotherServer, (await refused.ExpectAsync<ConnAck>()).ReasonCode);
        Assert.Equal("other nodes have taken over the durable sessions of this one", await Second.WhenRemoved.WaitAsync(Soon));
        Assert.True(Second.Health is { State: MqttServerState.Removed, IsLive: false, IsReady: false });
    }

    [PostgreSqlFact]
    public async Task A_retained_message_is_written_once_and_all_nodes_have_it_after_a_restart()
    {
        var message = new Publish("r", "kept") { QoS = QualityOfService.AtLeastOnce, Retain = true };
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await First.PublishAsync(message).WaitAsync(Soon));
        await AwaitAssertAsync(() => Assert.Equal(1, Second.Context.Retained.Count), Soon);
        var third = await JoinAsync();
        Assert.Equal(1, third.Server.Context.Retained.Count);
    }
}
