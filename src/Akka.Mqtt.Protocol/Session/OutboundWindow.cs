namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// The sending side of QoS 1 and 2: messages between PUBLISH and PUBACK or PUBCOMP, in the order in which they were first sent. Part of the session. The quota
/// of unacknowledged messages belongs to the connection and starts again with each [U-4.9-2 v5]. Owned by one thread at a time. It allocates nothing before the
/// first message, and for each message only the packet that is sent. Messages are kept in slots, found by identifier, as they were handed over, so all sessions
/// that send a message keep the same object.
/// </summary>
internal sealed class OutboundWindow
{
    private const int FewestSlots = 16;

    private const int MostSlots = ushort.MaxValue + 1;

    // The counted size of a slot in which only PUBREL is left: a peer may leave many of them unanswered.
    private const int ReleasedSize = 64;

    // Bytes of received chunks that unacknowledged messages may keep in memory. Beyond it, payloads are copied out of their chunk. Enough
    // for 4 chunks of the largest usual size.
    private const long MaxHeldBytes = 512 * 1024;

    private readonly long _maxBytes;
    private readonly ushort _highestId;
    private Slot[]? _slots; // their number is a power of two; a message is in the slot with the number identifier modulo count
    private ushort _first; // identifier of the first message; 0 for none
    private ushort _last;
    private ushort _resend; // the first message that this connection has not sent yet; all after it have not been sent either
    private ushort _lastId;
    private int _quotaUsed;
    private byte[]? _lastChunk; // the array with the payload of the last message
    private long _held;

    /// <summary>Creates an empty window.</summary>
    /// <param name="maxBytes">When this many bytes are unacknowledged, no new message is sent; one message of any size is always allowed.</param>
    /// <param name="highestId">The highest identifier for messages; the sender uses those above for other packets.</param>
    public OutboundWindow(long maxBytes = long.MaxValue, ushort highestId = ushort.MaxValue)
    {
        _maxBytes = maxBytes;
        _highestId = highestId;
    }

    /// <summary>The number of messages that are not completely acknowledged.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the messages that are kept to be sent again, as <see cref="QueuedMessage.KeptSize"/> counts them.</summary>
    public long Bytes { get; private set; }

    /// <summary>The highest number of bytes that the server has for this window now; the first message is always allowed.</summary>
    public long AllowedBytes { get; set; } = long.MaxValue;

    /// <summary>The identifier that was used last; 0 for none.</summary>
    public ushort LastId => _lastId;

    /// <summary>How many messages may be unacknowledged on this connection.</summary>
    public int Quota { get; private set; }

    /// <summary>Whether a new message may be sent now: all older ones were sent, and neither quota nor bytes are used up.</summary>
    public bool HasRoom =>
        _resend == 0 && _quotaUsed < Quota && Count < _highestId && (Bytes == 0 || (Bytes < _maxBytes && Bytes < AllowedBytes));

    /// <summary>Whether messages of an earlier connection are still to be sent again.</summary>
    public bool IsResending => _resend != 0;

    /// <summary>Starts a new connection: unacknowledged messages are to be sent again, see <see cref="TryPeekResend"/>.</summary>
    /// <param name="quota">How many messages may be unacknowledged: the smaller of the peer's Receive Maximum and our own limit; at least 1.</param>
    public void BeginConnection(int quota)
    {
        Quota = quota;
        _quotaUsed = 0;
        _resend = _first;
        for (var id = _first; id != 0; id = At(id).Next)
            At(id).UsesQuota = false;
    }

    /// <summary>Assigns an identifier to a new message and keeps it. Only allowed when <see cref="HasRoom"/>.</summary>
    /// <param name="message">The message as it was handed over, of QoS 1 or 2; this object is kept.</param>
    /// <param name="shaped">The packet in the form for this client; often the same.</param>
    /// <returns>The packet to send.</returns>
    public Publish Add(in QueuedMessage message, Publish shaped)
    {
        var packet = message.Packet;
        var held = Hold(ref packet);
        if (ReferenceEquals(shaped, message.Packet))
            shaped = packet;
        var id = NextId();
        Put(id, packet, QueuedMessage.KeptSizeOf(packet), message, usesQuota: true).Held = held;
        _quotaUsed++; // [MQTT-4.9.0-2 v5]
        // [MQTT-4.3.2-1 v5] [MQTT-4.3.3-1 v5] an unused identifier; [MQTT-4.3.2-2 v5] [MQTT-4.3.3-2 v5] DUP 0 at first
        return shaped with { PacketId = id, Dup = false };
    }

    /// <summary>Adds a message that a store has kept, at the end.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="message">The message; null when only the PUBREL is left.</param>
    /// <exception cref="InvalidOperationException">The window already has a message with this identifier.</exception>
    public void Restore(ushort id, in QueuedMessage? message)
    {
        GrowIfHalfFull();
        if (At(id).Id == id)
            throw new InvalidOperationException($"Two messages in flight have the packet identifier {id}.");
        while (At(id).Id != 0)
            Grow();
        if (message is { } kept)
            Put(id, kept.Packet, kept.KeptSize, kept, usesQuota: false);
        else
            Put(id, null, ReleasedSize, default, usesQuota: false);
    }

