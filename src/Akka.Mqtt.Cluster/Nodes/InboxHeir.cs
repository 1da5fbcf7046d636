using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// What an inbox does so that nothing is lost or comes twice when a node is lost (docs/adr/0027): says with what is written how far this node has come, and takes what its
/// node has for lost ones. Owned by the inbox.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="heirs">What this node inherits.</param>
/// <param name="node">The node that sends.</param>
/// <param name="address">That node.</param>
internal sealed class InboxHeir(ServerContext context, Heirs heirs, DeliveryTarget node, global::Akka.Cluster.UniqueAddress address)
{
    private readonly string? _name = context.Engine?.Shared is null ? null : DurableMoves.NameOf(address);
    private InheritedMessages? _messages;
    private (long Link, long Frame) _at; // of a frame for a lost node
    private int _part;

    /// <summary>Whether the node that sends has left the cluster, and another one may inherit from it.</summary>
    public bool IsLost { get; set; }

    /// <summary>A frame begins.</summary>
    public void BeginFrame() => _part = 0;

    /// <summary>A message of the frame, or of a frame for a lost node in it, is next.</summary>
    public void Next() => _part++;

    /// <summary>What is written together with the messages that have come last; null without a storage that nodes share.</summary>
    /// <param name="link">The link.</param>
    /// <param name="frame">The frame.</param>
    public StoreOp? Mark(long link, long frame) => _name is null ? null : new StoreOp.LinkTaken(_name, new LinkPosition(link, frame, _part));

    /// <summary>A step of an inheritance that is not for the cluster actor.</summary>
    public void Receive(HeirStep step) => heirs.Receive(node, step);

    /// <summary>Takes a frame for a lost node.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="inbox">The inbox, which is told receipts.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="link">The link that it came by.</param>
    /// <param name="number">The number of the frame on this link.</param>
    /// <param name="receipts">Takes what says when the messages are committed.</param>
    public void Take(ExtendedActorSystem system, IActorRef inbox, InheritedFrame frame, long link, long number, Action<Receipt> receipts)
    {
        if (_name is null || heirs.Find(frame.Run) is not { } inheritance)
            return; // it is over: nobody waits for it
        _at = (link, number);
        _messages ??= new InheritedMessages(context, system, inbox, node, _name) { Next = Next, Mark = () => Mark(_at.Link, _at.Frame) };
        _messages.Take(inheritance, frame, receipts);
    }
}
