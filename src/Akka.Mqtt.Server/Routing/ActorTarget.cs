using Akka.Actor;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// A session or subscriber that is an actor of this process, with the number of messages in its mailbox. Up to
/// <c>max-unhandled-messages</c>, a batch costs one interlocked operation. Above it, the target drops messages of QoS 0, and publishers of
/// QoS 1 and 2 wait until the mailbox is half empty.
/// </summary>
/// <remarks>
/// The same operation shows a publisher that there is no actor: the count is then far below zero. A session is parked only by changing the
/// count from zero to that value, which fails while a message is on its way to the actor.
/// </remarks>
internal class ActorTarget : DeliveryTarget
{
    // Added to the count while there is no actor. Far below zero, so that publishers that are adding their messages cannot make it
    // positive.
    private const int NoActor = int.MinValue / 2;

    // Even lower: this object delivers nothing any more.
    private const int Forgotten = NoActor + (NoActor / 2);

    // The highest count of messages that cannot reach the next of these values.
    private const int Reach = 1 << 28;

    private static readonly Waiter Closed = new(null!, null);

    private readonly int _maxUnhandled;
    private int _unhandled;
    private volatile IActorRef _actor;
    private readonly StuckTargets? _stuckTargets;
    private int _stuck; // 1 from the end of delivery-timeout until the actor has caught up
    private volatile bool _closed;
    private volatile bool _wasUsed;
    private int _isQueued;
    private int _waitingMessages;
    private long _waitingBytes;
    private bool _isCounted;
    private Waiter? _waiting; // a stack without lock; the value Closed means that the actor has stopped

    /// <summary>Makes a target.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="actor">The actor that receives <see cref="Deliver"/>.</param>
    /// <param name="maxUnhandled">The number of messages in its mailbox above which publishers wait.</param>
    /// <param name="stuckTargets">Counts this target while it is stuck; null for no count.</param>
    public ActorTarget(string? clientId, IActorRef actor, int maxUnhandled, StuckTargets? stuckTargets = null)
        : base(clientId)
    {
        _stuckTargets = stuckTargets;
        _actor = actor;
        _maxUnhandled = maxUnhandled;
    }

    /// <summary>Whether no actor receives messages: the session is parked, or has ended.</summary>
    public bool HasNoActor => Volatile.Read(ref _unhandled) < 0;

    /// <summary>Messages in the mailbox of the actor, or on their way there; 0 while there is no actor.</summary>
    public int Unhandled => Math.Max(0, Volatile.Read(ref _unhandled));

    /// <summary>Whether messages are on their way to an actor, or are being delivered in another way at this moment.</summary>
    public bool IsBusy => Volatile.Read(ref _unhandled) is not (0 or NoActor or Forgotten);

    /// <summary>Whether <see cref="TryForget"/> has succeeded: another object is now the target, and this one forwards to it.</summary>
    public bool IsForgotten => Volatile.Read(ref _unhandled) is >= Forgotten and < Forgotten + Reach;

    public override bool IsStuck => Volatile.Read(ref _stuck) != 0;

    /// <summary>Whether the session has ended.</summary>
    public bool IsEnded => _closed;

    /// <summary>Whether the target of a parked session must be kept, because it has state that is nowhere else.</summary>
    public virtual bool IsNeeded => false;

    /// <summary>The messages that wait in the storage for a parked session; 0 before they were counted.</summary>
    public QueueCount Waiting => new(Volatile.Read(ref _waitingMessages), Volatile.Read(ref _waitingBytes));

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    protected bool IsClosed => _closed;

    public override bool TryDeliver(Deliver delivery)
    {
        if (Volatile.Read(ref _unhandled) >= _maxUnhandled)
            return false;
        if (IsForgotten)
            return Successor is var next && next.TryDeliver(delivery with { Target = next });
        return Hand(delivery, null, isBehind: false) != Handed.Refused;
    }

    /// <summary>Sends the actor a message that is not for a client. Does nothing when there is no actor.</summary>
    /// <param name="message">The message.</param>
    public void TellActor(INoSerializationVerificationNeeded message) => _actor.Tell(message, ActorRefs.NoSender);

    /// <summary>Adds messages to the count that reach the actor on another way.</summary>
    /// <returns>True unless the actor is behind, in which case nothing is added.</returns>
    public bool TryReserve(int messages)
    {
        if (Volatile.Read(ref _unhandled) >= _maxUnhandled)
            return false;
        Interlocked.Add(ref _unhandled, messages);
        return true;
    }

    public override bool DeliverBehind(Deliver delivery, Receipt? receipt)
    {
        if (receipt is null && Volatile.Read(ref _stuck) != 0)
            return false;
        if (IsForgotten)
            return Successor is var next && next.DeliverBehind(delivery with { Target = next }, receipt);
        if (Hand(delivery, receipt, isBehind: true) == Handed.Over && receipt is not null)
            Wait(receipt);
        return true;
    }

    public override void ReturnCredit(int messages)
    {
        var left = Interlocked.Add(ref _unhandled, -messages);
        if ((Volatile.Read(ref _stuck) != 0 || Volatile.Read(ref _waiting) is not null) && left <= _maxUnhandled / 2)
        {
            SetStuck(false);
            CompleteWaiting(null);
        }
    }

    public override void StopWaiting()
    {
        if (Volatile.Read(ref _waiting) is null or { IsClosed: true })
            return; // the actor has caught up
        if (!SetStuck(true))
            return; // publishers that handed over to a stuck target wait until it has caught up
        CompleteWaiting(null);
        if (Volatile.Read(ref _unhandled) <= _maxUnhandled / 2)
            SetStuck(false); // the actor caught up, or stopped, in the meantime
    }

