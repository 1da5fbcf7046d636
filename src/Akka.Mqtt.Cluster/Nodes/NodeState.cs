using Akka.Actor;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>What this node knows of another one.</summary>
/// <param name="target">Where publishers find it.</param>
internal sealed class NodeState(NodeTarget target)
{
    /// <summary>Where publishers find it.</summary>
    public NodeTarget Target { get; } = target;

    /// <summary>Sends to it; set when the node is made.</summary>
    public IActorRef Link { get; set; } = ActorRefs.Nobody;

    /// <summary>Whether the failure detector reaches it.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>Takes what it sends; null until it has opened a link.</summary>
    public IActorRef? Inbox { get; set; }
}
