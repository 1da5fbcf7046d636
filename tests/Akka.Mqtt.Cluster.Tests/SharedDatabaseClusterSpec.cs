using System.Globalization;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Tests;
using Akka.Mqtt.Storage.PostgreSql;
using Akka.Mqtt.Storage.Tests;
using Npgsql;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes with one PostgreSQL database: durable sessions go where their clients connect, and outlive their nodes.</summary>
[Collection(PostgreSqlCollection.Name)]
public sealed class SharedDatabaseClusterSpec(PostgreSqlServer server, ITestOutputHelper output)
    : ClusterSpec(output, config: "akka.mqtt.cluster.frame-port = off") // what is cut is Akka.Remote
{
    private string? _connection;

    protected override MqttServerStorage? Storage => PostgreSqlServer.Missing is null
        ? new PostgreSqlStorage(_connection ??= server.NewDatabase().GetAwaiter().GetResult() + ";Maximum Pool Size=5")
        : null;

    private async Task<PacketClient> KeptAsync(MqttServer node, string clientId, bool isPresent, Will? will = null, bool cleanStart = false)
    {
        var client = await DialAsync(node);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = cleanStart, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = 600 },
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private async Task<PacketClient> KeptSubscriberAsync(MqttServer node, string clientId, string filter)
    {
        var client = await KeptAsync(node, clientId, isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription(filter, QualityOfService.ExactlyOnce))
        {
            Properties = new SubscribeProperties { SubscriptionIdentifier = 7 },
        });
        await client.ExpectAsync<SubAck>();
        return client;
    }

    private static Publish Message(string payload, QualityOfService qos = QualityOfService.AtLeastOnce) => new("a", payload) { QoS = qos };

    private static async Task PublishAsync(MqttServer node, params string[] payloads)
    {
        foreach (var payload in payloads)
            Assert.Equal(ReasonCode.Success, await node.PublishAsync(Message(payload)).WaitAsync(Soon));
    }

    private static async Task ExpectAsync(PacketClient client, params string[] payloads)
    {
        foreach (var payload in payloads)
        {
            var publish = await client.ExpectAsync<Publish>();
            Assert.Equal(payload, publish.Payload.ToText());
            await client.SendAsync(new PubAck(publish.PacketId));
        }
    }

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

    /// <summary>Takes so many messages of QoS 2, and no other one comes.</summary>
    private static async Task<List<string>> ReceiveAsync(PacketClient client, int count)
    {
        List<string> received = [];
        for (var released = 0; released < count;)
        {
            switch (await client.NextAsync())
            {
                case Publish publish:
                    received.Add(publish.Payload.ToText());
                    await client.SendAsync(new PubRec(publish.PacketId));
                    break;
                case PubRel release:
                    released++;
                    await client.SendAsync(new PubComp(release.PacketId));
                    break;
                case var other:
                    Assert.Fail($"{other} came");
                    break;
            }
        }
        await client.ExpectNothingAsync();
        return received;
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
    public async Task What_is_published_while_a_node_is_lost_comes_once_and_in_order_to_its_durable_sessions()
    {
        var third = await JoinAsync();
        await AwayAsync(third.Server);
        await RouteAsync(First, "a");
        await RouteAsync(Second, "a");
        var before = PublishMany(First, "first", 0, 20).Concat(PublishMany(Second, "second", 0, 20)).ToArray();
        await Task.WhenAll(before).WaitAsync(Soon);
        await CutAsync(third, true);
        var meanwhile = PublishMany(First, "first", 20, 20).Concat(PublishMany(Second, "second", 20, 20)).ToArray();
        await AwaitAssertAsync(() => Assert.Equal(2, Nodes.Count(each => each.Cluster.State.Unreachable.Any(member => member.Address == third.Cluster.SelfAddress))), Soon);
        // Only this node has them: nothing is acknowledged before the node that adopts the session has committed it.
        Assert.DoesNotContain(meanwhile, static each => each.IsCompleted);
        Nodes[0].Cluster.Down(third.Cluster.SelfAddress);
        var loaded = Load(First, "first", 40);
        await Task.WhenAll(meanwhile).WaitAsync(Soon);
        await AwaitAssertAsync(() => Assert.Equal(1, First.Context.Clients.Parked.Count + Second.Context.Clients.Parked.Count), Soon);
        foreach (var node in new[] { Second, First })
        {
            var client = await KeptAsync(node, "client", isPresent: true);
            if (node == Second)
                continue; // it moves, with what it has inherited
            var count = await loaded.EndAsync();
            var received = await ReceiveAsync(client, count + 40);
            Assert.Equal(Enumerable.Range(0, count).Select(static at => $"first {at}"), received.Where(static each => each.StartsWith("first", StringComparison.Ordinal)));
            Assert.Equal(Enumerable.Range(0, 40).Select(static at => $"second {at}"), received.Where(static each => each.StartsWith("second", StringComparison.Ordinal)));
        }
        await RouteAsync(First, "a", 0); // the lost node is in no route any more
        await RouteAsync(Second, "a", 1);
    }

    [PostgreSqlFact]
    public async Task What_a_lost_node_has_committed_and_not_confirmed_does_not_come_twice()
    {
        var third = await JoinAsync();
        await AwayAsync(third.Server);
        await RouteAsync(First, "a");
        await Task.WhenAll(PublishMany(First, "first", 0, 5)).WaitAsync(Soon);
        await CutAsync(third, Nodes[0], true); // its confirmations are lost
        var published = PublishMany(First, "first", 5, 5).ToArray();
        var session = third.Server.Context.Clients.Parked.Find(new SessionKey("", null, "client"));
        await AwaitAssertAsync(async () => Assert.Equal(10, (await third.Server.Context.Engine!.CountAsync([session]))[session].Messages), Soon);
        Assert.DoesNotContain(published, static each => each.IsCompleted);
        await CutAsync(third, true);
        var late = PublishMany(First, "first", 10, 5).ToArray();
        Nodes[0].Cluster.Down(third.Cluster.SelfAddress);
        await Task.WhenAll([.. published, .. late]).WaitAsync(Soon);
        var client = await KeptAsync(Second, "client", isPresent: true);
        Assert.Equal(Enumerable.Range(0, 15).Select(static at => $"first {at}"), await ReceiveAsync(client, 15));
    }

    [PostgreSqlFact]
    public async Task A_message_of_a_shared_subscription_for_a_lost_node_waits_for_its_durable_member()
    {
        var third = await JoinAsync();
        await AwayAsync(third.Server, "$share/g/a");
        await RouteAsync(First, "a", share: "g");
        await CutAsync(third, true);
        var published = PublishMany(First, "first", 0, 10).ToArray();
        Nodes[0].Cluster.Down(third.Cluster.SelfAddress);
        await Task.WhenAll(published).WaitAsync(Soon);
        var client = await KeptAsync(Second, "client", isPresent: true);
        Assert.Equal(Enumerable.Range(0, 10).Select(static at => $"first {at}"), await ReceiveAsync(client, 10));
    }

    [PostgreSqlFact]
    public async Task Clients_of_a_lost_node_wait_for_the_process_that_was_started_at_its_address_and_has_their_sessions()
    {
        var third = await JoinAsync();
        await AwayAsync(third.Server);
        await RouteAsync(First, "a");
        await PublishAsync(First, "one");
        await CutAsync(third, true);
        // What such a process does first: it takes the lease and the sessions.
        var lost = Directory.DurableMoves.NameOf(third.Cluster.SelfUniqueAddress);
        var again = await Scalar($"INSERT INTO akka_mqtt.run (started_at, alive_at, node) SELECT started_at, alive_at, node || '0' FROM akka_mqtt.run WHERE node = '{lost}' RETURNING id");
        await Scalar($"UPDATE akka_mqtt.session SET home = {again} FROM akka_mqtt.run WHERE home = run.id AND node = '{lost}' RETURNING 1");
        await Scalar($"UPDATE akka_mqtt.run SET fenced = true, heir = {again} WHERE node = '{lost}' RETURNING 1");
        var log = CreateTestProbe();
        foreach (var node in Nodes)
            node.Cluster.System.EventStream.Subscribe(log.Ref, typeof(Info));
        Nodes[0].Cluster.Down(third.Cluster.SelfAddress);
        await log.FishForMessageAsync(static message => $"{((Info)message).Message}".Contains("was started again and has the durable sessions", StringComparison.Ordinal), Soon);
        var client = await DialAsync(Second);
        await client.SendAsync(new Connect { ClientId = "client", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        await Scalar($"UPDATE akka_mqtt.run SET renewed = renewed - interval '60 s' WHERE id = {again} RETURNING 1"); // it has ended
        Assert.True((await client.ExpectAsync<ConnAck>()).SessionPresent);
        Assert.Equal("one", (await client.ExpectAsync<Publish>()).Payload.ToText());
    }

    private async Task<long> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private async Task CutAsync(Node node, bool isCut)
    {
        foreach (var other in Nodes.Where(each => each != node))
        {
            await CutAsync(node, other, isCut);
            await CutAsync(other, node, isCut);
        }
    }

    /// <summary>A durable session that is away.</summary>
    private async Task AwayAsync(MqttServer node, string filter = "a")
    {
        (await KeptSubscriberAsync(node, "client", filter)).Kill();
        await AwaitAssertAsync(() => Assert.Equal(1, node.Context.Clients.Parked.Count), Soon);
    }

    private static IEnumerable<Task> PublishMany(MqttServer node, string name, int first, int count)
    {
        for (var at = first; at < first + count; at++)
            yield return node.PublishAsync(Message($"{name} {at}", QualityOfService.ExactlyOnce));
    }

    /// <summary>Publishes one after the other, until it ends.</summary>
    private static Publishing Load(MqttServer node, string name, int first) => new(node, name, first);

    private sealed class Publishing
    {
        private readonly Task<int> _task;
        private bool _more = true;

        public Publishing(MqttServer node, string name, int first) => _task = Task.Run(async () =>
        {
            var at = first;
            for (; Volatile.Read(ref _more); at++)
                await node.PublishAsync(Message($"{name} {at}", QualityOfService.ExactlyOnce)).WaitAsync(Soon);
            return at;
        });

        /// <summary>Ends, and gives the number of the message that would be next.</summary>
        public Task<int> EndAsync()
        {
            Volatile.Write(ref _more, false);
            return _task;
        }
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
