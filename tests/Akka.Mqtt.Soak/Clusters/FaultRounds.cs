using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>
/// Nodes in processes of their own, clients at them, and rounds with faults. The clients are outside the nodes and know every acknowledgement: after each round what was
/// acknowledged has reached every subscriber, in the order of each publisher.
/// </summary>
internal abstract class FaultRounds : IDisposable
{
    protected const int NodeCount = 3;

    // Nodes that are gone are found and removed within some seconds.
    private const string Settings = """
        akka.cluster {
          failure-detector.acceptable-heartbeat-pause = 2 s
          split-brain-resolver { active-strategy = keep-majority, stable-after = 3 s }
        }
        akka.mqtt.server { max-queued-messages = 10000000, max-queued-bytes = 1 GiB }
        """;

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Where losses are counted: what has not come after so long, and of which nothing has come for a while, is lost.
    private static readonly TimeSpan BeforeLoss = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly string _settings = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".conf");
    private readonly CancellationTokenSource _end = new();
    private int _probe;

    /// <summary>Ends everything.</summary>
    protected CancellationToken End => _end.Token;

    protected List<ClusterNode> Nodes { get; } = [];

    protected List<ClusterPublisher> Publishers { get; } = [];

    protected List<ClusterSubscriber> Subscribers { get; } = [];

    /// <summary>Whether messages that were acknowledged and do not come are counted; else the round fails.</summary>
    protected virtual bool CountsLosses => false;

    /// <summary>Messages that were acknowledged and did not come to a subscriber; each counts once for each subscriber that lacks it.</summary>
    protected long Lost { get; private set; }

    /// <summary>Messages that were acknowledged in all rounds.</summary>
    protected long Acknowledged { get; private set; }

    public void Dispose()
    {
        _end.Cancel();
        Nodes.ForEach(each => each.Dispose());
        _end.Dispose();
        File.Delete(_settings);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs rounds.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="seed">What is random depends on it.</param>
    /// <returns>The exit code: 0, or 1 when a round has failed.</returns>
    protected async Task<int> RunAllAsync(int rounds, int seed)
    {
        try
        {
            await RunRoundsAsync(rounds, seed);
            Console.WriteLine("all rounds passed");
            return 0;
        }
        catch (Exception broken)
        {
            Console.WriteLine(broken.Message);
            foreach (var node in Nodes)
                Console.WriteLine($"--- node {node.Number}, {node.State}\n{node.Log}");
            return 1;
        }
    }

    /// <summary>All nodes and their publishers are there: adds the subscribers.</summary>
    /// <param name="seed">What is random depends on it.</param>
    protected abstract void AddSubscribers(int seed);

    /// <summary>One round. It ends with all nodes running.</summary>
    /// <param name="random">What is random.</param>
    /// <param name="name">The seed and the number of the round, for errors.</param>
    /// <returns>What happened, for the log.</returns>
    protected abstract Task<string> RoundAsync(Random random, string name);

    /// <summary>What else the log says of all rounds until now.</summary>
    protected abstract string Summary { get; }

    /// <summary>The database that all nodes share; null for none.</summary>
    protected virtual string? Database => null;

    /// <summary>Waits until receivers get messages from all nodes.</summary>
    /// <param name="receivers">The receivers.</param>
    /// <param name="what">Who does not, for errors.</param>
    protected async Task ProbeAsync(IReadOnlyCollection<ClusterReception> receivers, string what)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            _probe++;
            foreach (var node in Nodes)
            {
                using var client = await node.ConnectAsync(new Connect { ClientId = $"probe{node.Number}", CleanStart = true });
                await client.SendAsync(new Publish($"probe/{node.Number}", _probe.ToString(CultureInfo.InvariantCulture)) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
                await client.NextAsync(Patience);
                await client.SendAsync(new Disconnect());
            }
            if (receivers.All(receiver => Nodes.All(node => receiver.Received($"probe/{node.Number}").LastOrDefault() == _probe)))
                return;
            Require(Stopwatch.GetElapsedTime(since) < Patience, $"{what}: before it, messages of a node do not reach a client of another");
            await Task.Delay(50);
        }
    }

    /// <summary>Waits for publishers that were told to end.</summary>
    protected static async Task SettleAsync(Dictionary<ClusterPublisher, Task<bool>> publishing, string what)
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

    /// <summary>Waits until everything that was acknowledged has arrived, and checks the order.</summary>
    /// <returns>Messages that came twice although publisher and subscriber use QoS 2.</returns>
    protected async Task<int> ArriveAsync(IEnumerable<(string ClientId, QualityOfService QoS, ClusterReception Reception)> subscribers, string what)
    {
        var since = Stopwatch.GetTimestamp();
        var doubled = 0;
        foreach (var subscriber in subscribers)
        {
            foreach (var publisher in Publishers)
            {
                var pair = $"{what}: {publisher.ClientId} to {subscriber.ClientId}";
                var (count, changed) = (0, Stopwatch.GetTimestamp());
                List<int> received;
                while (true)
                {
                    received = subscriber.Reception.Received(publisher.Topic);
                    var lost = publisher.Acknowledged.Except(received).ToList();
                    if (lost.Count == 0)
                        break;
                    if (received.Count != count)
                        (count, changed) = (received.Count, Stopwatch.GetTimestamp());
                    if (CountsLosses && Stopwatch.GetElapsedTime(since) > BeforeLoss && Stopwatch.GetElapsedTime(changed) > Quiet)
                    {
                        Lost += lost.Count;
                        Console.WriteLine($"{pair}: {lost.Count} of {publisher.Acknowledged.Count} are lost, {lost[0]} to {lost[^1]}; {received.Count} have come");
                        break;
                    }
                    Require(CountsLosses || Stopwatch.GetElapsedTime(since) < Patience, $"{pair}: {lost.Count} were acknowledged and have not come, first {lost[0]}");
                    await Task.Delay(20);
                }
                var first = received.Distinct().ToList();
                if (publisher.QoS == QualityOfService.ExactlyOnce && subscriber.QoS == QualityOfService.ExactlyOnce)
                    doubled += received.Count - first.Count;
                Require(first.SequenceEqual(first.Order()), $"{pair}: the order is broken");
            }
        }
        return doubled;
    }

    protected static void Require(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException(what);
    }

    private async Task RunRoundsAsync(int rounds, int seed)
    {
        var random = new Random(seed);
        await File.WriteAllTextAsync(_settings, Settings);
        for (var at = 0; at < NodeCount; at++)
        {
            var node = new ClusterNode(at, _settings, Database);
            await node.StartAsync(Nodes);
            Nodes.Add(node);
            Publishers.Add(new ClusterPublisher($"p{at}1", node, QualityOfService.AtLeastOnce));
            Publishers.Add(new ClusterPublisher($"p{at}2", node, QualityOfService.ExactlyOnce));
        }
        AddSubscribers(seed);
        var started = Stopwatch.GetTimestamp();
        for (var round = 1; round <= rounds; round++)
        {
            var what = await RoundAsync(random, string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}"));
            Acknowledged += Publishers.Sum(static each => each.Acknowledged.Count);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {Acknowledged} messages acknowledged in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, {(Lost == 0 ? "none" : Lost)} lost, {Summary}"));
        }
    }
}
