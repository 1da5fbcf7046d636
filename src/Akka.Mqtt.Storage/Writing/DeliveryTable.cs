using System.Numerics;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>The change of a message of one session in a change set.</summary>
internal struct DeliveryChange
{
    /// <summary>The session.</summary>
    public SessionInfo Session;

    /// <summary>The identity of the message in it.</summary>
    public long Number;

    /// <summary>The batch with which it was queued in this change set; null when the database already has it.</summary>
    public StoreOp.Queued? Queued;

    /// <summary>The identity of the row with its topic and payload, when it was queued here.</summary>
    public long Content;

    /// <summary>Its position in the batch, when it was queued here.</summary>
    public int Position;

    /// <summary>Its packet identifier, when it was sent here; otherwise 0.</summary>
    public ushort PacketId;

    /// <summary>Whether PUBREC was received here.</summary>
    public bool IsConfirmed;

    /// <summary>Whether it left the session here.</summary>
    public bool IsRemoved;

    /// <summary>The order of sending, when it was sent here.</summary>
    public long Order;
}

/// <summary>The deliveries of a change set, by session and message. It uses open addressing in reused arrays, and allocates nothing once they are large enough.</summary>
internal sealed class DeliveryTable
{
    private const int Least = 1024;

    private DeliveryChange[] _deliveries = new DeliveryChange[Least];
    private int[] _slots = new int[2 * Least]; // index + 1; 0 is free
    private int _shift = 64 - BitOperations.Log2(2 * Least);
    private int _unused;

    /// <summary>The number of deliveries.</summary>
    public int Count { get; private set; }

    /// <summary>The deliveries, in the order of their first change.</summary>
    public Span<DeliveryChange> All => _deliveries.AsSpan(0, Count);

    /// <summary>Finds a delivery, or adds one that the database has.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="number">Its message.</param>
    /// <returns>The delivery; valid until the next call.</returns>
    public ref DeliveryChange Get(SessionInfo session, long number)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(((ulong)number * 0x9E3779B97F4A7C15UL ^ (ulong)session.Id * 0xC2B2AE3D27D4EB4FUL) >> _shift);
        while (_slots[slot] is var found and not 0)
        {
            ref var delivery = ref _deliveries[found - 1];
            if (delivery.Number == number && ReferenceEquals(delivery.Session, session))
                return ref delivery;
            slot = (slot + 1) & mask;
        }
        if (Count == _deliveries.Length)
        {
            Grow();
            return ref Get(session, number);
        }
        _slots[slot] = ++Count;
        ref var added = ref _deliveries[Count - 1];
        added.Session = session;
        added.Number = number;
        session.HasDeliveries = true;
        return ref added;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        if (Count == 0)
            return;
        foreach (ref var delivery in All)
            delivery.Session.HasDeliveries = false;
        // A burst leaves large arrays; they are released when they were not needed for some time.
        _unused = Count < _deliveries.Length / 8 ? _unused + 1 : 0;
        if (_unused > 1000 && _deliveries.Length > Least)
        {
            (_deliveries, _slots, _unused) = (new DeliveryChange[Least], new int[2 * Least], 0);
            _shift = 64 - BitOperations.Log2(2 * Least);
        }
        else if (Count * 16 < _slots.Length)
        {
            ClearSlots();
            Array.Clear(_deliveries, 0, Count);
        }
        else
        {
            Array.Clear(_slots);
            Array.Clear(_deliveries, 0, Count);
        }
        Count = 0;
    }

    private void ClearSlots()
    {
        // Each entry's run of slots begins at its hash and ends at a free slot: clearing whole runs clears all.
        var mask = _slots.Length - 1;
        foreach (ref var delivery in All)
        {
            var slot = (int)(((ulong)delivery.Number * 0x9E3779B97F4A7C15UL ^ (ulong)delivery.Session.Id * 0xC2B2AE3D27D4EB4FUL) >> _shift);
            for (; _slots[slot] != 0; slot = (slot + 1) & mask)
                _slots[slot] = 0;
        }
    }

    private void Grow()
    {
        Array.Resize(ref _deliveries, 2 * _deliveries.Length);
        _slots = new int[2 * _deliveries.Length];
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        var mask = _slots.Length - 1;
        for (var at = 0; at < Count; at++)
        {
            ref var delivery = ref _deliveries[at];
            var slot = (int)(((ulong)delivery.Number * 0x9E3779B97F4A7C15UL ^ (ulong)delivery.Session.Id * 0xC2B2AE3D27D4EB4FUL) >> _shift);
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = at + 1;
        }
    }
}
