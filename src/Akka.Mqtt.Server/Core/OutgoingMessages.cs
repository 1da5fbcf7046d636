using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The messages from the server to the client of one session: sent at once, queued, in flight, or sent again. Part of
/// <see cref="SessionCore"/>; owned by one thread at a time. Each call takes a batch, and records its events before it returns.
/// </summary>
internal sealed class OutgoingMessages
{
    // A client without messages in flight may be sent one message of this size even when no memory is left: otherwise a full server could never empty its queues.
    private const int AlwaysInFlight = 64 * 1024;

    private static readonly Publish[] NoBatch = [];

    private readonly SessionLimits _limits;
    private readonly SessionRecord? _record;
    private readonly OutboundWindow _window;
    private readonly MessageQueue _queue;
    private MemoryGrant _queuedMemory;
    private MemoryGrant _inFlightMemory;
    private IOutlet? _outlet;
    private SessionDrops _drops;
    private bool _sharedSeen; // whether a message of a shared subscription may be in the window or the queue

    public OutgoingMessages(SessionLimits limits, SessionRecord? record, ISessionMemory? memory)
    {
        _limits = limits;
        _record = record;
        _window = new OutboundWindow(limits.MaxInflightBytes);
        _queue = new MessageQueue(limits.MaxQueuedMessages, limits.MaxQueuedBytes, limits.Overflow) { Removed = record?.Removed };
        _queuedMemory = new MemoryGrant(memory, SessionMemory.Queued);
        _inFlightMemory = new MemoryGrant(memory, SessionMemory.InFlight);
        _queue.AllowedBytes = _queuedMemory.Granted;
    }

    /// <summary>Messages in the queue.</summary>
    public int QueuedCount => _queue.Count;

    /// <summary>Messages of QoS 0 among them.</summary>
    public int QueuedQoS0Count => _queue.QoS0Count;

    /// <summary>Bytes of messages in the queue.</summary>
    public long QueuedBytes => _queue.Bytes;

    /// <summary>Messages in flight: sent, and not completely acknowledged.</summary>
    public int InFlightCount => _window.Count;

    /// <summary>Bytes of messages in flight, which are kept to be sent again.</summary>
    public long InFlightBytes => _window.Bytes;

    /// <summary>The highest number of unacknowledged messages on this connection.</summary>
    public int InFlightQuota => _window.Quota;

    /// <summary>
    /// Whether retained messages of a new subscription are still to be sent. They are sent before newer messages of QoS 1 and 2
    /// [MQTT-4.6.0-6 v5], as long as the queue has room for the latter.
    /// </summary>
    public bool HasReplay { get; set; }

    /// <summary>Whether retained messages must be sent first now: see <see cref="HasReplay"/>.</summary>
    public bool ReplayFirst =>
        HasReplay && _queue.Count <= _limits.MaxQueuedMessages / 4 && _queue.Bytes <= _limits.MaxQueuedBytes / 4;

    /// <summary>Whether <see cref="Pump"/> has something to send when the connection accepts more.</summary>
    public bool HasWaiting => _queue.Count > 0 || _window.IsResending;

    /// <summary>Sends or queues the messages of one batch.</summary>
    /// <param name="batch">The batch; the array is not written to any more.</param>
    /// <param name="shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    /// <param name="receivedAt">When the server received the batch.</param>
    /// <param name="now">The time now.</param>
    /// <param name="handOver">Gives messages of shared subscriptions to other members first while the client is offline.</param>
    /// <param name="from">The position to begin at.</param>
    /// <returns>
    /// The position of the first message that was not taken: the length of the batch, or less when the queue is full and
    /// <see cref="SessionLimits.WaitWhenFull"/> is set. In that case call again from this position once the queue has become shorter.
    /// </returns>
    public int Deliver(Publish[] batch, SharedKey?[]? shares, long receivedAt, long now, IHandOver? handOver = null, int from = 0)
    {
        var at = from;
        for (; at < batch.Length; at++)
        {
            var message = new QueuedMessage(batch[at], receivedAt);
            if (shares?[at] is { } share)
            {
                message = message with { Share = share };
                _sharedSeen = true;
                if (_outlet is null && handOver?.TryHandOver(message, connectedOnly: true) == true)
                    continue;
            }
            if (MaySend(message))
                Send(message, now, batch, at);
            else if (!Queue(message, batch, at))
                break;
        }
        Settle();
        return at;
    }

    /// <summary>Whether a new message of QoS 0 can be sent at once.</summary>
    public bool IsClear => _outlet is { IsFull: false } && !HasReplay && _queue.QoS0Count == 0;

    /// <summary>Sends a retained message, if the window and the connection allow it now.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time now.</param>
    /// <param name="expired">Whether the message had expired.</param>
    /// <returns>Whether the message was sent or had expired. If not, try again after the next acknowledgement, or when the connection accepts more.</returns>
    public bool TrySendReplay(in QueuedMessage message, long now, out bool expired)
    {
        expired = false;
        if (_outlet is not { IsFull: false } || !(ReplayFirst || _queue.Count == 0))
            return false;
        if (message.Packet.QoS != QualityOfService.AtMostOnce && !HasRoom(message, isKept: true))
            return false;
        expired = !Send(message, now, BatchOf(message), 0);
        Settle();
        return true;
    }