    /// <summary>Sets the identifier that was used last, as a store has kept it.</summary>
    /// <param name="lastId">The identifier; 0 for none.</param>
    public void RestoreLastId(ushort lastId) => _lastId = lastId;

    /// <summary>All messages in the order in which they were first sent; null where only PUBREL is left.</summary>
    /// <returns>Identifiers and messages.</returns>
    public IEnumerable<(ushort Id, QueuedMessage? Message)> Messages()
    {
        for (var id = _first; id != 0; id = At(id).Next)
            yield return (id, At(id).Message);
    }

    /// <summary>Handles a PUBACK with any reason code: a failure ends the exchange too [MQTT-4.4.0-2 v5].</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>The meaning of the acknowledgement.</returns>
    public AckResult PubAck(ushort packetId)
    {
        ref var slot = ref Find(packetId, out var found);
        if (!found)
            return AckResult.Unknown;
        if (slot.Packet?.QoS != QualityOfService.AtLeastOnce)
            return AckResult.WrongKind;
        Remove(ref slot);
        return AckResult.Done;
    }

    /// <summary>Handles a PUBREC.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <param name="accepted">Whether its reason code is below 0x80.</param>
    /// <returns>The meaning of the acknowledgement.</returns>
    public AckResult PubRec(ushort packetId, bool accepted)
    {
        ref var slot = ref Find(packetId, out var found);
        if (!found)
            return AckResult.Unknown;
        if (slot.Packet is { QoS: not QualityOfService.ExactlyOnce })
            return AckResult.WrongKind;
        if (!accepted)
        {
            Remove(ref slot); // [MQTT-4.4.0-2 v5]
            return AckResult.Done;
        }
        KeepPubRelOnly(ref slot);
        return AckResult.Release;
    }

    /// <summary>Handles a PUBCOMP.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>The meaning of the acknowledgement.</returns>
    public AckResult PubComp(ushort packetId)
    {
        ref var slot = ref Find(packetId, out var found);
        if (!found)
            return AckResult.Unknown;
        if (slot.Packet is not null)
            return AckResult.WrongKind;
        Remove(ref slot);
        return AckResult.Done;
    }

    /// <summary>
    /// Returns the next message to send again after a reconnect, in the order of the first sending [MQTT-4.6.0-1 v5] and within the quota. Call it until it
    /// returns false, and again after acknowledgements. After each message call <see cref="Resent"/> or <see cref="Skip"/>.
    /// </summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="message">The message; null when only the PUBREL is left.</param>
    /// <returns>Whether a message is to be sent now.</returns>
    public bool TryPeekResend(out ushort id, out QueuedMessage? message)
    {
        id = _resend;
        message = null;
        if (id == 0)
            return false;
        message = At(id).Message;
        return message is null || _quotaUsed < Quota;
    }

    /// <summary>Notes that the message of <see cref="TryPeekResend"/> was sent again.</summary>
    public void Resent()
    {
        ref var slot = ref At(_resend);
        if (slot.Packet is not null)
        {
            _quotaUsed++;
            slot.UsesQuota = true;
        }
        _resend = slot.Next;
    }

    /// <summary>
    /// Notes that the message of <see cref="TryPeekResend"/> must not be sent again, because it is larger than the client now accepts, or no longer allowed. It
    /// counts as delivered [MQTT-3.1.2-25 v5]. The client may have received a QoS 2 message and still know its identifier, so the exchange is completed.
    /// </summary>
    /// <returns>Whether to send PUBREL, because the message is of QoS 2.</returns>
    public bool Skip()
    {
        ref var slot = ref At(_resend);
        if (slot.Packet?.QoS == QualityOfService.AtLeastOnce)
        {
            Remove(ref slot);
            return false;
        }
        _resend = slot.Next;
        KeepPubRelOnly(ref slot);
        return true;
    }

    /// <summary>
    /// Gives away the unacknowledged QoS 1 messages of shared subscriptions to other members of the group (U-4.8.2-1 v5). QoS 2 messages stay: their exchange
    /// must be completed with this client [MQTT-4.8.2-4 v5] [MQTT-4.8.2-5 v5].
    /// </summary>
    /// <param name="take">Called for each in the order in which they were sent; returns whether another member has it. If not, the message stays.</param>
    /// <param name="removed">Receives the identifiers of the messages that were given away; null if not needed.</param>
    public void TakeShared(Func<QueuedMessage, bool> take, List<ushort>? removed = null)
    {
        for (var id = _first; id != 0;)
        {
            ref var slot = ref At(id);
            id = slot.Next;
            if (slot is not { Share: not null, Packet.QoS: QualityOfService.AtLeastOnce } || !take(slot.Message!.Value))
                continue;
            removed?.Add(slot.Id);
            Remove(ref slot);
        }
    }

