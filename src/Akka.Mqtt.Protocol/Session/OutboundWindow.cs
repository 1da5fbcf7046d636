namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// The sender's side of QoS 1 and 2: messages between PUBLISH and PUBACK or PUBCOMP, in the order they were first sent. Part of the session;
/// how many may be out at once belongs to the connection and starts anew with each [U-4.9-2 v5]. Owned by one thread at a time; allocates
/// nothing until the first message, and nothing for a message but the packet that is sent: messages are kept in slots, found by their identifier,
/// as they were handed over, so that all sessions that send a message keep one.
/// </summary>
internal sealed class OutboundWindow
{
    private const int FewestSlots = 16;

    private const int MostSlots = ushort.MaxValue + 1;

    // What a slot counts for when only the PUBREL is left: a peer may leave that many unanswered.
    private const int ReleasedSize = 64;

    // Received chunks that unacknowledged messages may hold in memory; what comes in one more is copied out of it. 4 chunks of the largest
    // usual size.
    private const long MaxHeldBytes = 512 * 1024;

    private readonly long _maxBytes;
    private readonly ushort _highestId;
    private Slot[]? _slots; // a power of two; a message is in the one that is its identifier modulo their number
    private ushort _first; // identifiers; 0 for none
    private ushort _last;
    private ushort _resend; // the first that this connection has not seen; those after it neither
    private ushort _lastId;
    private int _quotaUsed;
    private byte[]? _lastChunk; // where the payload of the last message lies
    private long _held;

    /// <summary>Makes an empty window.</summary>
    /// <param name="maxBytes">No new message once that many bytes are unacknowledged; one message of any size may always be.</param>
    /// <param name="highestId">The highest identifier that messages get; those above are for other packets of the same sender.</param>
    public OutboundWindow(long maxBytes = long.MaxValue, ushort highestId = ushort.MaxValue)
    {
        _maxBytes = maxBytes;
        _highestId = highestId;
    }

    /// <summary>Messages that are not acknowledged to the end.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the messages that are kept to be sent again, as <see cref="QueuedMessage.KeptSize"/> counts them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Most bytes that the server has for this window at present; the first message is sent all the same.</summary>
    public long AllowedBytes { get; set; } = long.MaxValue;

    /// <summary>The identifier that was given last; 0 for none.</summary>
    public ushort LastId => _lastId;

    /// <summary>How many messages this connection may have unacknowledged.</summary>
    public int Quota { get; private set; }

    /// <summary>Whether a new message may be sent now: everything older was, and neither quota nor bytes are used up.</summary>
    public bool HasRoom =>
        _resend == 0 && _quotaUsed < Quota && Count < _highestId && (Bytes == 0 || (Bytes < _maxBytes && Bytes < AllowedBytes));

    /// <summary>Whether something of an earlier connection is still to be sent again.</summary>
    public bool IsResending => _resend != 0;

    /// <summary>A connection begins: what is unacknowledged is to be sent again, see <see cref="TryPeekResend"/>.</summary>
    /// <param name="quota">
    /// How many messages may be unacknowledged: the smaller of the peer's Receive Maximum and our own limit; at least 1.
    /// </param>
    public void BeginConnection(int quota)
    {
        Quota = quota;
        _quotaUsed = 0;
        _resend = _first;
        for (var id = _first; id != 0; id = At(id).Next)
            At(id).UsesQuota = false;
    }

    /// <summary>Gives a new message its identifier and keeps it. Only when <see cref="HasRoom"/>.</summary>
    /// <param name="message">The message as it was handed over, of QoS 1 or 2; this is kept.</param>
    /// <param name="shaped">The packet as this client gets it; often the same.</param>
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

    /// <summary>Adds a message that a store kept, at the end.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="message">The message; null when only the PUBREL is left.</param>
    /// <exception cref="InvalidOperationException">The window has a message of this identifier.</exception>
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

