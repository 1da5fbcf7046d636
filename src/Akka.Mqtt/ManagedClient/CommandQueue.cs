using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Messages that wait to be sent: while there is no connection, the window is full, or the connection is behind with writing. Bounded by bytes and by
/// messages.
/// </summary>
internal sealed class CommandQueue
{
    private Queue<Entry>? _again; // messages that were sent in a lost session: sent before all others, and never dropped; null until needed
    private Queue<Entry>? _entries; // null until there was one: an idle client has none
    private readonly long _maxBytes;
    private readonly int _maxMessages;
    private readonly MqttClientOverflow _overflow;

    /// <summary>Makes a queue.</summary>
    /// <param name="maxBytes">Most bytes; one message of any size is taken when no other waits.</param>
    /// <param name="maxMessages">Most messages.</param>
    /// <param name="overflow">The message that is dropped when it is full.</param>
    public CommandQueue(long maxBytes, int maxMessages, MqttClientOverflow overflow)
    {
        _maxMessages = maxMessages;
        _maxBytes = maxBytes;
        _overflow = overflow;
    }

    /// <summary>Messages in the queue.</summary>
    public int Count => (_again?.Count ?? 0) + (_entries?.Count ?? 0);

    /// <summary>Bytes in the queue.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a message has to wait for space: then <see cref="TryDrop"/> may make some.</summary>
    /// <param name="size">Bytes of the message.</param>
    /// <param name="bytesInFlight">Bytes of the messages in flight, which share the bound.</param>
    /// <param name="inFlight">The messages in flight, which share the bound.</param>
    public bool IsFullFor(int size, long bytesInFlight, int inFlight) =>
        (Bytes + bytesInFlight + size > _maxBytes && Bytes + bytesInFlight > 0) || Count + inFlight >= _maxMessages;

    /// <summary>Takes out the oldest message that was never sent, if the overflow rule gives it up for a newer one.</summary>
    /// <param name="dropped">The message.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryDrop(out Pending dropped)
    {
        dropped = default;
        if (_overflow != MqttClientOverflow.DropOldest || _entries is not { Count: > 0 })
            return false;
        dropped = Remove(_entries);
        return true;
    }

    /// <summary>Takes out the messages that have waited too long, but for those whose sender has an outcome already.</summary>
    /// <param name="takenBefore">Those that the client took before that time have.</param>
    /// <returns>The messages, in order.</returns>
    public List<Pending> RemoveLate(long takenBefore)
    {
        var late = new List<Pending>();
        RemoveLate(ref _again, takenBefore, late);
        RemoveLate(ref _entries, takenBefore, late);
        return late;
    }

    /// <summary>Adds a message at the end.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="message">The message.</param>
    public void Add(in Pending pending, in QueuedMessage message)
    {
        (_entries ??= new Queue<Entry>()).Enqueue(new Entry(pending, message));
        Bytes += message.KeptSize;
    }

    /// <summary>Adds messages before all others, because they were sent first.</summary>
    /// <param name="earlier">The messages, in order.</param>
    public void AddBefore(IEnumerable<(Pending Pending, QueuedMessage Message)> earlier)
    {
        var later = _again?.ToArray() ?? [];
        _again = new Queue<Entry>();
        foreach (var (pending, message) in earlier)
        {
            _again.Enqueue(new Entry(pending with { WasSent = true }, message));
            Bytes += message.KeptSize;
        }
        foreach (var entry in later)
            _again.Enqueue(entry);
    }

    /// <summary>Returns the first message without removing it.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="message">The message.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryPeek(out Pending pending, out QueuedMessage message)
    {
        var found = TryPeek(_again, out var entry) || TryPeek(_entries, out entry);
        (pending, message) = entry;
        return found;
    }

    /// <summary>Removes the first message; there must be one.</summary>
    /// <returns>The command.</returns>
    public Pending Remove() => Remove(_again is { Count: > 0 } ? _again : _entries!);

    private static bool TryPeek(Queue<Entry>? entries, out Entry first)
    {
        first = default;
        return entries?.TryPeek(out first) == true;
    }

    private void RemoveLate(ref Queue<Entry>? entries, long takenBefore, List<Pending> late)
    {
        if (entries?.Any(entry => IsLate(entry.Pending)) != true)
            return;
        var rest = new Queue<Entry>(entries.Count);
        foreach (var entry in entries)
        {
            if (!IsLate(entry.Pending))
            {
                rest.Enqueue(entry);
                continue;
            }
            late.Add(entry.Pending);
            Bytes -= entry.Message.KeptSize;
        }
        entries = rest;

        bool IsLate(in Pending pending) => !pending.IsStored && pending.TakenAt < takenBefore;
    }

    private Pending Remove(Queue<Entry> entries)
    {
        var (pending, message) = entries.Dequeue();
        Bytes -= message.KeptSize;
        return pending;
    }

    private readonly record struct Entry(Pending Pending, QueuedMessage Message);
}
