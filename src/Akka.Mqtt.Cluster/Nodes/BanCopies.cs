using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Copies the bans of other nodes once, when this node first sees them. So a node that joins refuses the clients that were banned before.
/// Owned by <see cref="NodeQuestionsActor"/>. Plain code.
/// </summary>
/// <param name="bans">The bans of this node.</param>
/// <param name="log">Receives what does not fit.</param>
internal sealed class BanCopies(MqttServerBans bans, ILoggingAdapter log)
{
    /// <summary>How often a node is asked again that does not answer: it may have an earlier version, which does not know the question.</summary>
    public const int MostTries = 5;

    private const int MostOfPage = 500;
    private const int BytesOfPage = 32 * 1024;

    private readonly Dictionary<UniqueAddress, (int From, int Tries)> _nodes = [];

    /// <summary>The list of nodes has changed.</summary>
    /// <param name="others">The other nodes, and whether they can be reached.</param>
    /// <returns>The nodes to ask for their first page.</returns>
    public IReadOnlyList<UniqueAddress> Find(IReadOnlyDictionary<UniqueAddress, bool> others)
    {
        foreach (var gone in _nodes.Keys.Where(each => !others.ContainsKey(each)).ToList())
            _nodes.Remove(gone);
        var added = others.Where(each => each.Value && !_nodes.ContainsKey(each.Key)).Select(static each => each.Key).ToList();
        foreach (var node in added)
            _nodes.Add(node, (0, 0));
        return added;
    }

    /// <summary>The number of the first ban that a node has not told; null when this node has all of them, or the node does not answer.</summary>
    public int? NextOf(UniqueAddress node) => _nodes.TryGetValue(node, out var at) && at is { From: >= 0, Tries: < MostTries } ? at.From : null;

    /// <summary>Takes the answer of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="reply">The answer; null when it did not answer.</param>
    public void Take(UniqueAddress node, NodeReply? reply)
    {
        if (!_nodes.TryGetValue(node, out var at))
            return;
        if (reply is not NodeReply.Bans page)
        {
            _nodes[node] = (at.From, at.Tries + 1);
            return;
        }
        _nodes[node] = (page.Next > at.From ? page.Next : -1, 0);
        var left = bans.Copy(page.All);
        if (left > 0)
            log.Warning("{0} bans of node {1} do not fit: this node already has {2}. Clients of these bans can connect to it", left, node.Address, MqttServerBans.MaxBans);
    }

    /// <summary>A page of the bans of this node.</summary>
    /// <param name="bans">The bans of this node.</param>
    /// <param name="from">The number of the first one.</param>
    /// <param name="now">The time.</param>
    public static NodeReply.Bans Page(MqttServerBans bans, int from, DateTimeOffset now)
    {
        var all = bans.List();
        List<BanChange> page = [];
        var bytes = 0;
        var at = from;
        for (; at < all.Count && page.Count < MostOfPage && bytes < BytesOfPage; at++)
        {
            var ban = all[at];
            page.Add(new BanChange(ban.ClientId, ban.Address?.ToString(), Adds: true, ban.Until is { } until ? Math.Max(1, (long)Math.Ceiling((until - now).TotalSeconds)) : 0));
            bytes += 3 * (ban.ClientId?.Length ?? 0) + 50;
        }
        return new NodeReply.Bans(page, at < all.Count ? at : 0);
    }
}
