using System.Diagnostics;
using Akka.Mqtt.Soak.Clusters;

namespace Akka.Mqtt.Soak.Figures;

/// <summary>
/// Many distinct filters over three nodes: how long until a new subscription is visible on all nodes, how long until a node that joins has all of them, and the memory
/// that they take there. A publisher sees by the reason code of PUBACK whether its node knows a subscriber.
/// </summary>
internal static class FilterFigures
{
    private const int FiltersOfClient = 5000;
    private const int FiltersInPacket = 100;
    private const int Probes = 300;
    private const int Samples = 300;

    /// <summary>Measures and prints.</summary>
    /// <param name="filters">How many filters.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(int filters)
    {
        await using var cluster = await FigureCluster.StartAsync(3);
        var started = Stopwatch.GetTimestamp();
        for (var from = 0; from < filters; from += FiltersOfClient)
        {
            var client = await cluster.ConnectAsync(cluster.Nodes[from / FiltersOfClient % 3], $"subscriber-{from}");
            var until = Math.Min(from + FiltersOfClient, filters);
            for (var at = from; at < until; at += FiltersInPacket)
                await FigureCluster.SubscribeAsync(client, Enumerable.Range(at, Math.Min(FiltersInPacket, until - at)).Select(FilterOf));
            cluster.Drain(client);
        }
        FigureCluster.Print($"{filters} filters were subscribed to in {FigureCluster.Since(started) / 1000:F1} s");
        await UntilAllAsync(cluster, cluster.Nodes, filters);

        await NewSubscriptionsAsync(cluster);

        started = Stopwatch.GetTimestamp();
        var joined = await cluster.AddAsync();
        var ready = FigureCluster.Since(started);
        var emptyMemory = joined.ResidentBytes;
        await UntilAllAsync(cluster, [joined], filters);
        FigureCluster.Print($"a node that joins: ready after {ready / 1000:F2} s, has all filters after {FigureCluster.Since(started) / 1000:F2} s");
        await Task.Delay(TimeSpan.FromSeconds(2)); // the process gives memory back
        FigureCluster.Print($"resident memory of the node that has joined: {emptyMemory >> 20} MiB when it was ready, {joined.ResidentBytes >> 20} MiB with all filters, {(joined.ResidentBytes - emptyMemory) / filters} B a filter");
        return 0;
    }

    private static string FilterOf(int number) => $"devices/{number:D8}/commands";

    private static async Task NewSubscriptionsAsync(FigureCluster cluster)
    {
        var subscriber = await cluster.ConnectAsync(cluster.Nodes[0], "new-subscriber");
        var publishers = new[] { await cluster.ConnectAsync(cluster.Nodes[1], "publisher-1"), await cluster.ConnectAsync(cluster.Nodes[2], "publisher-2") };
        var visible = new List<double>();
        for (var at = 0; at < Probes; at++)
        {
            var topic = $"new/{at}";
            var since = Stopwatch.GetTimestamp();
            await FigureCluster.SubscribeAsync(subscriber, [topic]);
            foreach (var publisher in publishers)
            {
                while (!await FigureCluster.PublishAsync(publisher, topic))
                {
                }
            }
            visible.Add(FigureCluster.Since(since));
        }
        FigureCluster.Print("a new subscription, from SUBSCRIBE until two other nodes know it", visible);
    }

    /// <summary>Waits until nodes know a sample of the filters.</summary>
    private static async Task UntilAllAsync(FigureCluster cluster, IEnumerable<ClusterNode> nodes, int filters)
    {
        foreach (var node in nodes)
        {
            var publisher = await cluster.ConnectAsync(node, $"sampler-{node.Number}");
            for (var at = 0; at < Samples; at++)
            {
                while (!await FigureCluster.PublishAsync(publisher, FilterOf((int)((long)at * filters / Samples))))
                    await Task.Delay(10);
            }
        }
    }
}
