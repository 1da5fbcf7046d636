using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A client identifier is on one node of the cluster, and its session goes where its client connects.</summary>
public sealed class MoveSpec(ITestOutputHelper output) : ClusterSpec(output, config: "akka.mqtt.cluster.frame-size = 4 KiB")
{
    private async Task<PacketClient> KeptAsync(MqttServer server, string clientId, bool isPresent, Will? will = null, bool cleanStart = false, uint expiry = 600)
    {
        var client = await DialAsync(server);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = cleanStart, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = expiry },
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private static async Task ExpectTakenOverAsync(PacketClient client)
    {
        Assert.Equal(ReasonCode.SessionTakenOver, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    private static Publish Message(string payload, QualityOfService qos = QualityOfService.AtLeastOnce) => new("a", payload) { QoS = qos };

    [Fact]
    public async Task A_client_that_connects_to_another_node_takes_the_connection_before_over()
    {
        var before = await ClientAsync(First, "client");
        var after = await ClientAsync(Second, "client");
        await ExpectTakenOverAsync(before);
        await after.ExpectNothingAsync();
        await ClientAsync(First, "client");
        await ExpectTakenOverAsync(after);
    }

    [Fact]
    public async Task A_session_moves_with_subscriptions_queue_and_what_is_in_flight()
    {
        var client = await KeptAsync(First, "client", isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.ExactlyOnce)) { Properties = new SubscribeProperties { SubscriptionIdentifier = 7 } });
        await client.ExpectAsync<SubAck>();
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("one")).WaitAsync(Soon));
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("two", QualityOfService.ExactlyOnce)).WaitAsync(Soon));
        var one = await client.ExpectAsync<Publish>();
        var two = await client.ExpectAsync<Publish>();
        await client.SendAsync(new PubRec(two.PacketId));
        await client.ExpectAsync<PubRel>();
        client.Kill();
        await AwaitAssertAsync(() => Assert.Null(First.Context.Clients.Find("client")!.Connection), Soon);
        for (var at = 0; at < 50; at++)
            await First.PublishAsync(Message(new string('x', 1000) + at)).WaitAsync(Soon);

        var moved = await KeptAsync(Second, "client", isPresent: true);
        var again = await moved.ExpectAsync<Publish>();
        Assert.Equal((one.PacketId, true, "one"), (again.PacketId, again.Dup, again.Payload.ToText()));
        Assert.Equal(7u, Assert.Single(again.Properties!.SubscriptionIdentifiers));
        Assert.Equal(two.PacketId, (await moved.ExpectAsync<PubRel>()).PacketId);
        for (var at = 0; at < 50; at++)
            Assert.EndsWith($"x{at}", (await moved.ExpectAsync<Publish>()).Payload.ToText(), StringComparison.Ordinal);
        Assert.Null(First.Context.Clients.Find("client"));
        await RouteAsync(First, "a");
        await RouteAsync(Second, "a", 0);
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("last")).WaitAsync(Soon));
        Assert.Equal("last", (await moved.ExpectAsync<Publish>()).Payload.ToText());
        await moved.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_QoS_2_message_that_was_received_before_a_move_is_not_received_again()
    {
        var subscriber = await SubscriberAsync(First, "subscriber", "a");
        await RouteAsync(Second, "a");
        var client = await KeptAsync(First, "client", isPresent: false);
        await client.SendAsync(Message("x", QualityOfService.ExactlyOnce) with { PacketId = 5 });
        await client.ExpectAsync<PubRec>();
        var moved = await KeptAsync(Second, "client", isPresent: true);
        await moved.SendAsync(Message("x", QualityOfService.ExactlyOnce) with { PacketId = 5, Dup = true });
        await moved.ExpectAsync<PubRec>();
        await moved.SendAsync(new PubRel(5));
        await moved.ExpectAsync<PubComp>();
        Assert.Equal("x", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task Nothing_that_is_published_while_a_session_moves_to_and_fro_is_lost()
    {
        var client = await KeptAsync(First, "client", isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.AtLeastOnce)));
        await client.ExpectAsync<SubAck>();
        await RouteAsync(Second, "a");
        var isOver = false;
        var published = 0;
        using var credit = new SemaphoreSlim(200); // what may wait for the client
        var publishing = new[] { First, Second }.Select(server => Task.Run(async () =>
        {
            while (true)
            {
                await credit.WaitAsync();
                if (Volatile.Read(ref isOver))
                    return;
                Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message($"{Interlocked.Increment(ref published)}")).WaitAsync(Soon));
            }
        })).ToArray();
        var found = new HashSet<string>();
        for (var move = 0; move < 4; move++)
        {
            var next = await KeptAsync(move % 2 == 0 ? Second : First, "client", isPresent: true);
            await ReadAsync(next, 50);
            client.Kill();
            client = next;
        }
        Volatile.Write(ref isOver, true);
        credit.Release(2);
        await Task.WhenAll(publishing);
        while (found.Count < published)
            await ReadAsync(client, 1);
        Assert.Equal(Enumerable.Range(1, published).Select(static at => $"{at}").ToHashSet(), found);

        async Task ReadAsync(PacketClient from, int count)
        {
            for (var at = 0; at < count; at++)
            {
                var message = await from.ExpectAsync<Publish>();
                if (found.Add(message.Payload.ToText()))
                    credit.Release();
                await from.SendAsync(new PubAck(message.PacketId));
            }
        }
    }

    [Fact]
    public async Task Clean_start_on_another_node_ends_the_session_and_publishes_its_will()
    {
        var subscriber = await SubscriberAsync(First, "subscriber", "will");
        var will = new Will("will", "gone") { Properties = new WillProperties { WillDelayInterval = 60 } };
        var client = await KeptAsync(First, "client", isPresent: false, will);
        await client.SendAsync(new Subscribe(1, "a"));
        await client.ExpectAsync<SubAck>();
        await RouteAsync(Second, "a");
        await KeptAsync(Second, "client", isPresent: false, cleanStart: true);
        await ExpectTakenOverAsync(client);
        Assert.Equal("gone", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
        await RouteAsync(Second, "a", 0);
        Assert.Null(First.Context.Clients.Find("client"));
    }

    [Fact]
    public async Task A_will_that_waits_moves_and_is_cancelled_by_the_client_that_comes_back()
    {
        var subscriber = await SubscriberAsync(First, "subscriber", "will");
        var will = new Will("will", "gone") { Properties = new WillProperties { WillDelayInterval = 60 } };
        var client = await KeptAsync(First, "client", isPresent: false, will);
        client.Kill();
        var moved = await KeptAsync(Second, "client", isPresent: true);
        await moved.SendAsync(new Disconnect());
        await moved.ExpectClosedAsync();
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_session_that_was_moved_away_and_ended_is_not_found_where_it_was()
    {
        var client = await KeptAsync(First, "client", isPresent: false);
        var moved = await KeptAsync(Second, "client", isPresent: true);
        await ExpectTakenOverAsync(client);
        await moved.SendAsync(new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } });
        await moved.ExpectClosedAsync();
        await KeptAsync(First, "client", isPresent: false);
    }

    [Fact]
    public async Task A_session_of_a_node_that_is_lost_begins_anew()
    {
        await KeptAsync(Second, "client", isPresent: false);
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress); // one that leaves gives its sessions away
        await AwaitAssertAsync(() => Assert.Empty(First.Context.Routing.Nodes), Soon);
        await KeptAsync(First, "client", isPresent: false);
    }

    [Fact]
    public async Task A_directory_that_fails_goes_on_with_what_it_knows()
    {
        await KeptAsync(First, "client", isPresent: false);
        foreach (var node in Nodes)
            node.System.ActorSelection("/user/mqtt-server/cluster/directory").Tell(Kill.Instance);
        await KeptAsync(Second, "client", isPresent: true);
    }

    [Fact]
    public async Task Epochs_of_a_client_rise_over_nodes()
    {
        var last = 0L;
        for (var at = 0; at < 4; at++)
        {
            var server = at % 2 == 0 ? First : Second;
            await KeptAsync(server, "client", isPresent: at > 0);
            var client = await KeptAsync(server, "client", isPresent: true);
            await client.SendAsync(new Disconnect());
            await client.ExpectClosedAsync();
            await AwaitAssertAsync(() => Assert.NotNull(server.Context.Store.Take(new Akka.Mqtt.Server.Core.SessionKey("", null, "client")) is { } session ? Check(session) : null), Soon);

            object Check(Akka.Mqtt.Server.Core.SessionCore session)
            {
                Assert.True(session.Epoch > last, $"{session.Epoch} comes after {last}");
                last = session.Epoch;
                server.Context.Store.Park(session, (Akka.Mqtt.Server.Stores.IParkedSessionWatcher)server.Context.Clients.Get(session.Key)!.Target);
                return session;
            }
        }
    }
}
