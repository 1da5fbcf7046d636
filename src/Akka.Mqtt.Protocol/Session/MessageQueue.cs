namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// Messages that wait for their subscriber because it is offline, slow, or has a full window. Limited in messages and bytes; a rule
/// decides what is dropped when it is full. It consists of two queues, one for QoS 0 and one for the others, whose messages are numbered.
/// So either kind can be dropped separately, and all messages leave in the order in which they arrived. Owned by one thread at a time;
/// allocates nothing before the first message.
/// </summary>
internal sealed class MessageQueue
{
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private readonly QueueOverflow _overflow;
    private Queue<Numbered>? _qos0;
    private Queue<Numbered>? _others;

    /// <summary>Creates a queue.</summary>
    /// <param name="maxMessages">The highest number of messages.</param>
    /// <param name="maxBytes">
    /// The highest number of bytes, as <see cref="QueuedMessage.KeptSize"/> counts them. An empty queue accepts one message of any size.
    /// </param>
    /// <param name="overflow">What is dropped when it is full.</param>
    public MessageQueue(int maxMessages, long maxBytes, QueueOverflow overflow = QueueOverflow.DropQoS0First)
    {
        _maxMessages = maxMessages;
        _maxBytes = maxBytes;
        _overflow = overflow;
    }

    /// <summary>Messages in the queue.</summary>
    public int Count => QoS0Count + (_others?.Count ?? 0);

    /// <summary>Messages of QoS 0 among them.</summary>
    public int QoS0Count => _qos0?.Count ?? 0;

    /// <summary>Bytes in the queue.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// The highest number of bytes that the server has for this queue now. Unlike the limit of the queue itself, it also applies to the
    /// first message.
    /// </summary>
    public long AllowedBytes { get; set; } = long.MaxValue;

    /// <summary>The highest number of messages that the owner allows now; below 1 none.</summary>
    public int AllowedMessages { get; set; } = int.MaxValue;

    /// <summary>Messages that were dropped for newer ones since the last <see cref="TakeEvicted"/>.</summary>
    public int Evicted { get; private set; }

    /// <summary>The number of the next message; numbers rise over the life of a session.</summary>
    public long NextNumber { get; private set; }

    /// <summary>If set, receives the numbers of all messages that leave the queue in another way than <see cref="Remove"/>.</summary>
    public List<long>? Removed { get; set; }

    /// <summary>The messages with their numbers, in order.</summary>
    public IEnumerable<(long Number, QueuedMessage Message)> Messages =>
        (_qos0 ?? []).Concat(_others ?? []).OrderBy(each => each.Number).Select(each => (each.Number, each.Message));

    /// <summary>Adds a message at the end. Older ones may be dropped for it: see <see cref="TakeEvicted"/>.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(in QueuedMessage message) => TryAdd(message, NextNumber);

    /// <summary>Adds a message at the end, with a number chosen by the owner.</summary>
    /// <param name="message">The message.</param>
    /// <param name="number">The number; not lower than that of any queued message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(in QueuedMessage message, long number)
    {
        var size = message.KeptSize;
        if (_maxMessages == 0 || size > AllowedBytes)
            return false;
        var qos0 = message.Packet.QoS == QualityOfService.AtMostOnce;
        while (Count >= Math.Min(_maxMessages, AllowedMessages) || (Bytes + size > _maxBytes && Count > 0) || Bytes + size > AllowedBytes)
        {
            if (!TryEvict(qos0))
                return false;
        }
        Add(number, message.ForKeeping(), size);
        NextNumber = number + 1;
        return true;
    }

    /// <summary>Takes a number for a message that is sent at once, so that the order of all messages is known.</summary>
    /// <returns>The number.</returns>
    public long TakeNumber() => NextNumber++;

    /// <summary>Adds messages that a store has kept. Drops nothing for them.</summary>
    /// <param name="messages">The messages with their numbers, in order.</param>
    /// <param name="nextNumber">The number of the next message.</param>
    public void Restore(IEnumerable<(long Number, QueuedMessage Message)> messages, long nextNumber)
    {
        foreach (var (number, message) in messages)
            Add(number, message, message.KeptSize);
        NextNumber = nextNumber;
    }

    /// <summary>How many messages were dropped for newer ones since the last call.</summary>
    /// <returns>Messages.</returns>
    public int TakeEvicted()
    {
        var evicted = Evicted;
        Evicted = 0;
        return evicted;
    }

    /// <summary>Returns the first message without removing it.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryPeek(out QueuedMessage message)
    {
        message = default;
        if (Count == 0)
            return false;
        message = First().Peek().Message;
        return true;
    }

    /// <summary>Removes the first message; the queue must not be empty.</summary>
    /// <returns>Its number.</returns>
    public long Remove()
    {
        var (number, message) = First().Dequeue();
        Bytes -= message.KeptSize;
        return number;
    }

    /// <summary>Gives away messages of shared subscriptions. None was sent, so another member of the group may receive them.</summary>
    /// <param name="take">Called for each in order; returns whether another member has it. If not, the message stays in its place.</param>
    public void TakeShared(Func<QueuedMessage, bool> take)
    {
        Queue<Numbered>? qos0 = null;
        Queue<Numbered>? others = null;
        var bytes = 0L;
        while (Count > 0)
        {
            var numbered = First().Dequeue();
            var message = numbered.Message;
            if (message.Share is not null && take(message))
            {
                Removed?.Add(numbered.Number);
                continue;
            }
            ref var queue = ref message.Packet.QoS == QualityOfService.AtMostOnce ? ref qos0 : ref others;
            (queue ??= new Queue<Numbered>()).Enqueue(numbered);
            bytes += message.KeptSize;
        }
        (_qos0, _others, Bytes) = (qos0, others, bytes);
    }

    /// <summary>Removes the messages of QoS 0, which are not kept for an offline client.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveQoS0()
    {
        var removed = QoS0Count;
        foreach (var (number, message) in _qos0 ?? [])
        {
            Removed?.Add(number);
            Bytes -= message.KeptSize;
        }
        _qos0 = null;
        return removed;
    }

    /// <summary>Removes all messages.</summary>
    /// <returns>How many there were.</returns>
    public int Clear()
    {
        var removed = Count;
        if (Removed is not null)
        {
            foreach (var (number, _) in Messages)
                Removed.Add(number);
        }
        (_qos0, _others, Bytes) = (null, null, 0);
        return removed;
    }

    private void Add(long number, QueuedMessage kept, int size)
    {
        ref var queue = ref kept.Packet.QoS == QualityOfService.AtMostOnce ? ref _qos0 : ref _others;
        (queue ??= new Queue<Numbered>()).Enqueue(new Numbered(number, kept));
        Bytes += size;
    }

    private Queue<Numbered> First() =>
        QoS0Count == 0 ? _others!
        : _others is { Count: > 0 } && _others.Peek().Number < _qos0!.Peek().Number ? _others
        : _qos0!;

    private bool TryEvict(bool newIsQoS0)
    {
        if (Count == 0)
            return false;
        var queue = _overflow switch
        {
            QueueOverflow.DropOldest => First(),
            QueueOverflow.DropQoS0First when !newIsQoS0 && QoS0Count > 0 => _qos0,
            _ => null,
        };
        if (queue is null)
            return false;
        var (number, message) = queue.Dequeue();
        Removed?.Add(number);
        Bytes -= message.KeptSize;
        Evicted++;
        return true;
    }

    private readonly record struct Numbered(long Number, QueuedMessage Message);
}
