using Akka.Actor;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>The state of another node on this one.</summary>
/// <param name="target">The target of its publishers.</param>
internal sealed class NodeState(NodeTarget target)
{
    /// <summary>The target of its publishers.</summary>
    public NodeTarget Target { get; } = target;

    /// <summary>Sends to the node; set after this object is created.</summary>
    public IActorRef Link { get; set; } = ActorRefs.Nobody;

    /// <summary>Whether the failure detector reports it as reachable.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>Receives its messages; null until it has opened a link.</summary>
    public IActorRef? Inbox { get; set; }
}
