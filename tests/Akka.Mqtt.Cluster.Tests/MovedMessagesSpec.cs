using System.Globalization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What is published on three nodes while a session moves among them.</summary>
public sealed class MovedMessagesSpec(ITestOutputHelper output) : ClusterSpec(output, nodes: 3)
{
    private const int Moves = 9;
    private const int ReadsOfMove = 40;

    private readonly HashSet<ushort> _between = []; // packet identifiers of QoS 2 between PUBLISH and PUBREL
    private readonly List<(int Node, int Number)> _received = [];
    private readonly SemaphoreSlim _credit = new(300); // what may wait for the client
    private int _isOver;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_come_once_at_QoS_2_and_in_order_while_their_session_moves(bool haveNodesOtherSubscribers)
    {
        if (haveNodesOtherSubscribers)
        {
            for (var at = 0; at < 3; at++)
                await SubscriberAsync(Nodes[at].Server, $"other{at}", "a/+", QualityOfService.AtMostOnce);
        }
        var client = await ConnectAsync(First, isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription("a/+", QualityOfService.ExactlyOnce)));
        await client.ExpectAsync<SubAck>();
        await RouteAsync(Second, "a/x", haveNodesOtherSubscribers ? 2 : 1);
        await RouteAsync(Nodes[2].Server, "a/x", haveNodesOtherSubscribers ? 2 : 1);
        var publishing = Enumerable.Range(0, 3).Select(node => Task.Run(() => PublishAsync(node))).ToArray();
        for (var move = 1; move <= Moves; move++)
        {
            client = await ConnectAsync(Nodes[move * 2 % 3].Server, isPresent: true);
            for (var at = 0; at < ReadsOfMove; at++)
                await HandleAsync(client);
        }
        Volatile.Write(ref _isOver, 1);
        _credit.Release(3);
        var publishers = Task.WhenAll(publishing);
        while (!publishers.IsCompleted || _received.Count < (await publishers).Sum())
            await HandleAsync(client);
        var counts = await publishers;
        foreach (var node in Enumerable.Range(0, 3))
            Assert.Equal(Enumerable.Range(0, counts[node]), _received.Where(each => each.Node == node).Select(static each => each.Number));
        await AwaitAssertAsync(() => Assert.All(Nodes, static each => Assert.True(each.Server.Context.Clients.Find("client") is null or { Connection: not null })), Soon);
    }

    private async Task<PacketClient> ConnectAsync(MqttServer server, bool isPresent)
    {
        var client = await DialAsync(server);
        await client.SendAsync(new Connect { ClientId = "client", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    /// <summary>Publishes numbers until the test is over.</summary>
    /// <returns>How many.</returns>
    private async Task<int> PublishAsync(int node)
    {
        var open = new Queue<Task<ReasonCode>>();
        for (var number = 0; ; number++)
        {
            await _credit.WaitAsync().WaitAsync(Soon);
            if (Volatile.Read(ref _isOver) != 0 || open.Count >= 20)
            {
                while (open.TryDequeue(out var first))
                    Assert.Equal(ReasonCode.Success, await first.WaitAsync(Soon));
            }
            if (Volatile.Read(ref _isOver) != 0)
                return number;
            open.Enqueue(Nodes[node].Server.PublishAsync(new Publish($"a/{node}", $"{number}") { QoS = QualityOfService.ExactlyOnce }));
        }
    }

    private async Task HandleAsync(PacketClient client)
    {
        switch (await client.NextAsync())
        {
            case Publish message:
                if (_between.Add(message.PacketId))
                {
                    _received.Add((message.Topic[2] - '0', int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture)));
                    _credit.Release();
                }
                await client.SendAsync(new PubRec(message.PacketId));
                break;
            case PubRel release:
                _between.Remove(release.PacketId);
                await client.SendAsync(new PubComp(release.PacketId));
                break;
            case var other:
                Assert.Fail($"{other} came");
                break;
        }
    }
}
