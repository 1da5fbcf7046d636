using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>
/// Nodes that share a database. Subscribers keep their sessions. In a round they connect to other nodes while messages are published, or a
/// node is killed after all that was published is acknowledged, and its subscribers go on at other nodes. What came twice at QoS 2 is counted: docs/cluster.md says when
/// that happens.
/// </summary>
/// <param name="database">The connection.</param>
/// <param name="underLoad">
/// Whether nodes are killed while messages are published, and started again at once or when everything has come. What was acknowledged and is lost is counted then.
/// </param>
internal sealed class DatabaseFaults(string database, bool underLoad) : FaultRounds
{
    private const int SubscriberCount = 4;

    private readonly Dictionary<ClusterSubscriber, (CancellationTokenSource End, Task Task)> _running = [];
    private long _doubled;

    protected override string Summary => string.Create(CultureInfo.InvariantCulture, $"{_doubled} twice at QoS 2");

    protected override string Database => database;

    protected override bool CountsLosses => underLoad;

    /// <summary>Runs rounds.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="rounds">How many.</param>
    /// <param name="seed">What is random depends on it.</param>
    /// <param name="underLoad">Whether nodes are killed while messages are published.</param>
    /// <returns>The exit code: 0, or 1 when something was lost or out of order.</returns>
    public static async Task<int> RunAsync(string database, int rounds, int seed, bool underLoad)
    {
        using var test = new DatabaseFaults(database, underLoad);
        var code = await test.RunAllAsync(rounds, seed);
        return test.Lost > 0 ? 1 : code;
    }

    protected override void AddSubscribers(int seed)
    {
        for (var at = 0; at < SubscriberCount; at++)
            Subscribers.Add(new ClusterSubscriber($"s{at}", Nodes[at % NodeCount], at % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, keeps: true));
        Subscribers.ForEach(Connect);
    }

    protected override async Task<string> RoundAsync(Random random, string name)
    {
        var killed = random.Next(3) == 0 || underLoad ? Nodes[random.Next(NodeCount)] : null;
        var isAtOnce = underLoad && random.Next(2) == 0;
        var what = $"{name}, {(killed is null ? "moves" : $"node {killed.Number} killed{(isAtOnce ? ", started again at once" : "")}")}";
        await ProbeAsync([.. Subscribers.Select(static each => each.Reception)], what);
        Subscribers.ForEach(static each => each.Reception.Forget());
        Publishers.ForEach(static each => each.Forget());
        if (killed is not null)
            await KillAsync(random, killed, isAtOnce, what);
        else
            await MoveAsync(random, what);
        _doubled += await ArriveAsync(what);
        if (killed is not null && !isAtOnce)
            await killed.StartAsync(Nodes.Where(each => each != killed));
        return what;
    }

    /// <summary>Subscribers connect to other nodes, one after the other, while messages are published.</summary>
    private async Task MoveAsync(Random random, string what)
    {
        var publishing = new Load(Publishers, End);
        for (var left = 6; left > 0; left--)
        {
            await Task.Delay(random.Next(20, 400));
            var subscriber = Subscribers[random.Next(SubscriberCount)];
            await DisconnectAsync(subscriber);
            await Task.Delay(random.Next(0, 300));
            subscriber.Node = Nodes[random.Next(NodeCount)];
            Connect(subscriber);
        }
        await Task.Delay(random.Next(20, 400));
        await publishing.EndAsync(what);
    }

    private async Task KillAsync(Random random, ClusterNode killed, bool isAtOnce, string what)
    {
        var publishing = new Load(Publishers.Where(each => each.Node != killed), End);
        var ending = new Load(Publishers.Where(each => each.Node == killed), End);
        await Task.Delay(random.Next(20, 1000));
        if (!underLoad)
        {
            await publishing.EndAsync(what);
            await ending.EndAsync(what);
        }
        await killed.KillAsync();
        await ending.LoseAsync();
        var others = Nodes.Where(each => each != killed).ToArray();
        var starting = isAtOnce ? killed.StartAsync(others) : Task.CompletedTask;
        foreach (var subscriber in Subscribers.Where(each => each.Node == killed))
        {
            await DisconnectAsync(subscriber);
            subscriber.Node = others[random.Next(others.Length)];
            Connect(subscriber);
        }
        if (!underLoad)
            return;
        await Task.Delay(random.Next(500, 4000));
        await starting;
        await publishing.EndAsync(what);
    }

    private Task<int> ArriveAsync(string what) =>
        ArriveAsync(Subscribers.Select(static each => (each.ClientId, each.QoS, each.Reception)), what);

    private void Connect(ClusterSubscriber subscriber)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(End);
        _running[subscriber] = (end, subscriber.RunAsync(end.Token));
    }

    private async Task DisconnectAsync(ClusterSubscriber subscriber)
    {
        var (end, task) = _running[subscriber];
        await end.CancelAsync();
        await task.WaitAsync(Patience);
    }

    /// <summary>Publishers that publish until it ends.</summary>
    private sealed class Load
    {
        private readonly Dictionary<ClusterPublisher, Task<bool>> _publishing;
        private bool _more = true;

        public Load(IEnumerable<ClusterPublisher> publishers, CancellationToken end) =>
            _publishing = publishers.ToDictionary(each => each, each => each.RunAsync(() => Volatile.Read(ref _more), end));

        public Task EndAsync(string what)
        {
            Volatile.Write(ref _more, false);
            return SettleAsync(_publishing, what);
        }

        /// <summary>Ends; the connections of the publishers may be lost.</summary>
        public async Task LoseAsync()
        {
            Volatile.Write(ref _more, false);
            await Task.WhenAll(_publishing.Values).WaitAsync(Patience);
        }
    }
}
