using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Link to the cluster actor of another node: opens a link. Sent again until it is answered, and when frames are not confirmed.
/// </summary>
/// <param name="From">The node that sends the frames.</param>
/// <param name="Link">The number of the link. A later link of the same node replaces an earlier one.</param>
/// <param name="Asked">The number of the question, which the answer repeats. Earlier versions do not know it: 0.</param>
/// <param name="To">The process that is asked: a later process at the same address must not take its frames. 0 when an earlier version asks.</param>
internal sealed record OpenLink(global::Akka.Cluster.UniqueAddress From, long Link, long Asked = 0, int To = 0) : IDeadLetterSuppression;

/// <summary>Answer to <see cref="OpenLink"/>; its sender receives the frames.</summary>
/// <param name="Link">The link.</param>
/// <param name="Next">The number of the frame that it expects.</param>
/// <param name="Taken">See <see cref="FrameTaken.Number"/>.</param>
/// <param name="Asked">See <see cref="OpenLink.Asked"/>.</param>
/// <param name="Port">
/// The port for a separate connection; null when the connection exists, or frames use Akka.Remote. Earlier versions do not know it.
/// </param>
internal sealed record LinkOpened(long Link, long Next, long Taken, long Asked = 0, FramePort? Port = null) : IDeadLetterSuppression;

/// <summary>A piece of the data from one node to another: see <see cref="FrameWriter"/>.</summary>
/// <param name="Link">The link.</param>
/// <param name="Number">Its number; the first is 1.</param>
/// <param name="Continues">Whether the next frame has the rest of content that is too large for this one.</param>
/// <param name="Content">The content.</param>
internal sealed record Frame(long Link, long Number, bool Continues, ReadOnlyMemory<byte> Content) : IDeadLetterSuppression;

/// <summary>All frames up to a number were handled, and the subscribers of the node have their messages.</summary>
/// <param name="Link">The link.</param>
/// <param name="Number">The number of the last frame.</param>
internal sealed record FrameTaken(long Link, long Number) : IDeadLetterSuppression;

/// <summary>
/// To the cluster actor of another node: the sender has no sessions any more, and all that it sent is confirmed. From now on it is
/// registrar for no session. Sent again until it is answered.
/// </summary>
/// <param name="From">The node that leaves.</param>
internal sealed record NodeLeaves(global::Akka.Cluster.UniqueAddress From) : IDeadLetterSuppression;

/// <summary>Answer to <see cref="NodeLeaves"/>.</summary>
/// <param name="From">The node that answers.</param>
internal sealed record NodeLeavesHeard(global::Akka.Cluster.UniqueAddress From) : IDeadLetterSuppression;

/// <summary>The counts of a node, for topics of the whole cluster. May be lost, because later messages have newer counts.</summary>
/// <param name="From">The node.</param>
/// <param name="Values">The counts, in the order of <see cref="ClusterTopicsActor"/>. Later versions add some at the end.</param>
internal sealed record NodeCounts(global::Akka.Cluster.UniqueAddress From, long[] Values) : IDeadLetterSuppression;

/// <summary>
/// Cluster actor to link: answer with <see cref="LinkConfirmed"/> when the node has confirmed everything that was sent until now.
/// </summary>
/// <param name="Node">The node.</param>
internal sealed record ConfirmLink(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Link to cluster actor: see <see cref="ConfirmLink"/>.</summary>
/// <param name="Node">The node.</param>
internal sealed record LinkConfirmed(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>
/// One frame is safe although an earlier one is not. Messages of a session that moves are forwarded, and confirmed when the next node has
/// confirmed them. If each frame waited for the frames before it, two nodes could wait for each other.
/// </summary>
/// <param name="Link">The link.</param>
/// <param name="Number">The number of the frame; for content of several frames the number of the last one.</param>
internal sealed record FrameSafe(long Link, long Number) : IDeadLetterSuppression;

/// <summary>
/// Items that are confirmed, or are about to be, although they are queued for sessions that are stuck; their publishers still wait. Sent
/// before the confirmation, and after each change. An earlier version does not understand it, so its publishers do not wait.
/// </summary>
/// <param name="Link">The link.</param>
/// <param name="Items">The complete list.</param>
/// <param name="Topics">Topics that stuck sessions receive; messages to them are refused. The list may be incomplete.</param>
internal sealed record FramesLate(long Link, FrameItem[] Items, string[] Topics) : IDeadLetterSuppression;

/// <summary>An item of a frame that carries messages.</summary>
/// <param name="Frame">The number of the frame.</param>
/// <param name="Item">The number of the item among those of the frame that carry messages; the first is 0.</param>
internal readonly record struct FrameItem(long Frame, int Item);

/// <summary>Publisher to link: messages for the subscribers of the node.</summary>
/// <param name="Delivery">The messages.</param>
/// <param name="Receipt">Completed when the node has them; null when no publisher waits.</param>
internal sealed record NodeDelivery(Deliver Delivery, Receipt? Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Inbox to cluster actor: all filters of a node have arrived, and are in force.</summary>
/// <param name="Node">The node.</param>
internal sealed record FiltersKnown(global::Akka.Cluster.UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Link to link: what a lost node has not confirmed, for its heir.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Items">For each item with messages its delivery; confirmed when the heir has the frame.</param>
internal sealed record InheritedDelivery(InheritedFrame Frame, IReadOnlyList<LinkDelivery> Items) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to link and inbox: the node is no longer a member of the cluster, and another node may inherit what is kept for it.</summary>
internal sealed class NodeLost : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly NodeLost Instance = new();
}

/// <summary>Cluster actor to the link of a lost node: what is flushed with this turn or a later one goes straight to the heir.</summary>
/// <param name="Turn">The turn.</param>
internal sealed record LostCut(long Turn) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to the link of a lost node: nothing more is kept for the node. The link answers with the same message when everything is sent.</summary>
/// <param name="Name">The lost node, as the storage names it.</param>
/// <param name="Run">The number of the inheritance.</param>
/// <param name="Heir">The link to the heir; null when no node inherits anything.</param>
/// <param name="Inheritance">What this node inherits, when it is the heir itself.</param>
internal sealed record HandOverLost(string Name, long Run, IActorRef? Heir, Inheritance? Inheritance) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to link: the failure detector reports the node as unreachable, or as reachable.</summary>
/// <param name="Value">Whether it can be reached.</param>
internal sealed record Reachable(bool Value) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>Cluster actor to link: the node is no longer a member of the cluster.</summary>
internal sealed class NodeRemoved : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly NodeRemoved Instance = new();
}
