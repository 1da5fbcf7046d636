using System.Diagnostics;

namespace Akka.Mqtt.Soak.Figures;

/// <summary>A node of three is killed, or gets no time: how long publishers on another node wait, and when the node has left the routes.</summary>
internal static class LossFigures
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Measures and prints.</summary>
    /// <param name="hangs">Whether the node is stopped instead of killed.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(bool hangs)
    {
        await using var cluster = await FigureCluster.StartAsync(3, "akka.loglevel = INFO"); // the log says when the node is found unreachable
        var victim = cluster.Nodes[2];
        foreach (var node in cluster.Nodes.Skip(1))
        {
            var subscriber = await cluster.ConnectAsync(node, $"subscriber-{node.Number}");
            await FigureCluster.SubscribeAsync(subscriber, node == victim ? ["both", "victim"] : ["both"]);
            cluster.Drain(subscriber);
        }
        var publisher = await cluster.ConnectAsync(cluster.Nodes[0], "publisher");
        var watcher = await cluster.ConnectAsync(cluster.Nodes[0], "watcher");
        while (!await FigureCluster.PublishAsync(publisher, "both") || !await FigureCluster.PublishAsync(watcher, "victim"))
        {
        }

        var since = Stopwatch.GetTimestamp();
        await (hangs ? victim.StopAsync() : victim.KillAsync());
        var longest = LongestWaitAsync();
        var unreachable = UnreachableAsync();
        while (await FigureCluster.PublishAsync(watcher, "victim") && Stopwatch.GetElapsedTime(since) < Limit)
            await Task.Delay(10);
        var gone = FigureCluster.Since(since);
        var waited = await longest;
        var found = await unreachable;
        FigureCluster.Print($"a node that {(hangs ? "hangs" : "is killed")}: another node found it unreachable after {found / 1000:F2} s; a publisher there has waited {waited / 1000:F2} s at most for PUBACK; the node has left the routes after {gone / 1000:F2} s");
        FigureCluster.Print($"Akka.Cluster finds a node unreachable when its heartbeats are late by failure-detector.acceptable-heartbeat-pause, and removes it split-brain-resolver.stable-after later.");
        if (hangs)
            await victim.ContinueAsync();
        return 0;

        async Task<double> UnreachableAsync()
        {
            while (!cluster.Nodes[0].Log.Contains("cannot be reached", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(since) < Limit)
                await Task.Delay(5);
            return FigureCluster.Since(since);
        }

        async Task<double> LongestWaitAsync()
        {
            var most = 0.0;
            while (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(15))
            {
                var sent = Stopwatch.GetTimestamp();
                await FigureCluster.PublishAsync(publisher, "both");
                most = Math.Max(most, FigureCluster.Since(sent));
            }
            return most;
        }
    }
}