    /// <summary>Queues a retained message that was not sent before the client disconnected.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryQueueReplay(in QueuedMessage message)
    {
        var kept = (message.Packet.QoS != QualityOfService.AtMostOnce || _limits.QueueQoS0) && TryQueue(message, BatchOf(message), 0);
        Settle();
        return kept;
    }

    /// <summary>
    /// Sends as many messages as the window and the connection allow: first those that an earlier connection had in flight [MQTT-4.4.0-1], then the queue.
    /// </summary>
    /// <param name="now">The time now.</param>
    public void Pump(long now)
    {
        if (_outlet is { } outlet)
        {
            while (!outlet.IsFull && _window.TryPeekResend(out var id, out var message))
                Resend(outlet, id, message, now);
            while (!outlet.IsFull && _queue.TryPeek(out var message))
            {
                if (message.Packet.QoS != QualityOfService.AtMostOnce && (ReplayFirst || !HasRoom(message, isKept: true)))
                    break;
                var number = _queue.Remove();
                Send(message, now, null, number);
            }
        }
        Settle();
    }

    /// <summary>Handles a PUBACK. Call <see cref="Pump"/> after the last packet of the chunk.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether the identifier was expected.</returns>
    public AckResult PubAck(ushort packetId)
    {
        var result = _window.PubAck(packetId);
        if (result == AckResult.Done)
            _record?.Acknowledged(packetId);
        return result;
    }

    /// <summary>Handles a PUBREC. Call <see cref="Pump"/> after the last packet of the chunk.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <param name="accepted">Whether its reason code is below 0x80.</param>
    /// <returns>Whether the identifier was expected; the caller sends the answer.</returns>
    public AckResult PubRec(ushort packetId, bool accepted)
    {
        var result = _window.PubRec(packetId, accepted);
        if (result == AckResult.Release)
            _record?.Confirmed(packetId);
        else if (result == AckResult.Done)
            _record?.Acknowledged(packetId);
        return result;
    }

    /// <summary>Handles a PUBCOMP. Call <see cref="Pump"/> after the last packet of the chunk.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether the identifier was expected.</returns>
    public AckResult PubComp(ushort packetId)
    {
        var result = _window.PubComp(packetId);
        if (result == AckResult.Done)
            _record?.Acknowledged(packetId);
        return result;
    }

    /// <summary>
    /// Gives messages of shared subscriptions to other members: queued ones, and those of QoS 1 that are not acknowledged (U-4.8.2-1 v5).
    /// </summary>
    /// <param name="handOver">Looks for other members.</param>
    /// <param name="connectedOnly">Whether only connected members may get them, because the session continues.</param>
    public void HandOver(IHandOver handOver, bool connectedOnly)
    {
        if (!_sharedSeen)
            return;
        bool Take(QueuedMessage message) => handOver.TryHandOver(message, connectedOnly);
        _record?.Flush();
        _window.TakeShared(Take, _record?.AcknowledgedIds);
        _queue.TakeShared(Take);
        Settle();
    }

    /// <summary>Drops the queue, because the server is short of memory.</summary>
    /// <returns>How many messages.</returns>
    public int DropQueue()
    {
        var dropped = _queue.Clear();
        Settle();
        return dropped;
    }

    /// <summary>Messages that were dropped since the last call.</summary>
    public SessionDrops TakeDrops()
    {
        _drops.QueueFull += _queue.TakeEvicted();
        var drops = _drops;
        _drops = default;
        return drops;
    }

    internal void BeginConnection(IOutlet outlet, int receiveMaximum)
    {
        _outlet = outlet;
        _window.BeginConnection(Math.Min(receiveMaximum, _limits.MaxInflightMessages)); // [MQTT-3.3.4-9 v5]
    }

    internal void EndConnection()
    {
        _outlet = null;
        HasReplay = false;
        _window.Compact();
        if (!_limits.QueueQoS0)
            _drops.Offline += _queue.RemoveQoS0();
        Settle(all: true);
    }

    /// <summary>Drops everything, because the session ends.</summary>
    internal void Clear()
    {
        _outlet = null;
        _drops.SessionEnded += _queue.Count;
        _queue.Removed = null; // the event for the end of the session covers these
        _queue.Clear();
        _queuedMemory.Settle(0, all: true);
        _inFlightMemory.Settle(0, all: true);
    }

    /// <summary>Stops using this object, because the session continues elsewhere, for example in the storage.</summary>
    internal void Forget()
    {
        _queuedMemory.Settle(0, all: true);
        _inFlightMemory.Settle(0, all: true);
    }

    internal void SaveTo(SessionSnapshot snapshot)
    {
        snapshot.Queue = new SortedDictionary<long, QueuedMessage>(_queue.Messages.ToDictionary());
        snapshot.NextNumber = _queue.NextNumber;
        snapshot.InFlight = [.. _window.Messages()];
        snapshot.LastPacketId = _window.LastId;
    }

