namespace Akka.Mqtt.Protocol;

/// <summary>What a PUBREC means to the sender of a QoS 2 message.</summary>
internal enum PubRecResult
{
    /// <summary>Answer PUBREL.</summary>
    Release,

    /// <summary>The receiver refused the message; the exchange is over.</summary>
    Refused,

    /// <summary>No message has this identifier.</summary>
    Unknown,
}

/// <summary>
/// The sender's side of QoS 1 and 2: messages between PUBLISH and PUBACK or PUBCOMP, in the order they were first sent. Part of the
/// session;
/// how many may be out at once belongs to the connection and starts anew with each [U-4.9-2 v5]. Owned by one thread at a time; allocates
/// nothing until the first message.
/// </summary>
internal sealed class OutboundWindow
{
    // A client that acknowledges in time has fewer: its messages leave before a copy of them pays.
    private const int FewEntries = 64;

    private readonly PacketIdAllocator _ids = new();
    private Dictionary<ushort, Entry>? _entries;
    private Entry? _first;
    private Entry? _last;
    private Entry? _resend; // the first entry that this connection has not seen; those after it neither
    private readonly long _maxBytes;
    private int _quotaUsed;

    /// <summary>Makes an empty window.</summary>
    /// <param name="maxBytes">No new message once that many bytes are unacknowledged; one message of any size may always be.</param>
    public OutboundWindow(long maxBytes = long.MaxValue) => _maxBytes = maxBytes;

    /// <summary>Messages that are not acknowledged to the end.</summary>
    public int Count => _entries?.Count ?? 0;

    /// <summary>Bytes of the messages that are kept to be sent again, as <see cref="QueuedMessage.Size"/> counts them.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many messages this connection may have unacknowledged.</summary>
    public int Quota { get; private set; }

    /// <summary>Whether a new message may be sent now: everything older was, and the quota is not used up.</summary>
    public bool HasRoom => _resend is null && _quotaUsed < Quota && Count < ushort.MaxValue && Bytes < _maxBytes;

    /// <summary>Whether something of an earlier connection is still to be sent again.</summary>
    public bool IsResending => _resend is not null;

    /// <summary>A connection begins: what is unacknowledged is to be sent again with <see cref="TryResend"/>.</summary>
    /// <param name="quota">
    /// How many messages may be unacknowledged: the smaller of the peer's Receive Maximum and our own limit; at least 1.
    /// </param>
    public void BeginConnection(int quota)
    {
        Quota = quota;
        _quotaUsed = 0;
        _resend = _first;
        for (var entry = _first; entry is not null; entry = entry.Next)
            entry.UsesQuota = false;
    }

    /// <summary>Gives a new message its identifier and keeps it. Only when <see cref="HasRoom"/>.</summary>
    /// <param name="packet">The message, of QoS 1 or 2.</param>
    /// <param name="now">The server's clock in milliseconds: what is left of a Message Expiry Interval is counted from here.</param>
    /// <param name="share">Where the message is from, if it came by a shared subscription.</param>
    /// <returns>The packet to send.</returns>
    public Publish Add(Publish packet, long now = 0, object? share = null)
    {
        _entries ??= [];
        if (!_ids.TryTake(_entries, out var id))
            throw new InvalidOperationException("All packet identifiers are in use.");
        if (_entries.Count > FewEntries)
            packet = QueuedMessage.Compact(packet);
        // [MQTT-4.3.2-1 v5] [MQTT-4.3.3-1 v5] an unused identifier; [MQTT-4.3.2-2 v5] [MQTT-4.3.3-2 v5] DUP 0 at first
        var sent = packet with { PacketId = id, Dup = false };
        var entry = new Entry(id)
        {
            Packet = sent, Size = QueuedMessage.SizeOf(sent), SentAt = now, Share = share, Previous = _last, UsesQuota = true,
        };
        Bytes += entry.Size;
        if (_last is null)
            _first = entry;
        else
            _last.Next = entry;
        _last = entry;
        _entries.Add(id, entry);
        _quotaUsed++; // [MQTT-4.9.0-2 v5]
        return sent;
    }

    /// <summary>A PUBACK came, whatever its reason code: a failure ends the exchange too [MQTT-4.4.0-2 v5].</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether a QoS 1 message had it.</returns>
    public bool PubAck(ushort packetId)
    {
        if (!TryFind(packetId, out var entry) || entry.Packet?.QoS != QualityOfService.AtLeastOnce)
            return false;
        Remove(entry);
        return true;
    }

