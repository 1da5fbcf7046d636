using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>
/// In each round one fault at a random moment: a node is killed, gets no time for a moment, or gets none until the others have removed it. What was acknowledged has
/// reached every subscriber whose node did not end, and nothing at QoS 2 comes twice.
/// </summary>
internal sealed class ClusterFaults : FaultRounds
{
    private const int RoamerCount = 4;

    private static readonly TimeSpan UntilRemoved = TimeSpan.FromSeconds(20);

    private readonly List<ClusterRoamer> _roamers = [];
    private readonly Dictionary<ClusterSubscriber, Task> _running = [];

    private enum Fault
    {
        None,
        Killed,
        Stopped,
        Removed,
    }

    protected override string Summary => string.Create(CultureInfo.InvariantCulture, $"{_roamers.Sum(static each => each.Connections)} connections of clients that roam");

    /// <summary>Runs rounds.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="seed">What is random depends on it.</param>
    /// <returns>The exit code: 0, or 1 when something was lost, doubled, or out of order.</returns>
    public static async Task<int> RunAsync(int rounds, int seed)
    {
        using var test = new ClusterFaults();
        return await test.RunAllAsync(rounds, seed);
    }

    protected override void AddSubscribers(int seed)
    {
        foreach (var node in Nodes)
            Subscribers.Add(new ClusterSubscriber($"s{node.Number}", node, QualityOfService.ExactlyOnce));
        for (var at = 0; at < RoamerCount; at++)
            _roamers.Add(new ClusterRoamer($"r{at}", Nodes, at % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, seed + at));
    }

    protected override async Task<string> RoundAsync(Random random, string name)
    {
        var fault = (Fault)random.Next(4);
        var node = Nodes[random.Next(NodeCount)];
        var what = $"{name}, node {node.Number} {fault}";
        await SubscribeAsync(what);
        await RoundAsync(random, fault, node, what);
        return what;
    }

    /// <summary>Connects the subscribers that have no connection, and waits until each gets messages from all nodes.</summary>
    private async Task SubscribeAsync(string what)
    {
        foreach (var subscriber in Subscribers)
        {
            if (!_running.TryGetValue(subscriber, out var task) || task.IsCompleted)
                _running[subscriber] = subscriber.RunAsync(End);
        }
        await ProbeAsync([.. Subscribers.Select(static each => each.Reception)], what);
        foreach (var roamer in _roamers)
            await roamer.BeginAsync();
        await RouteAsync(what);
        Subscribers.ForEach(static each => each.Reception.Forget());
        _roamers.ForEach(static each => each.Reception.Forget());
        Publishers.ForEach(static each => each.Forget());
    }

    private async Task RoundAsync(Random random, Fault fault, ClusterNode node, string what)
    {
        var more = true;
        // A session is lost with its node: in such a round nobody roams.
        var roamers = fault is Fault.None or Fault.Stopped ? _roamers : [];
        using var stay = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(End);
        var roaming = roamers.Select(each => each.RunAsync(stay.Token, stop.Token)).ToArray();
        var publishing = Publishers.ToDictionary(each => each, each => each.RunAsync(() => Volatile.Read(ref more), End));
        await Task.Delay(random.Next(20, 400));
        switch (fault)
        {
            case Fault.Killed:
                await node.KillAsync();
                await Task.Delay(random.Next(0, 8000));
                break;
            case Fault.Stopped:
                await node.StopAsync();
                await Task.Delay(random.Next(50, 4000)); // some are found unreachable, and reached again before they are removed
                await node.ContinueAsync();
                break;
            case Fault.Removed:
                await node.StopAsync();
                await Task.Delay(UntilRemoved);
                break;
        }
        await Task.Delay(random.Next(20, 400));
        Volatile.Write(ref more, false);
        var ends = fault is Fault.Killed or Fault.Removed;
        await SettleAsync(publishing.Where(each => !ends || each.Key.Node != node).ToDictionary(), what);
        await stay.CancelAsync();
        var doubled = await ArriveAsync(
            Subscribers.Where(each => !ends || each.Node != node).Select(static each => (each.ClientId, each.QoS, each.Reception))
                .Concat(roamers.Select(static each => (each.ClientId, each.QoS, each.Reception))),
            what);
        Require(doubled == 0, $"{what}: {doubled} came twice at QoS 2");
        await stop.CancelAsync();
        await Task.WhenAll(roaming);
        if (ends)
        {
            await node.KillAsync();
            await node.StartAsync(Nodes.Where(each => each != node));
        }
    }

    /// <summary>Waits until what is published at each node reaches the clients that roam, which connect for that.</summary>
    private async Task RouteAsync(string what)
    {
        using var stay = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(End);
        await stay.CancelAsync();
        var running = _roamers.Select(each => each.RunAsync(stay.Token, stop.Token)).ToArray();
        await ProbeAsync([.. _roamers.Select(static each => each.Reception)], what);
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }
}
