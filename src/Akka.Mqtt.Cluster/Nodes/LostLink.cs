using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Hands the messages of a link to the heir of its lost node. This node itself may be the heir. Owned by the link.</summary>
/// <param name="context">The server.</param>
/// <param name="system">The actor system.</param>
/// <param name="link">The link. It receives receipts, which belong to <see cref="Committed"/>.</param>
/// <param name="self">This node.</param>
internal sealed class LostLink(ServerContext context, ExtendedActorSystem system, IActorRef link, global::Akka.Cluster.UniqueAddress self)
{
    private readonly HashSet<Receipt> _writing = []; // of messages that this node writes itself and has not committed
    private readonly List<LinkDelivery> _waiting = []; // publishers wait for them
    private HandOverLost? _over;
    private InheritedMessages? _own;
    private Action? _done;
    private long _cut;
    private bool _hasAll;

    /// <summary>Whether this node, as the heir, still writes messages of the link.</summary>
    public bool IsBusy => _writing.Count > 0;

    /// <summary>Sets the turn from which on flushed messages go straight to the heir. The first call counts.</summary>
    public void Cut(long turn)
    {
        if (_cut == 0)
            _cut = turn;
    }

    /// <summary>
    /// The messages of a delivery that the link keeps; null for none. After the cut these are only the messages of shared subscriptions, which go
    /// to one node only.
    /// </summary>
    public Deliver? Of(Deliver delivery) => _cut > 0 && delivery.Source is { } source && source.Turn >= _cut ? SharedMessages.Split(delivery).Shared : delivery;

    /// <summary>Starts to hand over.</summary>
    /// <param name="over">The heir.</param>
    /// <param name="done">Called when all frames are sent to the heir, or committed by this node.</param>
    public void Begin(HandOverLost over, Action done)
    {
        (_over, _done) = (over, done);
        if (over.Inheritance is not null)
            _own = new InheritedMessages(context, system, link, null, DurableMoves.NameOf(self));
    }

    /// <summary>Hands a frame over.</summary>
    /// <param name="number">The number of the link.</param>
    /// <param name="frame">The number of the frame.</param>
    /// <param name="content">Its content.</param>
    /// <param name="items">For each item with messages its delivery.</param>
    public void Take(long number, long frame, ReadOnlyMemory<byte> content, IReadOnlyList<LinkDelivery> items)
    {
        var inherited = new InheritedFrame(_over!.Run, _over.Name, number, frame, content);
        if (_over.Heir is { } heir)
        {
            heir.Tell(new InheritedDelivery(inherited, items), ActorRefs.NoSender);
            return;
        }
        _waiting.AddRange(items);
        if (_own is null)
            return; // nobody needs it
        try
        {
            _own.Take(_over.Inheritance!, inherited, receipt => _writing.Add(receipt));
        }
        catch (Exception error) when (error is SerializationException or ArgumentException)
        {
            Logging.GetLogger(system, typeof(LostLink)).Error(error, "A message for a lost node cannot be read, and what it carried is lost.");
        }
    }

    /// <summary>No more frames follow.</summary>
    public void End()
    {
        _hasAll = true;
        TryFinish();
    }

    /// <summary>Messages that this node has inherited are committed.</summary>
    public void Committed(Receipt receipt)
    {
        _writing.Remove(receipt);
        TryFinish();
    }

    private void TryFinish()
    {
        if (!_hasAll || _writing.Count > 0)
            return;
        foreach (var item in _waiting)
            item.Confirm();
        _waiting.Clear();
        _done?.Invoke();
        _done = null;
    }
}
