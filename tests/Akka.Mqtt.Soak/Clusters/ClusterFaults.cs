using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>
/// Three nodes in processes of their own, clients at each of them, and in each round one fault at a random moment: a node is killed, gets no time for a
/// moment, or gets none until the others have removed it. The clients are outside the nodes and know every acknowledgement: what was acknowledged has reached every
/// subscriber whose node did not end, nothing at QoS 2 comes twice, and the order of each publisher holds.
/// </summary>
/// <param name="log">Gets a line for each round.</param>
internal sealed class ClusterFaults(Action<string> log) : IDisposable
{
    private const int Nodes = 3;
    private const int PublishersOfNode = 2;
    private const int Roamers = 4;

    // Nodes that are gone are found and removed within some seconds.
    private const string Settings = """
        akka.cluster {
          failure-detector.acceptable-heartbeat-pause = 2 s
          split-brain-resolver { active-strategy = keep-majority, stable-after = 3 s }
        }
        akka.mqtt.server { max-queued-messages = 10000000, max-queued-bytes = 1 GiB }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan UntilRemoved = TimeSpan.FromSeconds(20);

    private readonly string _settings = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".conf");
    private readonly CancellationTokenSource _end = new();
    private readonly List<ClusterNode> _nodes = [];
    private readonly List<ClusterPublisher> _publishers = [];
    private readonly List<ClusterSubscriber> _subscribers = [];
    private readonly List<ClusterRoamer> _roamers = [];
    private readonly Dictionary<ClusterSubscriber, Task> _running = [];
    private int _probe;
    private long _acknowledged;

    private enum Fault
    {
        None,
        Killed,
        Stopped,
        Removed,
    }

    /// <summary>Runs rounds.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="seed">What is random depends on it.</param>
    /// <returns>The exit code: 0, or 1 when something was lost, doubled, or out of order.</returns>
    public static async Task<int> RunAsync(int rounds, int seed)
    {
        using var test = new ClusterFaults(Console.WriteLine);
        try
        {
            await test.RunRoundsAsync(rounds, seed);
            Console.WriteLine("all rounds passed");
            return 0;
        }
        catch (Exception broken)
        {
            Console.WriteLine(broken.Message);
            foreach (var node in test._nodes)
                Console.WriteLine($"--- node {node.Number}, {node.State}\n{node.Log}");
            return 1;
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _nodes.ForEach(each => each.Dispose());
        _end.Dispose();
        File.Delete(_settings);
    }

    private async Task RunRoundsAsync(int rounds, int seed)
    {
        var random = new Random(seed);
        await File.WriteAllTextAsync(_settings, Settings);
        for (var at = 0; at < Nodes; at++)
        {
            var node = new ClusterNode(at, _settings);
            await node.StartAsync(_nodes);
            _nodes.Add(node);
            for (var of = 0; of < PublishersOfNode; of++)
                _publishers.Add(new ClusterPublisher($"p{at}{of}", node, of == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce));
            _subscribers.Add(new ClusterSubscriber($"s{at}", node, QualityOfService.ExactlyOnce));
        }
        for (var at = 0; at < Roamers; at++)
            _roamers.Add(new ClusterRoamer($"r{at}", _nodes, at % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, seed + at));
        var started = Stopwatch.GetTimestamp();
        for (var round = 1; round <= rounds; round++)
        {
            var fault = (Fault)random.Next(4);
            var node = _nodes[random.Next(Nodes)];
            var what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}, node {node.Number} {fault}");
            await SubscribeAsync(what);
            await RoundAsync(random, fault, node, what);
            log(string.Create(CultureInfo.InvariantCulture, $"{what}: {_acknowledged} messages acknowledged, {_roamers.Sum(static each => each.Connections)} connections of clients that roam, in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, none lost"));
        }
    }

    /// <summary>Connects the subscribers that have no connection, and waits until each gets messages from all nodes.</summary>
    private async Task SubscribeAsync(string what)
    {
        foreach (var subscriber in _subscribers)
        {
            if (!_running.TryGetValue(subscriber, out var task) || task.IsCompleted)
                _running[subscriber] = subscriber.RunAsync(_end.Token);
        }
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            _probe++;
            foreach (var node in _nodes)
                await PublishAsync(node, $"probe/{node.Number}", _probe);
            if (_subscribers.All(subscriber => _nodes.All(node => subscriber.Reception.Received($"probe/{node.Number}").LastOrDefault() == _probe)))
                break;
            Require(Stopwatch.GetElapsedTime(since) < Patience, $"{what}: before it, messages of a node do not reach a subscriber of another");
            await Task.Delay(50);
        }
        foreach (var roamer in _roamers)
            await roamer.BeginAsync();
        await RouteAsync(what);
        _subscribers.ForEach(each => each.Reception.Forget());
        _roamers.ForEach(each => each.Reception.Forget());
        _publishers.ForEach(each => each.Forget());
    }

    private async Task RoundAsync(Random random, Fault fault, ClusterNode node, string what)
    {
        var more = true;
        // A session is lost with its node: in such a round nobody roams.
        var roamers = fault is Fault.None or Fault.Stopped ? _roamers : [];
        using var stay = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var roaming = roamers.Select(each => each.RunAsync(stay.Token, stop.Token)).ToArray();
        var publishing = _publishers.ToDictionary(each => each, each => each.RunAsync(() => Volatile.Read(ref more), _end.Token));
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
        await ArriveAsync(
            _subscribers.Where(each => !ends || each.Node != node).Select(static each => (each.ClientId, each.QoS, each.Reception))
                .Concat(roamers.Select(static each => (each.ClientId, each.QoS, each.Reception))),
            what);
        await stop.CancelAsync();
        await Task.WhenAll(roaming);
        if (ends)
        {
            await node.KillAsync();
            await node.StartAsync(_nodes.Where(each => each != node));
        }
        _acknowledged += _publishers.Sum(each => each.Acknowledged.Count);
    }

    private static async Task SettleAsync(Dictionary<ClusterPublisher, Task<bool>> publishing, string what)
    {
        try
        {
            await Task.WhenAll(publishing.Values).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException(
                $"{what}: these wait for an acknowledgement: {string.Join(", ", publishing.Where(each => !each.Value.IsCompleted).Select(each => each.Key.ClientId))}");
        }
        foreach (var (publisher, task) in publishing)
            Require(await task, $"{what}: the connection of {publisher.ClientId} has ended");
    }

    private async Task ArriveAsync(IEnumerable<(string ClientId, QualityOfService QoS, ClusterReception Reception)> subscribers, string what)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var subscriber in subscribers)
        {
            foreach (var publisher in _publishers)
            {
                var pair = $"{what}: {publisher.ClientId} to {subscriber.ClientId}";
                List<int> received;
                while (true)
                {
                    received = subscriber.Reception.Received(publisher.Topic);
                    var lost = publisher.Acknowledged.Except(received).ToList();
                    if (lost.Count == 0)
                        break;
                    Require(Stopwatch.GetElapsedTime(since) < Patience, $"{pair}: {lost.Count} were acknowledged and have not come, first {lost[0]}");
                    await Task.Delay(20);
                }
                var first = received.Distinct().ToList();
                Require(publisher.QoS != QualityOfService.ExactlyOnce || subscriber.QoS != QualityOfService.ExactlyOnce || first.Count == received.Count, $"{pair}: {received.Count - first.Count} came twice at QoS 2");
                Require(first.SequenceEqual(first.Order()), $"{pair}: the order is broken");
            }
        }
    }

    /// <summary>Waits until what is published at each node reaches the clients that roam, which connect for that.</summary>
    private async Task RouteAsync(string what)
    {
        using var stay = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        await stay.CancelAsync();
        var running = _roamers.Select(each => each.RunAsync(stay.Token, stop.Token)).ToArray();
        var since = Stopwatch.GetTimestamp();
        do
        {
            Require(Stopwatch.GetElapsedTime(since) < Patience, $"{what}: before it, messages of a node do not reach a client that roams");
            _probe++;
            foreach (var node in _nodes)
                await PublishAsync(node, $"probe/{node.Number}", _probe);
            await Task.Delay(50);
        }
        while (!_roamers.All(roamer => _nodes.All(node => roamer.Reception.Received($"probe/{node.Number}").LastOrDefault() == _probe)));
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    private static async Task PublishAsync(ClusterNode node, string topic, int number)
    {
        using var client = await node.ConnectAsync(new Connect { ClientId = $"probe{node.Number}", CleanStart = true });
        await client.SendAsync(new Publish(topic, number.ToString(CultureInfo.InvariantCulture)) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await client.NextAsync(Patience);
        await client.SendAsync(new Disconnect());
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException(what);
    }
}
