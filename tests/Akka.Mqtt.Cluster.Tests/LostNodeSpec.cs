using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Storage.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes with one PostgreSQL database: what others had for a lost node reaches its durable sessions.</summary>
[Collection(PostgreSqlCollection.Name)]
public sealed class LostNodeSpec(PostgreSqlServer server, ITestOutputHelper output)
    : SharedDatabaseNodes(server, output, config: "akka.mqtt.cluster.frame-port = off") // CutAsync cuts Akka.Remote
{
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
}
