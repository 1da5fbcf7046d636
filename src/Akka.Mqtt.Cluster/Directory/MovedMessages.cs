using Akka.Cluster;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Messages that arrive for a session after it was given up: see <see cref="OldPlace{TNode, TItem}"/>. Their publishers are acknowledged
/// when the new place has the messages. If the session stays here, it gets them. Thread safe, because publishers call it.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="key">The session.</param>
/// <param name="target">The target through which publishers find the session.</param>
/// <param name="moves">Sends to the new place.</param>
internal sealed class MovedMessages(ServerContext context, SessionKey key, SessionTarget target, Moves moves) : IMessageTaker, IDeparture
{
    private readonly Lock _lock = new();
    private OldPlace<object, Item>? _place;
    private UniqueAddress? _to;
    private long _epoch;
    private long _unawaitedBytes; // of queued messages whose publishers do not wait
    private bool _isToReachable = true;
    private bool _isBack;

    private OldPlace<object, Item> Place => _place ??= new OldPlace<object, Item>(item => moves.Send(item, key, _epoch, _to!));

    /// <summary>The new place; null until it has the whole session.</summary>
    public UniqueAddress? To
    {
        get
        {
            lock (_lock)
                return _to;
        }
    }

    public bool Take(Deliver delivery, Receipt? receipt, bool isBehind)
    {
        lock (_lock)
        {
            if (!_isBack)
            {
                if (!isBehind && Array.Exists(delivery.Packets, static each => each.QoS != QualityOfService.AtMostOnce))
                    return false; // the publisher sends it again with a receipt
                var (plain, shared) = SharedMessages.Split(delivery);
                Keep(plain, shared, receipt);
                return true;
            }
        }
        return isBehind ? target.DeliverBehind(delivery, receipt) : target.TryDeliver(delivery);
    }

    /// <summary>The new place has the whole session, and wants its messages.</summary>
    /// <param name="to">The new place.</param>
    /// <param name="epoch">The number of the move.</param>
    public void SetPlace(UniqueAddress to, long epoch)
    {
        lock (_lock)
            (_to, _epoch) = (to, epoch);
    }

    /// <summary>The new place has the session: sends it the queued messages.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (!_isBack)
                Place.Begin();
        }
    }

    /// <summary>A node has announced its cut.</summary>
    public void Cut(object node, long turn)
    {
        lock (_lock)
            Place.Cut(node, turn);
    }

    /// <summary>Whether each of some nodes has announced its cut.</summary>
    public bool IsOverFor(IEnumerable<object> nodes)
    {
        lock (_lock)
            return Place.HasCuts(nodes);
    }

    /// <summary>Sends a step of the move after the messages.</summary>
    public void Pass(object? node, MoveStep step)
    {
        lock (_lock)
        {
            if (!_isBack)
                Place.Put(new Item(null, null, step));
        }
    }

    /// <summary>The new place has become unreachable or reachable. While it is unreachable no publisher waits for it.</summary>
    public void SetReachable(bool isReachable)
    {
        lock (_lock)
        {
            _isToReachable = isReachable;
            if (isReachable)
                return;
            foreach (var item in Place.Kept)
                item.Complete();
        }
    }

    /// <summary>All messages have arrived at the new place, or are lost with it.</summary>
    public void End()
    {
        lock (_lock)
        {
            foreach (var item in Place.TakeKept())
            {
                context.Drops.Add(DropReason.SessionEnded, item.Delivery?.Packets.Length ?? 0);
                item.Complete();
            }
        }
    }

    /// <summary>The session stays here.</summary>
    /// <param name="session">The session, which is parked again when this returns.</param>
    public void GiveBack(SessionCore session)
    {
        lock (_lock)
        {
            foreach (var item in Place.Kept)
            {
                if (item.Delivery is { } delivery)
                    session.Outgoing.Deliver(delivery.Packets, delivery.Shares, delivery.ReceivedAt, context.UtcNow);
                item.Complete();
            }
            context.Store.Park(session, target);
            target.Mover = null;
            _isBack = true;
        }
    }

    private void Keep(Deliver? plain, Deliver? shared, Receipt? receipt)
    {
        if (plain is not null && (plain.Source is not { Turn: > 0 } source || Place.IsHere(source.Node ?? Arrival.Here, source.Turn)))
            Keep(plain, receipt);
        if (shared is not null)
            Keep(shared, receipt); // no other node gets it
    }

    private void Keep(Deliver delivery, Receipt? receipt)
    {
        if (!_isToReachable)
            receipt = null;
        if (receipt is null && Place.IsKeeping)
        {
            if (_unawaitedBytes > context.Settings.MaxQueuedBytes)
            {
                context.Drops.Add(DropReason.QueueFull, delivery.Packets.Length);
                return;
            }
            _unawaitedBytes += delivery.Batch.Size;
        }
        receipt?.Add(target);
        Place.Put(new Item(delivery, receipt, null));
    }

    /// <summary>Messages, or a step that follows them.</summary>
    internal sealed class Item(Deliver? delivery, Receipt? receipt, MoveStep? step)
    {
        private Receipt? _receipt = receipt;

        public Deliver? Delivery => delivery;

        public MoveStep? Step => step;

        /// <summary>Takes the receipt; the caller must complete it.</summary>
        public Receipt? TakeReceipt() => Interlocked.Exchange(ref _receipt, null);

        public void Complete() => TakeReceipt()?.Complete();
    }
}