    /// <summary>Stops delivery to the actor, unless messages are on their way to it. Called by the actor.</summary>
    /// <returns>Whether delivery has stopped.</returns>
    public bool TryPark()
    {
        if (Interlocked.CompareExchange(ref _unhandled, NoActor, 0) != 0)
            return false;
        _actor = ActorRefs.Nobody;
        return true;
    }

    /// <summary>Stops delivery to the actor. The actor does not need the messages that are on their way to it.</summary>
    public void Leave()
    {
        Interlocked.Add(ref _unhandled, NoActor);
        SetStuck(false);
    }

    /// <summary>Starts delivery to an actor. Called by that actor, for a target that is never forgotten.</summary>
    /// <param name="actor">The actor.</param>
    public void Hold(IActorRef actor)
    {
        _actor = actor;
        Interlocked.Add(ref _unhandled, -NoActor);
    }

    /// <summary>Starts delivery to an actor, for a target that may be forgotten at any time while it is parked.</summary>
    /// <param name="actor">The actor.</param>
    /// <returns>Whether delivery has started; if not, another object is the target.</returns>
    public bool TryHold(IActorRef actor)
    {
        _actor = actor; // not read before the next step, and only the actor of the session calls this
        while (true)
        {
            var count = Volatile.Read(ref _unhandled);
            if (count is >= Forgotten and < Forgotten + Reach)
                return false;
            if (Interlocked.CompareExchange(ref _unhandled, count - NoActor, count) == count)
                return true;
        }
    }

    /// <summary>Gives up the target of a parked session: from now on it forwards to its successor.</summary>
    /// <returns>Whether it was given up; false when an actor has it, or messages are being delivered at this moment.</returns>
    public bool TryForget() => Interlocked.CompareExchange(ref _unhandled, Forgotten, NoActor) == NoActor;

    /// <summary>Whether messages were handed over since the last call.</summary>
    public bool TakeWasUsed()
    {
        var used = _wasUsed;
        _wasUsed = false;
        return used;
    }

    /// <summary>Marks the target as being in the queue of parked targets.</summary>
    /// <returns>False when it was already marked.</returns>
    public bool TryQueue() => Interlocked.Exchange(ref _isQueued, 1) == 0;

    /// <summary>Removes that mark.</summary>
    public void Unqueue() => Volatile.Write(ref _isQueued, 0);

    /// <summary>
    /// Whether the waiting messages were never counted by the storage and no count was requested. Marks the count as requested.
    /// </summary>
    public bool TakeIsUncounted() => !Interlocked.Exchange(ref _isCounted, true);

    /// <summary>Sets the number of messages that wait in the storage.</summary>
    public void SetWaiting(QueueCount waiting)
    {
        Volatile.Write(ref _waitingMessages, waiting.Messages);
        Volatile.Write(ref _waitingBytes, waiting.Bytes);
        Volatile.Write(ref _isCounted, true);
    }

    /// <summary>
    /// Ends delivery, because the session or subscription has ended. Receipts complete, and later messages are not sent to the actor.
    /// </summary>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        Interlocked.Add(ref _unhandled, NoActor);
        SetStuck(false);
        CompleteWaiting(Closed);
    }

    /// <summary>Delivers messages while there is no actor. Called on any thread.</summary>
    /// <param name="delivery">The messages.</param>
    /// <returns>Null when all are delivered; the remaining messages when an actor has started.</returns>
    protected virtual Deliver? DeliverParked(Deliver delivery) => null;

    /// <summary>Receives the messages while there is no actor, instead of <see cref="DeliverParked"/>; null for none.</summary>
    protected virtual IMessageTaker? Taker => null;

    /// <summary>The target that has replaced this one after <see cref="TryForget"/>.</summary>
    protected virtual ActorTarget Successor => throw new InvalidOperationException("It is never forgotten.");

    private Handed Hand(Deliver delivery, Receipt? receipt, bool isBehind)
    {
        var rest = delivery;
        while (rest is not null)
        {
            var count = rest.Packets.Length;
            if (Interlocked.Add(ref _unhandled, count) >= 0)
            {
                _actor.Tell(rest, ActorRefs.NoSender);
                return Handed.Over;
            }
            Interlocked.Add(ref _unhandled, -count);
            if (IsForgotten)
            {
                var next = Successor;
                return next.Hand(rest with { Target = next }, receipt, isBehind);
            }
            _wasUsed = true;
            if (Taker is { } taker)
                return taker.Take(rest, receipt, isBehind) ? Handed.ToTaker : Handed.Refused;
            rest = DeliverParked(rest);
        }
        return Handed.Over;
    }

    /// <returns>Whether the value has changed.</returns>
    private bool SetStuck(bool stuck)
    {
        if (Interlocked.Exchange(ref _stuck, stuck ? 1 : 0) == (stuck ? 1 : 0))
            return false;
        if (stuck)
            _stuckTargets?.Add();
        else
            _stuckTargets?.Remove();
        return true;
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
                // These two steps have the opposite order in ReturnCredit, so that at least one of the two threads sees the change of the
                // other.
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

    private enum Handed
    {
        Over,
        ToTaker,
        Refused,
    }

    private sealed class Waiter(Receipt receipt, Waiter? next)
    {
        public Receipt Receipt { get; } = receipt;

        public Waiter? Next { get; } = next;

        public bool IsClosed => ReferenceEquals(this, Closed);
    }
}
