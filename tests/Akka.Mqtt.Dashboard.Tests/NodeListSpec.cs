using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>The list of nodes: rates, and how often nodes are asked.</summary>
public sealed class NodeListSpec
{
    private readonly List<NodeReport> _reports = [];
    private readonly NodeList _nodes;
    private long _now;
    private int _asked;

    public NodeListSpec() => _nodes = new NodeList(
        _ =>
        {
            _asked++;
            return Task.FromResult<IReadOnlyList<NodeReport>>([.. _reports]);
        },
        () => _now);

    [Fact]
    public async Task Rates_are_since_the_question_before_by_the_clock_of_each_node()
    {
        _reports.Add(Report("a", new NodeSums { Uptime = 10_000, MessagesReceived = 100, ProcessorTime = 1_000 }));
        var first = Assert.Single((await _nodes.TakeAsync(default)).Nodes).Figures!;
        Assert.Equal((10, 10), (first.MessagesReceivedPerSecond, first.ProcessorPercent)); // averages since its start
        (_now, _reports[0]) = (2_000, Report("a", new NodeSums { Uptime = 12_000, MessagesReceived = 300, ProcessorTime = 2_000 }));
        var second = Assert.Single((await _nodes.TakeAsync(default)).Nodes).Figures!;
        Assert.Equal((100, 50), (second.MessagesReceivedPerSecond, second.ProcessorPercent));
    }

    [Fact]
    public async Task A_node_that_was_started_again_has_rates_since_then()
    {
        _reports.Add(Report("a", new NodeSums { Uptime = 1_000_000, MessagesReceived = 1_000_000 }));
        await _nodes.TakeAsync(default);
        (_now, _reports[0]) = (1_000, Report("a", new NodeSums { Uptime = 500, MessagesReceived = 5 }));
        Assert.Equal(10, Assert.Single((await _nodes.TakeAsync(default)).Nodes).Figures!.MessagesReceivedPerSecond);
    }

    [Fact]
    public async Task Nodes_are_asked_once_a_second_for_all_who_want_to_know()
    {
        _reports.Add(Report("a", new NodeSums { Uptime = 1_000 }));
        for (var at = 0; at < 10; at++)
            await _nodes.TakeAsync(default);
        Assert.Equal(1, _asked);
        _now = 1_000;
        await _nodes.TakeAsync(default);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_listed_with_the_reason()
    {
        foreach (var reach in (NodeReach[])[NodeReach.Silent, NodeReach.Unreachable, NodeReach.Left])
            _reports.Add(new NodeReport($"{reach}", false, reach, null));
        var nodes = (await _nodes.TakeAsync(default)).Nodes;
        Assert.Equal(["Silent", "Unreachable", "Left"], nodes.Select(static each => each.State));
        Assert.All(nodes, static each => Assert.True(each is { Detail.Length: > 0, Figures: null }));
    }

    [Fact]
    public async Task A_question_that_fails_is_asked_again_at_once()
    {
        var fails = true;
        var nodes = new NodeList(_ => fails ? throw new NodesBusyException() : Task.FromResult<IReadOnlyList<NodeReport>>([]), () => 0);
        await Assert.ThrowsAsync<NodesBusyException>(() => nodes.TakeAsync(default));
        fails = false;
        Assert.Empty((await nodes.TakeAsync(default)).Nodes);
    }

    private static NodeReport Report(string node, NodeSums sums) => new(node, true, NodeReach.Answered, new NodeFigures("server", "1.0", MqttServerState.Ready, null, "Normal", sums));
}
