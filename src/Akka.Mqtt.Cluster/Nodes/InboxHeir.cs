using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The part of an inbox that concerns lost nodes (docs/adr/0027). With each write it records how far this node has come with the messages of the
/// other node, so that an heir of this node does not write them again. It also takes the messages that the other node has for lost nodes. Owned
/// by the inbox.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="heirs">What this node inherits.</param>
/// <param name="node">The target of the node that sends.</param>
/// <param name="address">The address of that node.</param>
internal sealed class InboxHeir(ServerContext context, Heirs heirs, DeliveryTarget node, global::Akka.Cluster.UniqueAddress address)
{
    private readonly string? _name = context.Engine?.Shared is null ? null : DurableMoves.NameOf(address);
    private InheritedMessages? _messages;
    private (long Link, long Frame) _at; // of the current frame for a lost node
    private int _part;

    /// <summary>Whether the node that sends has left the cluster, and another one may inherit from it.</summary>
    public bool IsLost { get; set; }

    /// <summary>A frame begins.</summary>
    public void BeginFrame() => _part = 0;

    /// <summary>The next message follows, of the frame or of a frame for a lost node inside it.</summary>
    public void Next() => _part++;

    /// <summary>The change to write together with the last messages; null without a storage that nodes share.</summary>
    /// <param name="link">The link.</param>
    /// <param name="frame">The frame.</param>
    public StoreOp? Mark(long link, long frame) => _name is null ? null : new StoreOp.LinkTaken(_name, new LinkPosition(link, frame, _part));

    /// <summary>Handles a step of an inheritance that is not for the cluster actor.</summary>
    public void Receive(HeirStep step) => heirs.Receive(node, step);

    /// <summary>Takes a frame for a lost node.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="inbox">The inbox, which receives the receipts.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="link">The link by which it came.</param>
    /// <param name="number">The number of the frame on this link.</param>
    /// <param name="receipts">Receives the receipts that complete when the messages are committed.</param>
    public void Take(ExtendedActorSystem system, IActorRef inbox, InheritedFrame frame, long link, long number, Action<Receipt> receipts)
    {
        if (_name is null || heirs.Find(frame.Run) is not { } inheritance)
            return; // the inheritance is over, so the sessions have the message
        _at = (link, number);
        _messages ??= new InheritedMessages(context, system, inbox, node, _name) { Next = Next, Mark = () => Mark(_at.Link, _at.Frame) };
        _messages.Take(inheritance, frame, receipts);
    }
}
