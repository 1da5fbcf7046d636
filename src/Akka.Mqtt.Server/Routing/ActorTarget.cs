using Akka.Actor;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// A session or subscriber that is an actor of this process, and how many messages wait in its mailbox. Up to <c>max-unhandled-messages</c> a
/// batch costs one interlocked operation. Beyond it messages of QoS 0 are dropped, and publishers of others wait until half of that is left.
/// </summary>
/// <remarks>
/// The same operation tells a publisher that there is no actor: the count is then far below zero. A session is parked only by taking the count from
/// zero to there, which fails while anything is on its way to the actor.
/// </remarks>
internal class ActorTarget : DeliveryTarget
{
    // Far below zero, so that publishers that are counting their messages now cannot make it positive.
    private const int Away = int.MinValue / 2;

    // Farther below: nothing is handed over by this object any more.
    private const int Forgotten = Away + (Away / 2);

    // What may be counted without reaching the next of these numbers.
    private const int Reach = 1 << 28;

    private static readonly Waiter Closed = new(null!, null);

    private readonly int _maxUnhandled;
    private int _unhandled;
    private volatile IActorRef _actor;
    private readonly StuckTargets? _stuckTargets;
    private int _stuck; // 1 from the end of delivery-timeout until it has caught up
    private volatile bool _closed;
    private volatile bool _wasUsed;
    private int _isQueued;
    private int _waitingMessages;
    private long _waitingBytes;
    private bool _isCounted;
    private Waiter? _waiting; // a stack without lock; Closed when the actor has ended

    /// <summary>Makes a target.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="actor">The actor that is told <see cref="Deliver"/>.</param>
    /// <param name="maxUnhandled">Messages that may wait in its mailbox before publishers wait.</param>
    /// <param name="stuckTargets">Counts it while it is stuck; null when nobody asks.</param>
    public ActorTarget(string? clientId, IActorRef actor, int maxUnhandled, StuckTargets? stuckTargets = null)
        : base(clientId)
    {
        _stuckTargets = stuckTargets;
        _actor = actor;
        _maxUnhandled = maxUnhandled;
    }

    /// <summary>Whether no actor takes messages: the session is parked, or over.</summary>
    public bool IsAway => Volatile.Read(ref _unhandled) < 0;

    /// <summary>Messages in the mailbox of the actor, or on their way there; 0 while there is no actor.</summary>
    public int Unhandled => Math.Max(0, Volatile.Read(ref _unhandled));

    /// <summary>Whether messages are on their way to an actor, or are being delivered otherwise just now.</summary>
    public bool IsBusy => Volatile.Read(ref _unhandled) is not (0 or Away or Forgotten);

    /// <summary>Whether <see cref="TryForget"/> has succeeded: another object is the target now, and this one hands over to it.</summary>
    public bool IsForgotten => Volatile.Read(ref _unhandled) is >= Forgotten and < Forgotten + Reach;

    public override bool IsStuck => Volatile.Read(ref _stuck) != 0;

    /// <summary>Whether the session has ended.</summary>
    public bool IsEnded => _closed;

    /// <summary>Whether the target of a parked session must be kept, because it knows what nobody else knows.</summary>
    public virtual bool IsNeeded => false;

    /// <summary>What the storage has waiting in a parked session; 0 before it was counted.</summary>
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

    /// <summary>Tells the actor something that is no message for a client; nothing happens when there is none.</summary>
    /// <param name="message">What.</param>
    public void TellActor(INoSerializationVerificationNeeded message) => _actor.Tell(message, ActorRefs.NoSender);

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
            return; // it has caught up
        if (!SetStuck(true))
            return; // publishers that handed over to a stuck target wait until it has caught up
        CompleteWaiting(null);
        if (Volatile.Read(ref _unhandled) <= _maxUnhandled / 2)
            SetStuck(false); // it caught up, or ended, meanwhile
    }

    /// <summary>No actor takes messages from now on, unless some are on their way to it. Called by the actor.</summary>
    /// <returns>Whether that is so now.</returns>
    public bool TryPark()
    {
        if (Interlocked.CompareExchange(ref _unhandled, Away, 0) != 0)
            return false;
        _actor = ActorRefs.Nobody;
        return true;
    }

    /// <summary>No actor takes messages from now on; those that are on their way to it are not needed by it.</summary>
    public void Leave()
    {
        Interlocked.Add(ref _unhandled, Away);
        SetStuck(false);
    }

    /// <summary>From now on an actor takes the messages. Called by that actor, for a target that is never forgotten.</summary>
    /// <param name="actor">The actor.</param>
    public void Hold(IActorRef actor)
    {
        _actor = actor;
        Interlocked.Add(ref _unhandled, -Away);
    }

    /// <summary>The same for a target that may be forgotten at any time while it is parked.</summary>
    /// <param name="actor">The actor.</param>
    /// <returns>Whether the actor holds it; if not, another object is the target.</returns>
    public bool TryHold(IActorRef actor)
    {
        _actor = actor; // nobody reads it before the next step, and only the actor of the session is here
        while (true)
        {
            var count = Volatile.Read(ref _unhandled);
            if (count is >= Forgotten and < Forgotten + Reach)
                return false;
            if (Interlocked.CompareExchange(ref _unhandled, count - Away, count) == count)
                return true;
        }
    }

    /// <summary>The target of a parked session is given up: from here on it hands over to its successor.</summary>
    /// <returns>Whether it is; false when an actor holds it, or messages are being handed over just now.</returns>
    public bool TryForget() => Interlocked.CompareExchange(ref _unhandled, Forgotten, Away) == Away;

    /// <summary>Whether messages were handed over since the last call.</summary>
    public bool TakeWasUsed()
    {
        var used = _wasUsed;
        _wasUsed = false;
        return used;
    }

    /// <summary>Marks it as one that is in the queue of parked targets.</summary>
    /// <returns>False when it was there already.</returns>
    public bool TryQueue() => Interlocked.Exchange(ref _isQueued, 1) == 0;

    /// <summary>It is not in the queue of parked targets any more.</summary>
    public void Unqueue() => Volatile.Write(ref _isQueued, 0);

    /// <summary>Whether nobody has asked the storage, or been told by it, how much waits. From then on somebody has.</summary>
    public bool TakeIsUncounted() => !Interlocked.Exchange(ref _isCounted, true);

    /// <summary>So much waits in the storage.</summary>
    public void SetWaiting(QueueCount waiting)
    {
        Volatile.Write(ref _waitingMessages, waiting.Messages);
        Volatile.Write(ref _waitingBytes, waiting.Bytes);
        Volatile.Write(ref _isCounted, true);
    }

    /// <summary>The session or subscription has ended: nobody waits for it any more, and what still comes is not told to its actor.</summary>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        Interlocked.Add(ref _unhandled, Away);
        SetStuck(false);
        CompleteWaiting(Closed);
    }

    /// <summary>Delivers messages while there is no actor. Called by any thread.</summary>
    /// <param name="delivery">The messages.</param>
    /// <returns>Null when they are delivered; what is left of them when there is an actor now.</returns>
    protected virtual Deliver? DeliverAway(Deliver delivery) => null;

    /// <summary>What takes the messages while there is no actor, instead of <see cref="DeliverAway"/>; null for nothing.</summary>
    protected virtual IMessageTaker? Taker => null;

    /// <summary>The target that took the place of one that is forgotten.</summary>
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
            rest = DeliverAway(rest);
        }
        return Handed.Over;
    }

    /// <returns>Whether it was otherwise before.</returns>
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
                // The other order of the same two steps in ReturnCredit: one of both sees the other.
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
