using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>
/// Three nodes in processes of their own that share a database. Subscribers keep their sessions. In a round they connect to other nodes while messages are published, or a
/// node is killed after all that was published is acknowledged, and its subscribers go on at other nodes. What was acknowledged has reached every subscriber, and the order
/// of each publisher holds. What came twice at QoS 2 is counted: docs/cluster.md says when that happens.
/// </summary>
/// <param name="database">The connection.</param>
internal sealed class DatabaseFaults(string database) : IDisposable
{
    private const int Nodes = 3;
    private const int Subscribers = 4;

    private const string Settings = """
        akka.cluster {
          failure-detector.acceptable-heartbeat-pause = 2 s
          split-brain-resolver { active-strategy = keep-majority, stable-after = 3 s }
        }
        akka.mqtt.server { max-queued-messages = 10000000, max-queued-bytes = 1 GiB }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _settings = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".conf");
    private readonly CancellationTokenSource _end = new();
    private readonly List<ClusterNode> _nodes = [];
    private readonly List<ClusterPublisher> _publishers = [];
    private readonly List<ClusterSubscriber> _subscribers = [];
    private readonly Dictionary<ClusterSubscriber, (CancellationTokenSource End, Task Task)> _running = [];
    private int _probe;
    private long _acknowledged;
    private long _doubled;

    /// <summary>Runs rounds.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="rounds">How many.</param>
    /// <param name="seed">What is random depends on it.</param>
    /// <returns>The exit code: 0, or 1 when something was lost or out of order.</returns>
    public static async Task<int> RunAsync(string database, int rounds, int seed)
    {
        using var test = new DatabaseFaults(database);
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
                Console.WriteLine($"--- node {node.Number}, alive: {node.IsAlive}\n{node.Log}");
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
            var node = new ClusterNode(at, _settings, database);
            await node.StartAsync(_nodes);
            _nodes.Add(node);
            _publishers.Add(new ClusterPublisher($"p{at}1", node, QualityOfService.AtLeastOnce));
            _publishers.Add(new ClusterPublisher($"p{at}2", node, QualityOfService.ExactlyOnce));
        }
        for (var at = 0; at < Subscribers; at++)
            _subscribers.Add(new ClusterSubscriber($"s{at}", _nodes[at % Nodes], at % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, keeps: true));
        _subscribers.ForEach(Connect);
        var started = Stopwatch.GetTimestamp();
        for (var round = 1; round <= rounds; round++)
        {
            var kills = random.Next(3) == 0;
            var killed = kills ? _nodes[random.Next(Nodes)] : null;
            var what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}, {(kills ? $"node {killed!.Number} killed" : "moves")}");
            await ProbeAsync(what);
            if (killed is not null)
                await KillAsync(random, killed, what);
            else
                await MoveAsync(random, what);
            await ArriveAsync(what);
            if (killed is not null)
                await killed.StartAsync(_nodes.Where(each => each != killed));
            _acknowledged += _publishers.Sum(each => each.Acknowledged.Count);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {_acknowledged} messages acknowledged in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, none lost, {_doubled} twice at QoS 2"));
        }
    }

    /// <summary>Subscribers connect to other nodes, one after the other, while messages are published.</summary>
    private async Task MoveAsync(Random random, string what)
    {
        var publishing = new Load(_publishers, _end.Token);
        for (var left = 6; left > 0; left--)
        {
            await Task.Delay(random.Next(20, 400));
            var subscriber = _subscribers[random.Next(Subscribers)];
            await DisconnectAsync(subscriber);
            await Task.Delay(random.Next(0, 300));
            subscriber.Node = _nodes[random.Next(Nodes)];
            Connect(subscriber);
        }
        await Task.Delay(random.Next(20, 400));
        await publishing.EndAsync(what);
    }

    private async Task KillAsync(Random random, ClusterNode killed, string what)
    {
        var before = new Load(_publishers, _end.Token);
        await Task.Delay(random.Next(20, 1000));
        await before.EndAsync(what);
        await killed.KillAsync();
        var others = _nodes.Where(each => each != killed).ToArray();
        foreach (var subscriber in _subscribers.Where(each => each.Node == killed))
        {
            await DisconnectAsync(subscriber);
            subscriber.Node = others[random.Next(others.Length)];
            Connect(subscriber);
        }
        await ArriveAsync(what);
    }

    private void Connect(ClusterSubscriber subscriber)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        _running[subscriber] = (end, subscriber.RunAsync(end.Token));
    }

    private async Task DisconnectAsync(ClusterSubscriber subscriber)
    {
        var (end, task) = _running[subscriber];
        await end.CancelAsync();
        await task.WaitAsync(Patience);
    }

    /// <summary>Waits until each subscriber gets messages from all nodes.</summary>
    private async Task ProbeAsync(string what)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            _probe++;
            foreach (var node in _nodes)
            {
                using var client = await node.ConnectAsync(new Connect { ClientId = $"probe{node.Number}", CleanStart = true });
                await client.SendAsync(new Publish($"probe/{node.Number}", _probe.ToString(CultureInfo.InvariantCulture)) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
                await client.NextAsync(Patience);
                await client.SendAsync(new Disconnect());
            }
            if (_subscribers.All(subscriber => _nodes.All(node => subscriber.Reception.Received($"probe/{node.Number}").LastOrDefault() == _probe)))
                break;
            Require(Stopwatch.GetElapsedTime(since) < Patience, $"{what}: before it, messages of a node do not reach a subscriber of another");
            await Task.Delay(100);
        }
        _subscribers.ForEach(each => each.Reception.Forget());
        _publishers.ForEach(each => each.Forget());
    }

    private async Task ArriveAsync(string what)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var subscriber in _subscribers)
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
                    await Task.Delay(50);
                }
                var first = received.Distinct().ToList();
                if (publisher.QoS == QualityOfService.ExactlyOnce && subscriber.QoS == QualityOfService.ExactlyOnce)
                    _doubled += received.Count - first.Count;
                Require(first.SequenceEqual(first.Order()), $"{pair}: the order is broken");
            }
        }
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException(what);
    }

    /// <summary>Publishers that publish until it ends.</summary>
    private sealed class Load
    {
        private readonly Dictionary<ClusterPublisher, Task<bool>> _publishing;
        private bool _more = true;

        public Load(IEnumerable<ClusterPublisher> publishers, CancellationToken end) =>
            _publishing = publishers.ToDictionary(each => each, each => each.RunAsync(() => Volatile.Read(ref _more), end));

        public async Task EndAsync(string what)
        {
            Volatile.Write(ref _more, false);
            try
            {
                await Task.WhenAll(_publishing.Values).WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                throw new InvalidOperationException(
                    $"{what}: these wait for an acknowledgement: {string.Join(", ", _publishing.Where(each => !each.Value.IsCompleted).Select(each => each.Key.ClientId))}");
            }
            foreach (var (publisher, task) in _publishing)
                Require(await task, $"{what}: the connection of {publisher.ClientId} has ended");
        }
    }
}
