using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The steps of a leaving node: the other nodes take its sessions, then confirm everything that it has sent, then forget it. Not thread
/// safe; owned by the cluster actor.
/// </summary>
internal sealed class Leaving
{
    private readonly HashSet<UniqueAddress> _awaited = []; // nodes that have not answered in this step

    /// <summary>The present step.</summary>
    public Step At { get; private set; }

    /// <summary>The actor that is informed when nothing is left.</summary>
    public IActorRef Leaver { get; private set; } = ActorRefs.Nobody;

    /// <summary>The nodes that have not answered yet.</summary>
    public IReadOnlyCollection<UniqueAddress> Awaited => _awaited;

    /// <summary>Whether all have answered.</summary>
    public bool HasAll => _awaited.Count == 0;

    /// <summary>Starts to leave.</summary>
    /// <param name="leaver">The actor that is informed when nothing is left.</param>
    public void Begin(IActorRef leaver)
    {
        Leaver = leaver;
        if (At == Step.Stays)
            At = Step.HandsOver;
    }

    /// <summary>Starts the next step, in which nodes must answer.</summary>
    /// <param name="step">The step.</param>
    /// <param name="nodes">The nodes.</param>
    public void Next(Step step, IEnumerable<UniqueAddress> nodes)
    {
        At = step;
        _awaited.Clear();
        _awaited.UnionWith(nodes);
    }

    /// <summary>A node has answered, or will not answer.</summary>
    public void Remove(UniqueAddress node) => _awaited.Remove(node);

    /// <summary>The steps.</summary>
    internal enum Step
    {
        /// <summary>The node does not leave.</summary>
        Stays,

        /// <summary>The other nodes fetch its sessions.</summary>
        HandsOver,

        /// <summary>The other nodes confirm everything that it has sent.</summary>
        Confirms,

        /// <summary>The other nodes are asked to forget it.</summary>
        Announces,

        /// <summary>It has left.</summary>
        Left,
    }
}
