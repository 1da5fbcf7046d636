using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>What becomes of what a link has when its node is lost: its heir gets it, which may be this node. Owned by the link.</summary>
/// <param name="context">The server.</param>
/// <param name="system">The actor system.</param>
/// <param name="link">The link, which is told receipts: give them to <see cref="Committed"/>.</param>
/// <param name="self">This node.</param>
internal sealed class LostLink(ServerContext context, ExtendedActorSystem system, IActorRef link, global::Akka.Cluster.UniqueAddress self)
{
    private readonly HashSet<Receipt> _writing = []; // by this node, and not committed
    private readonly List<LinkDelivery> _waiting = []; // publishers wait for them
    private HandOverLost? _over;
    private InheritedMessages? _own;
    private Action? _done;
    private long _cut;
    private bool _hasAll;

    /// <summary>Whether this node writes messages that it has inherited itself.</summary>
    public bool IsBusy => _writing.Count > 0;

    /// <summary>What is flushed with a turn or a later one goes straight to an heir. The first cut counts.</summary>
    public void Cut(long turn)
    {
        if (_cut == 0)
            _cut = turn;
    }

    /// <summary>What of a delivery is kept for the node: all of it, unless an heir gets it; null for nothing. Messages of shared subscriptions go to one node only.</summary>
    public Deliver? Of(Deliver delivery) => _cut > 0 && delivery.Source is { } source && source.Turn >= _cut ? SharedMessages.Split(delivery).Shared : delivery;

    /// <summary>Everything is handed over.</summary>
    /// <param name="over">To whom.</param>
    /// <param name="done">Called when it has gone, or is committed here.</param>
    public void Begin(HandOverLost over, Action done)
    {
        (_over, _done) = (over, done);
        if (over.Inheritance is not null)
            _own = new InheritedMessages(context, system, link, null, DurableMoves.NameOf(self));
    }

    /// <summary>Hands a frame over.</summary>
    /// <param name="number">The link.</param>
    /// <param name="frame">The number of the frame.</param>
    /// <param name="content">What it carries.</param>
    /// <param name="items">What its items belong to.</param>
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

    /// <summary>All frames were handed over.</summary>
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