    /// <summary>Sets the identifier that was given last, as a store kept it.</summary>
    /// <param name="lastId">The identifier; 0 for none.</param>
    public void RestoreLastId(ushort lastId) => _lastId = lastId;

    /// <summary>All messages in the order in which they were sent first; null where only the PUBREL is left.</summary>
    /// <returns>Identifiers and messages.</returns>
    public IEnumerable<(ushort Id, QueuedMessage? Message)> Messages()
    {
        for (var id = _first; id != 0; id = At(id).Next)
            yield return (id, At(id).Message);
    }

    /// <summary>A PUBACK arrived, whatever its reason code: a failure ends the exchange too [MQTT-4.4.0-2 v5].</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>What it means.</returns>
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

    /// <summary>A PUBREC arrived.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <param name="accepted">Whether its reason code is below 0x80.</param>
    /// <returns>What it means.</returns>
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

    /// <summary>A PUBCOMP arrived.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>What it means.</returns>
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
    /// The next message to send again after a reconnect, in the order of the first sending [MQTT-4.6.0-1 v5] and within the quota. Ask
    /// until it returns false, and again after acknowledgements. For each call <see cref="Resent"/> or <see cref="Skip"/>.
    /// </summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="message">The message; null when only the PUBREL is left.</param>
    /// <returns>Whether there is one to be sent now.</returns>
    public bool TryPeekResend(out ushort id, out QueuedMessage? message)
    {
        id = _resend;
        message = null;
        if (id == 0)
            return false;
        message = At(id).Message;
        return message is null || _quotaUsed < Quota;
    }

    /// <summary>The message of <see cref="TryPeekResend"/> was sent again.</summary>
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
    /// The message of <see cref="TryPeekResend"/> must not be sent again: it is larger than the client takes now, or not allowed any more. It counts
    /// as delivered [MQTT-3.1.2-25 v5]. The client may have received one of QoS 2 and remember its identifier, so the exchange is completed.
    /// </summary>
    /// <returns>Whether PUBREL is to be sent: the message is of QoS 2.</returns>
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
    /// Takes out the QoS 1 messages of shared subscriptions that are not acknowledged: another member of the group is to get them
    /// (U-4.8.2-1 v5). QoS 2 stays: its exchange is completed with this client or with nobody [MQTT-4.8.2-4 v5] [MQTT-4.8.2-5 v5].
    /// </summary>
    /// <param name="take">Asked for each, in the order they were sent: whether it has a new owner. If not, it stays as it is.</param>
    /// <param name="removed">The identifiers of those that were taken are added to it; null when nobody asks.</param>
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

    /// <summary>Messages are kept longer than a received chunk should live: see <see cref="QueuedMessage.ForKeeping"/>.</summary>
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
    /// The next identifier in rising order, 1 to 65,535 and round again, that is not in use, so that a late acknowledgement rarely meets a new
    /// message: one with a free slot, of which at least half are. [MQTT-2.2.1-4 v5] [MQTT-2.3.1-4 v3.1.1] never 0.
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
    /// A message is about to be kept: the received chunk that its payload lies in is held in memory as long. Messages in a row out of one
    /// chunk hold it once, and the first of them answers for it.
    /// </summary>
    /// <returns>The bytes that this message answers for.</returns>
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

    /// <summary>A message is no longer kept. If the next message is of the same chunk, the bytes of the chunk are counted with it from now on.</summary>
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
        public ushort Id; // 0: free
        public ushort Previous;
        public ushort Next;
        public bool UsesQuota;
        public int Size; // what the packet counts for
        public int Held; // bytes of a received chunk
        public long ReceivedAt;
        public Publish? Packet; // null once PUBREC arrived and only the PUBREL is left
        public SharedKey? Share;

        public readonly QueuedMessage? Message => Packet is null ? null : new QueuedMessage(Packet, ReceivedAt) { Share = Share };
    }
}
