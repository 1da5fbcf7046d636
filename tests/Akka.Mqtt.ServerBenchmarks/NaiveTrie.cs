namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>The trie that one writes first: a dictionary a node, levels split into strings. What the index is compared with.</summary>
internal sealed class NaiveTrie
{
    private readonly Node _root = new();

    public void Add(string filter, object client)
    {
        var node = _root;
        foreach (var level in filter.Split('/'))
        {
            if (!node.Children.TryGetValue(level, out var child))
                node.Children.Add(level, child = new Node());
            node = child;
        }

        node.Clients.Add(client);
    }

    public void Remove(string filter, object client) => Remove(_root, filter.Split('/'), 0, client);

    public void Match(string topic, List<object> found) => Match(_root, topic.Split('/'), 0, found);

    private static void Match(Node node, string[] levels, int at, List<object> found)
    {
        if (at == levels.Length)
        {
            found.AddRange(node.Clients);
            if (node.Children.TryGetValue("#", out var below))
                found.AddRange(below.Clients);
            return;
        }

        if (node.Children.TryGetValue(levels[at], out var child))
            Match(child, levels, at + 1, found);
        if (at == 0 && levels[0].StartsWith('$'))
            return;
        if (node.Children.TryGetValue("+", out var any))
            Match(any, levels, at + 1, found);
        if (node.Children.TryGetValue("#", out var all))
            found.AddRange(all.Clients);
    }

    private static bool Remove(Node node, string[] levels, int at, object client)
    {
        if (at == levels.Length)
            node.Clients.Remove(client);
        else if (node.Children.TryGetValue(levels[at], out var child) && Remove(child, levels, at + 1, client))
            node.Children.Remove(levels[at]);
        return node.Clients.Count == 0 && node.Children.Count == 0;
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public List<object> Clients { get; } = [];
    }
}
