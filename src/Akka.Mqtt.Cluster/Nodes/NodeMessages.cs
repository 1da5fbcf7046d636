using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Link to the cluster actor of another node: frames of this link are to come. Sent again until it is answered, and when frames are not confirmed.
/// </summary>
/// <param name="From">The node that sends the frames.</param>
/// <param name="Link">The number of the link. A later link of the same node replaces an earlier one.</param>
/// <param name="Asked">Which question it is, for the answer. Earlier versions do not know it: 0.</param>
internal sealed record OpenLink(global::Akka.Cluster.UniqueAddress From, long Link, long Asked = 0) : IDeadLetterSuppression;

/// <summary>Answer to <see cref="OpenLink"/>; its sender takes the frames.</summary>
/// <param name="Link">The link.</param>
/// <param name="Next">The number of the frame that it expects.</param>
/// <param name="Taken">See <see cref="FrameTaken.Number"/>.</param>
/// <param name="Asked">See <see cref="OpenLink.Asked"/>.</param>
/// <param name="Port">Where frames may come by a connection of their own; null when they have one, or come by Akka.Remote. Earlier versions do not know it.</param>
internal sealed record LinkOpened(long Link, long Next, long Taken, long Asked = 0, FramePort? Port = null) : IDeadLetterSuppression;

/// <summary>A part of what one node tells another: see <see cref="FrameWriter"/>.</summary>
/// <param name="Link">The link.</param>
/// <param name="Number">Its number; the first is 1.</param>
/// <param name="Continues">Whether the next frame has the rest of what does not fit into this one.</param>
/// <param name="Content">The content.</param>
internal sealed record Frame(long Link, long Number, bool Continues, ReadOnlyMemory<byte> Content) : IDeadLetterSuppression;

/// <summary>All frames up to a number were handled, and what they carried is safe with the subscribers of the node.</summary>
/// <param name="Link">The link.</param>
/// <param name="Number">The number of the last frame.</param>
internal sealed record FrameTaken(long Link, long Number) : IDeadLetterSuppression;

/// <summary>
/// To the cluster actor of another node: this one has no sessions any more, and all that it sent is confirmed. It answers for nothing from here on. Sent again until it is
/// answered.
/// </summary>
/// <param name="From">The node that leaves.</param>
internal sealed record NodeLeaves(global::Akka.Cluster.UniqueAddress From) : IDeadLetterSuppression;

/// <summary>Answer to <see cref="NodeLeaves"/>.</summary>
/// <param name="From">The node that has heard it.</param>
internal sealed record NodeLeavesHeard(global::Akka.Cluster.UniqueAddress From) : IDeadLetterSuppression;

/// <summary>Node to another one: what it counts, for topics of the whole cluster. May be lost: later ones say it again.</summary>
/// <param name="From">The node.</param>
/// <param name="Values">The counts, in the order of <see cref="ClusterTopicsActor"/>. Later versions add some at the end.</param>
internal sealed record NodeCounts(global::Akka.Cluster.UniqueAddress From, long[] Values) : IDeadLetterSuppression;

/// <summary>Cluster actor to link: answer <see cref="LinkConfirmed"/> when the node has confirmed all that was sent until now.</summary>
/// <param name="Node">The node.</param>
internal sealed record ConfirmLink(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Link to cluster actor: see <see cref="ConfirmLink"/>.</summary>
/// <param name="Node">The node.</param>
internal sealed record LinkConfirmed(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>
/// What one frame carried is safe, and that of an earlier one is not. Messages of a session that moves are sent on, and confirmed when the next node has confirmed
/// them: if each frame waited for those before it, two nodes could wait for each other.
/// </summary>
/// <param name="Link">The link.</param>
/// <param name="Number">The number of the frame; of the last one, if what it carried was larger than one.</param>
internal sealed record FrameSafe(long Link, long Number) : IDeadLetterSuppression;

/// <summary>
/// What was confirmed, or is about to be, except that it is with sessions that are stuck: whoever published it waits on. Sent before the confirmation, and whenever it
/// changes. An earlier version does not know it, and its publishers do not wait.
/// </summary>
/// <param name="Link">The link.</param>
/// <param name="Items">All of it.</param>
/// <param name="Topics">Topics that stuck sessions are to get: publishers to them are refused. May lack some.</param>
internal sealed record FramesLate(long Link, FrameItem[] Items, string[] Topics) : IDeadLetterSuppression;

/// <summary>An item of a frame that carries messages.</summary>
/// <param name="Frame">The number of the frame.</param>
/// <param name="Item">The number of the item among those of the frame that carry messages; the first is 0.</param>
internal readonly record struct FrameItem(long Frame, int Item);

/// <summary>Publisher to link: messages for the subscribers of the node.</summary>
/// <param name="Delivery">The messages.</param>
/// <param name="Receipt">Completed when the node has them; null when nobody waits.</param>
internal sealed record NodeDelivery(Deliver Delivery, Receipt? Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Inbox to cluster actor: all filters of a node have come, and are in force.</summary>
/// <param name="Node">The node.</param>
internal sealed record FiltersKnown(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to link: the failure detector cannot reach the node, or can reach it again.</summary>
/// <param name="Value">Whether it can be reached.</param>
internal sealed record Reachable(bool Value) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to link: the node is no member of the cluster any more.</summary>
internal sealed class NodeRemoved : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly NodeRemoved Instance = new();
}
