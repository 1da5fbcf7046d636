namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// Messages that wait for their subscriber: offline, with a full window, or behind with reading. Bounded by messages and by bytes; what is
/// dropped when it is full is a rule. Two queues, of QoS 0 and of the others, whose messages carry a number: so that either kind can be dropped
/// without considering the other, and both come out in the order in which they arrived. Owned by one thread at a time; allocates nothing until
/// the first message.
/// </summary>
internal sealed class MessageQueue
{
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private readonly QueueOverflow _overflow;
    private Queue<Numbered>? _qos0;
    private Queue<Numbered>? _others;

    /// <summary>Makes a queue.</summary>
    /// <param name="maxMessages">Most messages.</param>
    /// <param name="maxBytes">
    /// Most bytes, as <see cref="QueuedMessage.KeptSize"/> counts them. One message of any size is taken when nothing else waits.
    /// </param>
    /// <param name="overflow">What is given up when it is full.</param>
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

    /// <summary>Most bytes that the server has for this queue at present; unlike the bound of the queue itself it holds for the first message too.</summary>
    public long AllowedBytes { get; set; } = long.MaxValue;

    /// <summary>Most messages that the owner allows at present; below 1 none.</summary>
    public int AllowedMessages { get; set; } = int.MaxValue;

    /// <summary>Messages that were dropped for newer ones since <see cref="TakeEvicted"/>.</summary>
    public int Evicted { get; private set; }

    /// <summary>The number that the next message gets: numbers rise over the life of a session.</summary>
    public long NextNumber { get; private set; }

    /// <summary>When it is set, the numbers of all messages that leave the queue but by <see cref="Remove"/> are added to it.</summary>
    public List<long>? Removed { get; set; }

    /// <summary>The messages with their numbers, in order.</summary>
    public IEnumerable<(long Number, QueuedMessage Message)> Messages =>
        (_qos0 ?? []).Concat(_others ?? []).OrderBy(each => each.Number).Select(each => (each.Number, each.Message));

    /// <summary>Adds a message at the end; older ones may be dropped for it: see <see cref="TakeEvicted"/>.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(in QueuedMessage message) => TryAdd(message, NextNumber);

    /// <summary>Adds a message at the end, with a number that its owner gives.</summary>
    /// <param name="message">The message.</param>
    /// <param name="number">The number; none of a message in the queue is higher.</param>
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

    /// <summary>A message that is sent without waiting takes a number too, so that the order of all is known.</summary>
    /// <returns>The number.</returns>
    public long TakeNumber() => NextNumber++;

    /// <summary>Adds messages that a store kept. Nothing is dropped for them.</summary>
    /// <param name="messages">The messages with their numbers, in order.</param>
    /// <param name="nextNumber">The number that the next message gets.</param>
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

    /// <summary>Looks at the first message.</summary>
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

    /// <summary>Removes the first message; there must be one.</summary>
    /// <returns>Its number.</returns>
    public long Remove()
    {
        var (number, message) = First().Dequeue();
        Bytes -= message.KeptSize;
        return number;
    }

    /// <summary>Takes out the messages of shared subscriptions: none was sent, so another member of the group may have them.</summary>
    /// <param name="take">Asked for each, in order: whether it has a new owner. If not, it stays in its place.</param>
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

    /// <summary>Removes the messages of QoS 0: they are not kept for a client that is away.</summary>
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
