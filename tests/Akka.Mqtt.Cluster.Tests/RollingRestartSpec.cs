using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A node that stops gives its sessions to the others, and nothing that was acknowledged is lost.</summary>
public sealed class RollingRestartSpec(ITestOutputHelper output) : ClusterSpec(output, nodes: 3, settings: "drain-time = 200 ms\n max-queued-messages = 1000000")
{
    protected override IAuthenticator? Authenticator { get; } = new Anybody();

    private static Publish Message(string payload) => new("a", payload) { QoS = QualityOfService.AtLeastOnce };

    private async Task<PacketClient> KeptAsync(MqttServer server, string clientId, bool isPresent)
    {
        var client = await DialAsync(server);
        await client.SendAsync(new Connect { ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private async Task<PacketClient> KeptSubscriberAsync(MqttServer server, string clientId)
    {
        var client = await KeptAsync(server, clientId, isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.AtLeastOnce)));
        await client.ExpectAsync<SubAck>();
        return client;
    }

    [Fact]
    public async Task The_clients_of_a_node_that_stops_are_sent_to_the_others_which_have_all_its_sessions()
    {
        var third = Nodes[2];
        var connected = await KeptSubscriberAsync(third.Server, "connected");
        for (var at = 0; at < 20; at++)
            (await KeptSubscriberAsync(third.Server, $"away-{at}")).Kill();
        await AwaitAssertAsync(() => Assert.Equal(1, third.Server.Context.Stats.Connected), Soon);
        await RouteAsync(First, "a", 1);
        Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message("before")).WaitAsync(Soon));

        await third.Server.DrainAsync().WaitAsync(Soon);
        await connected.ExpectAsync<Publish>();
        Assert.Equal(ReasonCode.UseAnotherServer, (await connected.ExpectAsync<Disconnect>()).ReasonCode);
        Assert.Empty(third.Server.Context.Clients);
        Assert.Equal(21, First.Context.Clients.Count() + Second.Context.Clients.Count());
        Assert.NotEmpty(First.Context.Clients);
        Assert.NotEmpty(Second.Context.Clients);
        // The others have forgotten the node before it is gone: no publisher waits for it.
        Assert.Single(First.Context.Routing.Nodes);
        Assert.Single(Second.Context.Routing.Nodes);
        Assert.Equal(MqttServerState.Draining, third.Server.Health.State);
        Assert.Equal(ReasonCode.Success, await Second.PublishAsync(Message("after")).WaitAsync(Soon));

        await LeaveAsync(third);
        for (var at = 0; at < 20; at++)
        {
            var back = await KeptAsync(at % 2 == 0 ? First : Second, $"away-{at}", isPresent: true);
            Assert.Equal("before", (await back.ExpectAsync<Publish>()).Payload.ToText());
            Assert.Equal("after", (await back.ExpectAsync<Publish>()).Payload.ToText());
            await back.ExpectNothingAsync();
        }
    }

    [Fact]
    public async Task A_session_of_a_user_is_handed_over_and_stays_that_users()
    {
        var third = Nodes[2];
        var client = await DialAsync(third.Server);
        await client.SendAsync(new Connect { ClientId = "client", UserName = "owner", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        await third.Server.DrainAsync().WaitAsync(Soon);
        Assert.Equal(1, First.Context.Clients.Count() + Second.Context.Clients.Count());

        var other = await DialAsync(First);
        await other.SendAsync(new Connect { ClientId = "client", UserName = "other" });
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await other.ExpectAsync<ConnAck>()).ReasonCode);
        var back = await DialAsync(First);
        await back.SendAsync(new Connect { ClientId = "client", UserName = "owner", CleanStart = false });
        Assert.True((await back.ExpectAsync<ConnAck>()).SessionPresent);
    }

    [Fact]
    public async Task All_nodes_are_restarted_one_by_one_under_load_and_nothing_is_lost()
    {
        const int away = 10;
        for (var at = 0; at < away; at++)
            (await KeptSubscriberAsync(Nodes[at % 3].Server, $"away-{at}")).Kill();
        await AwaitAssertAsync(() => Assert.All(Nodes, static each => Assert.Equal(0, each.Server.Context.Stats.Connected)), Soon);
        foreach (var node in Nodes)
            await RouteAsync(node.Server, "a", 2);
        var nodes = Nodes.ToArray(); // that clients may connect to
        var isOver = false;
        var publishers = Enumerable.Range(0, 3).Select(number => (number, Node: nodes[number])).Select(each => Task.Run(() => PublishAsync(each.number, each.Node))).ToArray();
        await AwaitAssertAsync(() => Assert.All(Nodes, static each => Assert.Equal(1, each.Server.Context.Stats.Connected)), Soon);
        for (var restart = 0; restart < 3; restart++)
        {
            var stops = nodes[0];
            Volatile.Write(ref nodes, nodes[1..]);
            await LeaveAsync(stops);
            var joined = await JoinAsync();
            Volatile.Write(ref nodes, [.. nodes, joined]);
        }
        Volatile.Write(ref isOver, true);
        var published = await Task.WhenAll(publishers);
        Assert.All(published, static each => Assert.True(each.Moves > 0 && each.Messages.Count > 10));
        Assert.Equal(away, Nodes.Sum(static each => each.Server.Context.Clients.Count(static entry => entry.Key.ClientId.StartsWith("away", StringComparison.Ordinal))));
        for (var at = 0; at < away; at++)
        {
            var back = await KeptAsync(Nodes[at % 3].Server, $"away-{at}", isPresent: true);
            var received = new List<string>();
            while (received.Distinct().Count() < published.Sum(static each => each.Messages.Count))
            {
                var message = await back.ExpectAsync<Publish>();
                received.Add(message.Payload.ToText());
                await back.SendAsync(new PubAck(message.PacketId));
            }
            Assert.All(published, each => Assert.Equal(each.Messages, received.Distinct().Where(each.Messages.Contains)));
        }

        // A client that connects elsewhere when it is told to, and whose publishes all succeed.
        async Task<(List<string> Messages, int Moves)> PublishAsync(int number, Node at)
        {
            var messages = new List<string>();
            var moves = 0;
            var client = await ClientAsync(at.Server, $"publisher-{number}");
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // of the load: what waits for clients that are away is read in the end
            while (!Volatile.Read(ref isOver) && await pace.WaitForNextTickAsync())
            {
                messages.Add($"{messages.Count} of {number}");
                MqttPacket? answer;
                while ((answer = await SendAsync(client, Message(messages[^1]) with { PacketId = 1 })) is Disconnect { ReasonCode: ReasonCode.UseAnotherServer })
                {
                    moves++;
                    var others = Volatile.Read(ref nodes);
                    at = others[number % others.Length];
                    client = await ClientAsync(at.Server, $"publisher-{number}");
                }
                Assert.Equal(ReasonCode.Success, Assert.IsType<PubAck>(answer).ReasonCode);
            }
            return (messages, moves);
        }

        // The server may have closed the connection when the client gets to send again. What it has said before is there to read.
        static async Task<MqttPacket?> SendAsync(PacketClient client, Publish message)
        {
            try
            {
                await client.SendAsync(message);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // NextAsync says what the server has said.
            }
            return await client.NextAsync();
        }
    }

    private sealed class Anybody : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) =>
            ValueTask.FromResult(AuthenticationResult.Accepted(context.UserName));
    }
}
