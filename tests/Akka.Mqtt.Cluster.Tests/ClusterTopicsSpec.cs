using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary><c>$SYS/cluster/#</c>: each node publishes what all nodes count.</summary>
public sealed class ClusterTopicsSpec(ITestOutputHelper output) : ClusterSpec(output, nodes: 2, settings: "sys-interval = 50 ms")
{
    [Fact]
    public async Task Each_node_says_what_the_whole_cluster_has()
    {
        await ClientAsync(Second, "one");
        await ClientAsync(Second, "two");
        foreach (var (node, name) in Nodes.Select(static (each, at) => (each, $"watcher-{at}")))
        {
            var watcher = await SubscriberAsync(node.Server, name, "$SYS/cluster/#");
            var values = new Dictionary<string, string>();
            while (values.GetValueOrDefault("$SYS/cluster/nodes") != "2" || values.GetValueOrDefault("$SYS/cluster/clients/connected") != (name == "watcher-0" ? "3" : "4"))
            {
                var message = await watcher.ExpectAsync<Publish>();
                values[message.Topic] = message.Payload.ToText();
            }
        }
        await LeaveAsync(Nodes[1]);
        var last = await SubscriberAsync(First, "last", "$SYS/cluster/nodes");
        while ((await last.ExpectAsync<Publish>()).Payload.ToText() != "1")
        {
            // It says so soon.
        }
    }
}
