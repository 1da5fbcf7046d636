using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Writes the messages that a node had for a lost node to the sessions that this node has inherited, except those that the lost node has
/// committed itself (docs/adr/0027). Owned by an actor.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="system">The actor system.</param>
/// <param name="owner">Receives the receipts of <see cref="Take"/>.</param>
/// <param name="node">The node that had the messages; null for this one.</param>
/// <param name="from">The name of that node in the storage.</param>
internal sealed class InheritedMessages(ServerContext context, ExtendedActorSystem system, IActorRef owner, DeliveryTarget? node, string from) : IFrameHandler
{
    private readonly Publisher _publisher = new(context, "", owner: owner, waitsForStore: true, localOnly: true);
    private readonly InheritedPositions _positions = new(from);
    private Inheritance? _inheritance;
    private Action<Receipt>? _await;

    /// <summary>Called for each message before it is taken; null for nothing.</summary>
    public Action? Next { get; init; }

    /// <summary>Returns the change to write together with the last messages; null for none.</summary>
    public Func<StoreOp?>? Mark { get; init; }

    /// <summary>Takes a frame.</summary>
    /// <param name="inheritance">What this node inherits.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="receipts">Receives the receipts that complete when the messages are committed: none, one, or several.</param>
    /// <exception cref="SerializationException">The frame is damaged. The messages before the damage are written.</exception>
    public void Take(Inheritance inheritance, InheritedFrame frame, Action<Receipt> receipts)
    {
        (_inheritance, _await) = (inheritance, receipts);
        _publisher.BeginInherited(node, 0, inheritance);
        try
        {
            Read(frame);
        }
        finally
        {
            Flush();
        }
    }

    private void Read(InheritedFrame frame)
    {
        _positions.Begin(frame);
        try
        {
            FrameReader.Read(system, frame.Content, this);
        }
        finally
        {
            _positions.End();
        }
    }

    private void Flush()
    {
        _publisher.Mark = Mark?.Invoke();
        if (_publisher.Flush() is { } receipt)
            _await!(receipt);
    }

    /// <summary>Counts a message.</summary>
    /// <returns>Whether one of the lost nodes has committed it.</returns>
    private bool IsTaken()
    {
        Next?.Invoke();
        return _positions.IsNextTaken(_inheritance!);
    }

    void IFrameHandler.Message(Publish packet, SharedKey? share, long? retainedAt, string publisher)
    {
        if (!IsTaken() && packet.QoS != QualityOfService.AtMostOnce && !_publisher.AddInherited(packet, share, _inheritance!))
            context.Drops.Add(DropReason.SessionEnded, 1);
    }

    void IFrameHandler.Turn(long number)
    {
        Flush();
        _publisher.BeginInherited(node, number, _inheritance!);
    }

    // The lost node was the heir of another lost node, and this frame was on its way to it.
    void IFrameHandler.Inherited(InheritedFrame frame) => Read(frame);

    void IFrameHandler.BeginMessages()
    {
    }

    void IFrameHandler.BeginFilters()
    {
    }

    void IFrameHandler.EndOfFilters()
    {
    }

    void IFrameHandler.Filter(string filter, string? shareName, bool isThere)
    {
    }

    void IFrameHandler.Retained(Publish packet, long retainedAt, string publisher)
    {
    }

    void IFrameHandler.ForSession(SessionKey key, long epoch, Publish[] packets, SharedKey?[]? shares, long receivedAt)
    {
        // For a session in memory, which has ended with its node.
    }

    void IFrameHandler.Step(MoveStep step)
    {
    }
}