    internal void Restore(SessionSnapshot snapshot)
    {
        _queue.Restore(snapshot.Queue.Select(each => (each.Key, each.Value)), snapshot.NextNumber);
        foreach (var (id, message) in snapshot.InFlight)
            _window.Restore(id, message);
        _window.RestoreLastId(snapshot.LastPacketId);
        _sharedSeen = true;
        _queuedMemory.Cover(_queue.Bytes);
        _inFlightMemory.Cover(_window.Bytes);
        Settle(all: true);
    }

    private Publish[] BatchOf(in QueuedMessage message) => _record is null ? NoBatch : [message.Packet];

    /// <summary>Whether a new message may overtake the queue: a message of QoS 0 needs no window, and is ordered only among messages of QoS 0.</summary>
    private bool MaySend(in QueuedMessage message) =>
        _outlet is { IsFull: false } && (message.Packet.QoS == QualityOfService.AtMostOnce
            ? _queue.QoS0Count == 0 // U-4.9-1 v5: QoS 0 is sent even when the quota is used up
            : _queue.Count == 0 && !ReplayFirst && HasRoom(message, isKept: false));

    /// <summary>Whether the window has a free place for a message and there is memory for it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isKept">
    /// Whether the message is already counted, as part of the queue. If so, it needs no more memory when it is the only one in flight.
    /// </param>
    private bool HasRoom(in QueuedMessage message, bool isKept)
    {
        if (!_window.HasRoom)
            return false;
        var size = message.KeptSize;
        return _inFlightMemory.TryCover(_window.Bytes + size) || (_window.Bytes == 0 && (isKept || size <= AlwaysInFlight));
    }

    /// <summary>Sends a new message: from a batch, or from the queue.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time now.</param>
    /// <param name="batch">The batch in which it came; null when it was in the queue.</param>
    /// <param name="number">Its position in the batch; its number when it was in the queue.</param>
    /// <returns>Whether it had not expired.</returns>
    private bool Send(in QueuedMessage message, long now, Publish[]? batch, long number)
    {
        var shaped = message.TryGet(now, out var packet) ? _outlet!.Shape(packet!) : null;
        if (shaped is null || shaped.QoS == QualityOfService.AtMostOnce)
        {
            if (batch is null)
                _record?.Removed.Add(number);
            if (packet is null)
                _drops.Expired++;
            else if (shaped is not null)
                _outlet!.Send(shaped);
            return packet is not null;
        }
        var sent = _window.Add(
            shaped.QoS == message.Packet.QoS ? message : message with { Packet = message.Packet with { QoS = shaped.QoS } }, shaped);
        _inFlightMemory.Cover(_window.Bytes);
        if (_record is not null)
        {
            if (batch is not null)
            {
                var position = (int)number;
                number = _queue.TakeNumber();
                _record.Queued(batch, message.ReceivedAt, position, number, message.Share);
            }
            _record.Sent(number, sent.PacketId);
        }
        _outlet!.Send(sent);
        return true;
    }

    private void Resend(IOutlet outlet, ushort id, in QueuedMessage? message, long now)
    {
        if (message is not { } kept)
        {
            _window.Resent();
            outlet.Send(new PubRel(id));
        }
        else if (outlet.Shape(kept.ToSend(now)) is { } shaped)
        {
            _window.Resent();
            outlet.Send(shaped with { PacketId = id, Dup = true, QoS = kept.Packet.QoS }); // [MQTT-3.3.1-1]
        }
        else if (_window.Skip()) // [MQTT-3.1.2-25 v5]
        {
            _record?.Confirmed(id);
            outlet.Send(new PubRel(id));
        }
        else
        {
            _record?.Acknowledged(id);
        }
    }

    /// <summary>Queues a message, or drops it by the overflow rule.</summary>
    /// <returns>Whether the message was queued or dropped.</returns>
    private bool Queue(in QueuedMessage message, Publish[] batch, int position)
    {
        var qos0 = message.Packet.QoS == QualityOfService.AtMostOnce;
        if (qos0 && _outlet is null && !_limits.QueueQoS0)
            _drops.Offline++; // [MQTT-3.1.2-5 v3.1.1] QoS 1 and 2 wait for the client, QoS 0 does not
        else if (TryQueue(message, batch, position))
            return true;
        else if (_limits.WaitWhenFull && !qos0)
            return false;
        else if (_queue.Bytes + message.KeptSize > _queue.AllowedBytes)
            _drops.NoMemory++;
        else
            _drops.QueueFull++;
        return true;
    }

    private bool TryQueue(in QueuedMessage message, Publish[] batch, int position)
    {
        _queuedMemory.TryCover(_queue.Bytes + message.KeptSize);
        _queue.AllowedBytes = _queuedMemory.Granted;
        var number = _queue.NextNumber;
        if (!_queue.TryAdd(message))
            return false;
        _record?.Queued(batch, message.ReceivedAt, position, number, message.Share);
        return true;
    }

    private void Settle(bool all = false)
    {
        _queuedMemory.Settle(_queue.Bytes, all || _outlet is null);
        _inFlightMemory.Settle(_window.Bytes, all || _outlet is null);
        _record?.Flush();
    }
}
