using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Soak.Clusters;

namespace Akka.Mqtt.Soak.Figures;

/// <summary>Nodes in processes of their own, with the defaults of <c>akka-mqtt serve</c>, and what the measurements of a cluster have in common.</summary>
internal sealed class FigureCluster : IAsyncDisposable
{
    private readonly string _settings = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".conf");
    private readonly List<Client> _clients = [];
    private readonly CancellationTokenSource _end = new();

    public List<ClusterNode> Nodes { get; } = [];

    public static async Task<FigureCluster> StartAsync(int nodes, string settings = "")
    {
        var cluster = new FigureCluster();
        await File.WriteAllTextAsync(cluster._settings, settings);
        for (var at = 0; at < nodes; at++)
            await cluster.AddAsync();
        return cluster;
    }

    /// <summary>Starts one more node, and waits until clients can connect.</summary>
    public async Task<ClusterNode> AddAsync()
    {
        var node = new ClusterNode(Nodes.Count, _settings);
        await node.StartAsync(Nodes.Take(1));
        Nodes.Add(node);
        return node;
    }

    /// <summary>A client that lives as long as this.</summary>
    public async Task<Client> ConnectAsync(ClusterNode node, string clientId)
    {
        var client = await node.ConnectAsync(new Connect { ClientId = clientId });
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that reads all that it gets and forgets it.</summary>
    public void Drain(Client client) => _ = client.DrainAsync(_end.Token);

    /// <summary>Subscribes, and waits for SUBACK.</summary>
    public static async Task SubscribeAsync(Client client, IEnumerable<string> filters, QualityOfService qos = QualityOfService.AtMostOnce)
    {
        await client.SendAsync(new Subscribe(1, [.. filters.Select(filter => new Subscription(filter, qos))]));
        while (await client.NextAsync(TimeSpan.FromSeconds(60)) is not SubAck)
        {
        }
    }

    /// <summary>Publishes at QoS 1, and waits for PUBACK.</summary>
    /// <returns>Whether any node has a subscriber, as far as the client's node knows.</returns>
    public static async Task<bool> PublishAsync(Client client, string topic)
    {
        await client.SendAsync(new Publish(topic, "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        while (true)
        {
            switch (await client.NextAsync(TimeSpan.FromMinutes(2)))
            {
                case PubAck answer:
                    return answer.ReasonCode != ReasonCode.NoMatchingSubscribers;
                case null:
                    throw new IOException("the server has closed the connection of a publisher");
            }
        }
    }

    /// <summary>Prints what was measured, in milliseconds.</summary>
    public static void Print(string what, IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        if (sorted.Length > 0)
            Print($"{what}: {sorted.Length} times, median {At(0.5):F1} ms, 99 % {At(0.99):F1} ms, most {sorted[^1]:F1} ms");

        double At(double part) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
    }

    public static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    public static double Since(long timestamp) => Stopwatch.GetElapsedTime(timestamp).TotalMilliseconds;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _clients.ForEach(static each => each.Dispose());
        Nodes.ForEach(static each => each.Dispose());
        _end.Dispose();
        File.Delete(_settings);
    }
}
