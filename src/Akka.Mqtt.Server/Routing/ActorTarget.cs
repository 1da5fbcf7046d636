using Akka.Actor;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// A session or subscriber that is an actor of this process, and how many messages wait in its mailbox. Up to <c>max-unhandled-messages</c> a
/// batch costs one interlocked operation. Beyond it messages of QoS 0 are dropped, and publishers of others wait until half of that is left.
/// </summary>
internal sealed class ActorTarget : DeliveryTarget
{
    private static readonly Waiter Closed = new(null!, null);

    private readonly int _maxUnhandled;
    private int _unhandled;
    private volatile bool _stuck;
    private Waiter? _waiting; // a stack without lock; Closed when the actor has ended

    /// <summary>Makes a target.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="actor">The actor that is told <see cref="Deliver"/>.</param>
    /// <param name="maxUnhandled">Messages that may wait in its mailbox before publishers wait.</param>
    public ActorTarget(string clientId, IActorRef actor, int maxUnhandled)
        : base(clientId)
    {
        Actor = actor;
        _maxUnhandled = maxUnhandled;
    }

    public IActorRef Actor { get; }

    public override bool TryDeliver(Deliver delivery)
    {
        if (Volatile.Read(ref _unhandled) >= _maxUnhandled)
            return false;
        Tell(delivery);
        return true;
    }

    /// <summary>Counts messages that the actor takes from elsewhere.</summary>
    /// <returns>Whether it is not behind; else nothing is counted.</returns>
    public bool TryReserve(int messages)
    {
        if (Volatile.Read(ref _unhandled) >= _maxUnhandled)
            return false;
        Interlocked.Add(ref _unhandled, messages);
        return true;
    }

    public override bool DeliverBehind(Deliver delivery, Receipt? receipt)
    {
        if (_stuck)
            return false;
        Tell(delivery);
        if (receipt is not null)
            Wait(receipt);
        return true;
    }

    public override void Release(int messages)
    {
        var left = Interlocked.Add(ref _unhandled, -messages);
        if ((_stuck || Volatile.Read(ref _waiting) is not null) && left <= _maxUnhandled / 2)
        {
            _stuck = false;
            CompleteWaiting(null);
        }
    }

    public override void GiveUp()
    {
        if (Volatile.Read(ref _waiting) is null or { IsClosed: true })
            return; // it has caught up
        _stuck = true;
        CompleteWaiting(null);
    }

    /// <summary>The actor has ended: nobody waits for it any more.</summary>
    public void Close() => CompleteWaiting(Closed);

    private void Tell(Deliver delivery)
    {
        Interlocked.Add(ref _unhandled, delivery.Packets.Length);
        Actor.Tell(delivery, ActorRefs.NoSender);
    }

    private void Wait(Receipt receipt)
    {
        receipt.Add(this);
        var head = Volatile.Read(ref _waiting);
        while (head is not { IsClosed: true })
        {
            var before = Interlocked.CompareExchange(ref _waiting, new Waiter(receipt, head), head);
            if (ReferenceEquals(before, head))
            {
                // The other order of the same two steps in Release: one of both sees the other.
                if (Volatile.Read(ref _unhandled) <= _maxUnhandled / 2)
                    CompleteWaiting(null);
                return;
            }
            head = before;
        }
        receipt.Complete();
    }

    private void CompleteWaiting(Waiter? next)
    {
        var head = Volatile.Read(ref _waiting);
        while (head is not { IsClosed: true })
        {
            var before = Interlocked.CompareExchange(ref _waiting, next, head);
            if (ReferenceEquals(before, head))
                break;
            head = before;
        }
        for (var each = head; each is { IsClosed: false }; each = each.Next)
            each.Receipt.Complete();
    }

    private sealed class Waiter(Receipt receipt, Waiter? next)
    {
        public Receipt Receipt { get; } = receipt;

        public Waiter? Next { get; } = next;

        public bool IsClosed => ReferenceEquals(this, Closed);
    }
}