    /// <summary>A PUBREC came.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <param name="accepted">Whether its reason code is below 0x80.</param>
    /// <returns>What to do.</returns>
    public PubRecResult PubRec(ushort packetId, bool accepted)
    {
        if (!TryFind(packetId, out var entry) || entry.Packet is { QoS: not QualityOfService.ExactlyOnce })
            return PubRecResult.Unknown;
        if (!accepted)
        {
            Remove(entry); // [MQTT-4.4.0-2 v5]
            return PubRecResult.Refused;
        }
        Bytes -= entry.Size;
        entry.Size = 0;
        entry.Packet = null; // [MQTT-4.3.3-6 v5] the PUBLISH is not sent again; the PUBREL is, until PUBCOMP [MQTT-4.3.3-5 v5]
        return PubRecResult.Release;
    }

    /// <summary>A PUBCOMP came.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether a message waited for it.</returns>
    public bool PubComp(ushort packetId)
    {
        if (!TryFind(packetId, out var entry) || entry.Packet is not null)
            return false;
        Remove(entry);
        return true;
    }

    /// <summary>
    /// The next packet to send again after a reconnect, in the order of the first sending [MQTT-4.6.0-1 v5] and within the quota. Ask
    /// until it says no, and again after acknowledgements. A message that was sent once is sent again even when it has expired since:
    /// its delivery has begun [MQTT-3.3.2-5 v5] [MQTT-4.3.3-7 v5]; it then says that nothing is left of its interval.
    /// </summary>
    /// <param name="packet">A PUBLISH with DUP, or a PUBREL.</param>
    /// <param name="now">The server's clock in milliseconds.</param>
    /// <returns>Whether there is one to be sent now.</returns>
    public bool TryResend(out MqttPacket? packet, long now = 0)
    {
        packet = null;
        if (_resend is not { } entry)
            return false;
        if (entry.Packet is null)
        {
            packet = new PubRel(entry.Id);
        }
        else
        {
            if (_quotaUsed >= Quota)
                return false;
            _quotaUsed++;
            entry.UsesQuota = true;
            entry.Packet = entry.Packet with { Dup = true }; // [MQTT-3.3.1-1]
            packet = CountDown(entry.Packet, (now - entry.SentAt) / 1000);
        }
        _resend = entry.Next;
        return true;
    }

    /// <summary>
    /// Takes out the QoS 1 messages of shared subscriptions that are not acknowledged: another member of the group is to get them
    /// (U-4.8.2-1 v5). QoS 2 stays: its exchange is completed with this client or with nobody [MQTT-4.8.2-4 v5] [MQTT-4.8.2-5 v5].
    /// </summary>
    /// <param name="take">Asked for each, in the order they were sent: whether it has a new owner. If not, it stays as it is.</param>
    /// <param name="now">The server's clock in milliseconds.</param>
    public void TakeShared(Func<QueuedMessage, bool> take, long now)
    {
        for (var entry = _first; entry is not null; entry = entry.Next)
        {
            if (entry is not { Share: not null, Packet.QoS: QualityOfService.AtLeastOnce })
                continue;
            var packet = CountDown(entry.Packet, (now - entry.SentAt) / 1000) with { PacketId = 0, Dup = false };
            if (take(new QueuedMessage(packet, now) { Share = entry.Share }))
                Remove(entry);
        }
    }

    private static Publish CountDown(Publish packet, long seconds)
    {
        if (seconds <= 0 || packet.Properties is not { MessageExpiryInterval: { } interval } properties)
            return packet;
        // [MQTT-3.3.2-6 v5] less the time that it waited, at each sending
        return packet with { Properties = properties with { MessageExpiryInterval = (uint)Math.Max(0, interval - seconds) } };
    }

    /// <summary>Messages are kept longer than a received chunk should live: see <see cref="QueuedMessage.ForKeeping"/>.</summary>
    public void Compact()
    {
        for (var entry = _first; entry is not null; entry = entry.Next)
        {
            if (entry.Packet is not null)
                entry.Packet = QueuedMessage.Compact(entry.Packet);
        }
    }

    private bool TryFind(ushort packetId, out Entry entry)
    {
        entry = null!;
        return _entries is not null && _entries.TryGetValue(packetId, out entry!);
    }

    private void Remove(Entry entry)
    {
        _entries!.Remove(entry.Id);
        Bytes -= entry.Size;
        if (entry.UsesQuota)
            _quotaUsed--;
        if (ReferenceEquals(_resend, entry))
            _resend = entry.Next;
        if (entry.Previous is null)
            _first = entry.Next;
        else
            entry.Previous.Next = entry.Next;
        if (entry.Next is null)
            _last = entry.Previous;
        else
            entry.Next.Previous = entry.Previous;
    }

    private sealed class Entry(ushort id)
    {
        public ushort Id { get; } = id;

        /// <summary>The message; null once PUBREC came and only the PUBREL is left.</summary>
        public Publish? Packet { get; set; }

        /// <summary>What <see cref="Packet"/> counts for.</summary>
        public int Size { get; set; }

        public long SentAt { get; init; }

        public object? Share { get; init; }

        public bool UsesQuota { get; set; }

        public Entry? Previous { get; set; }

        public Entry? Next { get; set; }
    }
}
