using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Cluster.Serialization;

namespace Akka.Mqtt.Soak.Scale;

/// <summary>Nodes in one thread, without time: what is sent arrives in order. Counts messages and bytes, as <see cref="ClusterSerializer"/> writes them.</summary>
internal sealed class ScaleCluster(ExtendedActorSystem system)
{
    private readonly ClusterSerializer _serializer = new(system);
    private readonly Queue<(ScaleNode To, DirectoryMessage Message)> _queue = new();
    private readonly Dictionary<UniqueAddress, ScaleNode> _byAddress = [];
    private int _number;

    public ExtendedActorSystem System => system;

    public List<ScaleNode> Nodes { get; } = [];

    /// <summary>The time, in milliseconds since the Unix epoch.</summary>
    public long Now { get; private set; } = 1_700_000_000_000;

    /// <summary>Clients that got their sessions.</summary>
    public long Opened { get; set; }

    /// <summary>Messages between nodes since <see cref="Take"/>.</summary>
    public long Messages { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>What was sent since the last call.</summary>
    public (long Messages, long Bytes) Take()
    {
        var taken = (Messages, Bytes);
        (Messages, Bytes) = (0, 0);
        return taken;
    }

    public ScaleNode Add()
    {
        var node = new ScaleNode(this, ++_number);
        Nodes.Add(node);
        _byAddress.Add(node.Self, node);
        return node;
    }

    public void Remove(ScaleNode node)
    {
        Nodes.Remove(node);
        _byAddress.Remove(node.Self);
    }

    /// <summary>All nodes know the members, and all registrars have their reports.</summary>
    public void SpreadMembers()
    {
        UniqueAddress[] members = [.. Nodes.Select(static each => each.Self)];
        Now += 1000;
        foreach (var node in Nodes)
            node.Directory.SetMembers(members, Now);
        Run();
        Tick(); // for those that were asked before they knew the members
        if (Nodes.Find(static each => !each.Directory.Registrar.IsReady) is { } waiting)
            throw new InvalidOperationException($"{waiting.Self} has not heard of all nodes");
    }

    /// <summary>What was not answered is sent again.</summary>
    public void Tick()
    {
        Now += 1000;
        foreach (var node in Nodes)
            node.Directory.Tick(Now);
        Run();
    }

    /// <summary>Delivers until nothing is on its way.</summary>
    public void Run()
    {
        do
        {
            foreach (var node in Nodes)
            {
                node.GiveUp();
                node.Directory.Ownership.Flush();
            }
            while (_queue.TryDequeue(out var next))
                next.To.Directory.Receive(next.Message);
            foreach (var node in Nodes)
                node.GiveUp();
        }
        while (_queue.Count > 0);
    }

    public void Send(ScaleNode from, UniqueAddress to, DirectoryMessage message)
    {
        if (!_byAddress.TryGetValue(to, out var node))
            return;
        if (node != from)
            Count(message);
        _queue.Enqueue((node, message));
    }

    public void SendFrame(ScaleNode from, ScaleNode to, byte[] content)
    {
        Count(new Frame(1, 1, false, content));
        Count(new FrameTaken(1, 1));
        to.Receive(from, content);
    }

    private void Count(object message)
    {
        Messages++;
        Bytes += _serializer.ToBinary(message).Length;
    }
}