    /// <summary>
    /// Copies payloads, because messages are kept longer than a received chunk should stay in memory: see <see cref="QueuedMessage.ForKeeping"/>.
    /// </summary>
    public void Compact()
    {
        for (var id = _first; id != 0; id = At(id).Next)
        {
            ref var slot = ref At(id);
            slot.Held = 0;
            if (slot.Packet is not null)
                slot.Packet = QueuedMessage.Compact(slot.Packet);
        }
        _held = 0;
        _lastChunk = null;
    }

    /// <summary>
    /// The next free identifier in rising order, 1 to 65,535 and again from 1, so that a late acknowledgement rarely belongs to a new message. Its slot must be
    /// free; at least half of the slots are. [MQTT-2.2.1-4 v5] [MQTT-2.3.1-4 v3.1.1] never 0.
    /// </summary>
    private ushort NextId()
    {
        GrowIfHalfFull();
        if (Count >= _highestId)
            throw new InvalidOperationException("All packet identifiers are in use.");
        do
        {
            _lastId = _lastId >= _highestId ? (ushort)1 : (ushort)(_lastId + 1);
        }
        while (At(_lastId).Id != 0);
        return _lastId;
    }

    private void GrowIfHalfFull()
    {
        _slots ??= new Slot[FewestSlots];
        if (Count * 2 >= _slots.Length && _slots.Length < MostSlots)
            Grow();
    }

    private ref Slot Put(ushort id, Publish? packet, int size, in QueuedMessage message, bool usesQuota)
    {
        ref var slot = ref At(id);
        slot = new Slot
        {
            Id = id, Packet = packet, Size = size, ReceivedAt = message.ReceivedAt, Share = message.Share, Previous = _last, UsesQuota = usesQuota,
        };
        if (_last == 0)
            _first = id;
        else
            At(_last).Next = id;
        _last = id;
        Count++;
        Bytes += size;
        return ref slot;
    }

    /// <summary>[MQTT-4.3.3-6 v5] the PUBLISH is not sent again; the PUBREL is, until PUBCOMP [MQTT-4.3.3-5 v5].</summary>
    private void KeepPubRelOnly(ref Slot slot)
    {
        Bytes -= slot.Size - ReleasedSize;
        slot.Size = ReleasedSize;
        slot.Packet = null;
        Free(ref slot);
    }

    private void Grow()
    {
        var before = _slots!;
        _slots = new Slot[before.Length * 2];
        foreach (ref var slot in before.AsSpan())
        {
            if (slot.Id != 0)
                At(slot.Id) = slot;
        }
    }

    private ref Slot At(ushort id) => ref _slots![id & (_slots.Length - 1)];

    private ref Slot Find(ushort id, out bool found)
    {
        if (_slots is null)
        {
            found = false;
            return ref System.Runtime.CompilerServices.Unsafe.NullRef<Slot>();
        }
        ref var slot = ref At(id);
        found = id != 0 && slot.Id == id;
        return ref slot;
    }

    private void Remove(ref Slot slot)
    {
        Free(ref slot);
        Bytes -= slot.Size;
        if (slot.UsesQuota)
            _quotaUsed--;
        if (_resend == slot.Id)
            _resend = slot.Next;
        if (slot.Previous == 0)
            _first = slot.Next;
        else
            At(slot.Previous).Next = slot.Next;
        if (slot.Next == 0)
            _last = slot.Previous;
        else
            At(slot.Next).Previous = slot.Previous;
        slot = default;
        Count--;
    }

    /// <summary>
    /// Counts the received chunk of a message that is about to be kept, because the payload keeps it in memory. Consecutive messages of one chunk count it
    /// once, with the first of them.
    /// </summary>
    /// <returns>The bytes that are counted for this message.</returns>
    private int Hold(ref Publish packet)
    {
        if (Count == 0)
            _lastChunk = null;
        if (!System.Runtime.InteropServices.MemoryMarshal.TryGetArray(packet.Payload.Memory, out var segment)
            || ReferenceEquals(segment.Array, _lastChunk)
            || segment.Array is not { } chunk)
        {
            return 0;
        }
        _lastChunk = null;
        if (_held + chunk.Length > MaxHeldBytes)
        {
            packet = QueuedMessage.Compact(packet);
            return 0;
        }
        _lastChunk = chunk;
        _held += chunk.Length;
        return chunk.Length;
    }

    /// <summary>
    /// Handles a message that is no longer kept. If the next message belongs to the same chunk, the bytes of the chunk count for it from now on.
    /// </summary>
    private void Free(ref Slot slot)
    {
        if (slot.Held == 0)
            return;
        if (slot.Next != 0 && At(slot.Next) is { Held: 0, Packet: not null })
            At(slot.Next).Held = slot.Held;
        else
            _held -= slot.Held;
        slot.Held = 0;
    }

    private struct Slot
    {
        public ushort Id; // 0 for a free slot
        public ushort Previous;
        public ushort Next;
        public bool UsesQuota;
        public int Size; // the counted size of the packet
        public int Held; // counted bytes of a received chunk
        public long ReceivedAt;
        public Publish? Packet; // null once PUBREC arrived and only the PUBREL is left
        public SharedKey? Share;

        public readonly QueuedMessage? Message => Packet is null ? null : new QueuedMessage(Packet, ReceivedAt) { Share = Share };
    }
}
