namespace Akka.Mqtt.Protocol;

/// <summary>
/// Messages that wait for their subscriber: offline, with a full window, or behind with reading. Bounded by messages and by bytes. The rule
/// when it is full: the new message is refused; QoS 0 already when the queue is half full, so that it cannot crowd out what was promised.
/// Owned by one thread at a time; allocates nothing until the first message.
/// </summary>
internal sealed class MessageQueue
{
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private Queue<QueuedMessage>? _messages;

    /// <summary>Makes a queue.</summary>
    /// <param name="maxMessages">Most messages.</param>
    /// <param name="maxBytes">Most bytes, as <see cref="QueuedMessage.Size"/> counts them.</param>
    public MessageQueue(int maxMessages, long maxBytes)
    {
        _maxMessages = maxMessages;
        _maxBytes = maxBytes;
    }

    /// <summary>Messages in the queue.</summary>
    public int Count => _messages?.Count ?? 0;

    /// <summary>Messages of QoS 0 among them.</summary>
    public int QoS0Count { get; private set; }

    /// <summary>Bytes in the queue.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds a message at the end.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(QueuedMessage message)
    {
        var qos0 = message.Packet.QoS == QualityOfService.AtMostOnce;
        var share = qos0 ? 2 : 1;
        var size = message.Size;
        if (Count >= Math.Max(1, _maxMessages / share) || (Bytes + size > _maxBytes / share && Count > 0) || _maxMessages == 0)
            return false;
        (_messages ??= new Queue<QueuedMessage>()).Enqueue(message.ForKeeping());
        Bytes += size;
        if (qos0)
            QoS0Count++;
        return true;
    }

    /// <summary>Looks at the first message.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryPeek(out QueuedMessage message)
    {
        message = default;
        return _messages is not null && _messages.TryPeek(out message);
    }

    /// <summary>Removes the first message; there must be one.</summary>
    public void Remove()
    {
        var message = _messages!.Dequeue();
        Bytes -= message.Size;
        if (message.Packet.QoS == QualityOfService.AtMostOnce)
            QoS0Count--;
    }

    /// <summary>Takes out the messages of shared subscriptions: none was sent, so another member of the group may have them.</summary>
    /// <param name="take">Asked for each, in order: whether it has a new owner. If not, it stays in its place.</param>
    public void TakeShared(Func<QueuedMessage, bool> take)
    {
        for (var left = Count; left > 0; left--)
        {
            _messages!.TryPeek(out var message);
            Remove();
            if (message.Share is null || !take(message))
                Return(message);
        }
    }

    /// <summary>Removes the messages of QoS 0: they are not kept for a client that is away.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveQoS0()
    {
        var removed = QoS0Count;
        if (removed == 0)
            return 0;
        for (var left = Count; left > 0; left--)
        {
            _messages!.TryPeek(out var message);
            Remove();
            if (message.Packet.QoS == QualityOfService.AtMostOnce)
                continue;
            Return(message);
        }
        return removed;
    }

    private void Return(QueuedMessage message)
    {
        _messages!.Enqueue(message);
        Bytes += message.Size;
        if (message.Packet.QoS == QualityOfService.AtMostOnce)
            QoS0Count++;
    }
}
