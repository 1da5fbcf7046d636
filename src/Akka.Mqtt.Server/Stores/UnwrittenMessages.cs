using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Messages of one parked durable session that are not written to the storage: a queue beside the rows of the storage, with the limits of
/// a session, and messages in flight. They end with the process. Guarded by <see cref="UnwrittenStore"/> while they are in it.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="memory">The memory that all sessions share.</param>
internal sealed class UnwrittenMessages(SessionLimits limits, ISessionMemory? memory)
{
    private readonly MessageQueue _queue = new(limits.MaxQueuedMessages, limits.MaxQueuedBytes, limits.Overflow);
    private MemoryGrant _memory = new(memory, SessionMemory.Queued);
    private long _inFlightBytes;
    private long _last;

    /// <summary>Messages in the queue.</summary>
    public int Count => _queue.Count;

    /// <summary>Their bytes.</summary>
    public long Bytes => _queue.Bytes;

    /// <summary>The messages in the queue in order. The number of each is the identity of the written message before it.</summary>
    public IEnumerable<(long After, QueuedMessage Message)> Queue => _queue.Messages;

    /// <summary>
    /// All packet identifiers in flight, in the order in which they were first sent; with the message where it is not written. Null when
    /// all messages are written.
    /// </summary>
    public List<(ushort PacketId, QueuedMessage? Message)>? InFlight { get; private set; }

    /// <summary>The packet identifier that was used last; valid when <see cref="InFlight"/> is not null.</summary>
    public ushort LastPacketId { get; private set; }

    /// <summary>Adds a message of a session that is about to be parked.</summary>
    /// <param name="message">The message.</param>
    /// <param name="after">The identity of the written message before it; 0 for none.</param>
    public void Keep(in QueuedMessage message, long after)
    {
        _last = Math.Max(_last, after);
        _queue.Restore([(_last, message)], _last + 1);
        _memory.Cover(_queue.Bytes);
    }

    /// <summary>Adds the messages in flight of a session that is about to be parked.</summary>
    /// <param name="inFlight">All packet identifiers in flight, with the messages that are not written.</param>
    /// <param name="lastPacketId">The packet identifier that was used last.</param>
    public void Keep(List<(ushort PacketId, QueuedMessage? Message)> inFlight, ushort lastPacketId)
    {
        (InFlight, LastPacketId) = (inFlight, lastPacketId);
        foreach (var (_, message) in inFlight)
            _inFlightBytes += message?.KeptSize ?? 0;
        memory?.Take(SessionMemory.InFlight, _inFlightBytes);
    }

    /// <summary>Adds a message that was published while the session is parked, by the overflow rule.</summary>
    /// <param name="message">The message.</param>
    /// <param name="after">The identity of the written message before it.</param>
    /// <param name="written">The waiting messages that are written: they count too.</param>
    /// <param name="drops">Counts the dropped messages.</param>
    public void Add(in QueuedMessage message, long after, QueueCount written, ref SessionDrops drops)
    {
        var size = message.KeptSize;
        _memory.TryCover(_queue.Bytes + size);
        _queue.AllowedMessages = limits.MaxQueuedMessages - written.Messages;
        _queue.AllowedBytes = written.Messages == 0 ? _memory.Granted : Math.Min(_memory.Granted, limits.MaxQueuedBytes - written.Bytes);
        _last = Math.Max(_last, after); // these messages keep the order in which they arrived
        if (!_queue.TryAdd(message, _last))
        {
            if (_queue.Bytes + size > _memory.Granted)
                drops.NoMemory++;
            else
                drops.QueueFull++;
        }
        drops.QueueFull += _queue.TakeEvicted();
    }

    /// <summary>Drops the oldest messages until the limits are kept.</summary>
    /// <param name="written">The waiting messages that are written.</param>
    /// <param name="drops">Counts the dropped messages.</param>
    public void Trim(QueueCount written, ref SessionDrops drops)
    {
        while (_queue.Count > 0 && (_queue.Count + written.Messages > limits.MaxQueuedMessages
            || (_queue.Count + written.Messages > 1 && _queue.Bytes + written.Bytes > limits.MaxQueuedBytes)))
        {
            _queue.Remove();
            drops.QueueFull++;
        }
        Settle();
    }

    /// <summary>Returns memory that is not needed, because no message is added before the session takes them.</summary>
    public void Settle() => _memory.Settle(_queue.Bytes, all: true);

    /// <summary>Returns the memory, because the session has taken the messages.</summary>
    public void Return()
    {
        _memory.Settle(0, all: true);
        memory?.Take(SessionMemory.InFlight, -_inFlightBytes);
        _inFlightBytes = 0;
    }
}
