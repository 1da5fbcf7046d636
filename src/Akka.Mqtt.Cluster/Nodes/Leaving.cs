using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The steps of a node that leaves: the other nodes get its sessions, then they confirm all that it has sent, then they forget it. Plain code; owned by the cluster actor.
/// </summary>
internal sealed class Leaving
{
    private readonly HashSet<UniqueAddress> _awaited = []; // nodes that have not answered in this step

    /// <summary>How far it is.</summary>
    public Step At { get; private set; }

    /// <summary>Who is told that nothing is left.</summary>
    public IActorRef Leaver { get; private set; } = ActorRefs.Nobody;

    /// <summary>The nodes that have not answered yet.</summary>
    public IReadOnlyCollection<UniqueAddress> Awaited => _awaited;

    /// <summary>Whether all have answered.</summary>
    public bool HasAll => _awaited.Count == 0;

    /// <summary>The node is to leave.</summary>
    /// <param name="leaver">Who is told that nothing is left.</param>
    public void Begin(IActorRef leaver)
    {
        Leaver = leaver;
        if (At == Step.Stays)
            At = Step.HandsOver;
    }

    /// <summary>The next step, in which nodes have to answer.</summary>
    /// <param name="step">The step.</param>
    /// <param name="nodes">The nodes.</param>
    public void Next(Step step, IEnumerable<UniqueAddress> nodes)
    {
        At = step;
        _awaited.Clear();
        _awaited.UnionWith(nodes);
    }

    /// <summary>A node has answered, or will not.</summary>
    public void Remove(UniqueAddress node) => _awaited.Remove(node);

    /// <summary>The steps.</summary>
    internal enum Step
    {
        /// <summary>It does not leave.</summary>
        Stays,

        /// <summary>The other nodes fetch its sessions.</summary>
        HandsOver,

        /// <summary>The other nodes confirm what it has sent.</summary>
        Confirms,

        /// <summary>The other nodes are told to forget it.</summary>
        Says,

        /// <summary>It has left.</summary>
        Left,
    }
}
