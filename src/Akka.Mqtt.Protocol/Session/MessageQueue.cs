namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// Messages that wait for their subscriber: offline, with a full window, or behind with reading. Bounded by messages and by bytes; what goes
/// when it is full is a rule. Two rows, of QoS 0 and of the others, whose messages carry a number: so that either kind can be dropped
/// without a look at the other, and both come out in the order in which they came. Owned by one thread at a time; allocates nothing until
/// the first message.
/// </summary>
internal sealed class MessageQueue
{
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private readonly QueueOverflow _overflow;
    private Queue<Numbered>? _qos0;
    private Queue<Numbered>? _others;
    private long _next;

    /// <summary>Makes a queue.</summary>
    /// <param name="maxMessages">Most messages.</param>
    /// <param name="maxBytes">Most bytes, as <see cref="QueuedMessage.Size"/> counts them. One message of any size is taken all the same.</param>
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

    /// <summary>Messages that gave way to newer ones since <see cref="TakeEvicted"/>.</summary>
    public int Evicted { get; private set; }

    /// <summary>Adds a message at the end; older ones may give way: see <see cref="TakeEvicted"/>.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(QueuedMessage message)
    {
        if (_maxMessages == 0)
            return false;
        var size = message.Size;
        var qos0 = message.Packet.QoS == QualityOfService.AtMostOnce;
        while (Count >= _maxMessages || (Bytes + size > _maxBytes && Count > 0))
        {
            if (!TryEvict(qos0))
                return false;
        }
        ref var row = ref qos0 ? ref _qos0 : ref _others;
        (row ??= new Queue<Numbered>()).Enqueue(new Numbered(_next++, message.ForKeeping()));
        Bytes += size;
        return true;
    }

    /// <summary>How many messages gave way to newer ones since the last call.</summary>
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
    public void Remove() => Bytes -= First().Dequeue().Message.Size;

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
                continue;
            ref var row = ref message.Packet.QoS == QualityOfService.AtMostOnce ? ref qos0 : ref others;
            (row ??= new Queue<Numbered>()).Enqueue(numbered);
            bytes += message.Size;
        }
        (_qos0, _others, Bytes) = (qos0, others, bytes);
    }

    /// <summary>Removes the messages of QoS 0: they are not kept for a client that is away.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveQoS0()
    {
        var removed = QoS0Count;
        foreach (var (_, message) in _qos0 ?? [])
            Bytes -= message.Size;
        _qos0 = null;
        return removed;
    }

    /// <summary>Removes all messages.</summary>
    /// <returns>How many there were.</returns>
    public int Clear()
    {
        var removed = Count;
        (_qos0, _others, Bytes) = (null, null, 0);
        return removed;
    }

    private Queue<Numbered> First() =>
        QoS0Count == 0 ? _others!
        : _others is { Count: > 0 } && _others.Peek().Number < _qos0!.Peek().Number ? _others
        : _qos0!;

    private bool TryEvict(bool newIsQoS0)
    {
        var row = _overflow switch
        {
            QueueOverflow.DropOldest => First(),
            QueueOverflow.DropQoS0First when !newIsQoS0 && QoS0Count > 0 => _qos0,
            _ => null,
        };
        if (row is null)
            return false;
        Bytes -= row.Dequeue().Message.Size;
        Evicted++;
        return true;
    }

    private readonly record struct Numbered(long Number, QueuedMessage Message);
}
