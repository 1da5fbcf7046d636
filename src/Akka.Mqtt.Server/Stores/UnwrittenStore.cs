using System.Collections.Concurrent;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Messages that are not written, of durable sessions that only the storage has: those of topics of class memory, and those of QoS 0 with
/// <c>queue-qos0-messages</c>. A session without any costs nothing here. Thread safe.
/// </summary>
/// <param name="limits">The bounds of each session.</param>
/// <param name="memory">The memory that all sessions share; null for no bound.</param>
internal sealed class UnwrittenStore(SessionLimits limits, ISessionMemory? memory)
{
    private readonly ConcurrentDictionary<long, UnwrittenMessages> _sessions = new();
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(static _ => new Lock())];

    /// <summary>Sessions that have such messages.</summary>
    public int Count => _sessions.Count;

    /// <summary>Makes an empty queue, for a session that is about to be parked.</summary>
    /// <returns>The queue.</returns>
    public UnwrittenMessages Make() => new(limits, memory);

    /// <summary>Keeps the messages of a session that its actor is about to let go of.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="messages">The messages.</param>
    public void Put(long session, UnwrittenMessages messages)
    {
        lock (LockOf(session))
            _sessions[session] = messages;
    }

    /// <summary>Takes the messages of a session for the actor that its target names already: what comes later goes to that actor.</summary>
    /// <param name="session">Its identity.</param>
    /// <returns>The messages, whose memory is returned; null for none.</returns>
    public UnwrittenMessages? Take(long session)
    {
        lock (LockOf(session))
        {
            if (!_sessions.TryRemove(session, out var messages))
                return null;
            messages.Return();
            return messages;
        }
    }

    /// <summary>Keeps messages of a session, if nobody holds it.</summary>
    /// <param name="owner">The session.</param>
    /// <param name="messages">The messages, each with the identity after which it comes.</param>
    /// <param name="drops">What was dropped.</param>
    /// <returns>Whether nobody holds the session; if somebody does, nothing was kept.</returns>
    public bool TryAdd(IUnwrittenOwner owner, ReadOnlySpan<(QueuedMessage Message, long After)> messages, out SessionDrops drops)
    {
        drops = default;
        lock (LockOf(owner.Session))
        {
            if (!owner.IsParked)
                return false;
            var kept = _sessions.GetOrAdd(owner.Session, static (_, self) => self.Make(), this);
            var written = owner.Written;
            foreach (var (message, after) in messages)
                kept.Add(message, after, written, ref drops);
            kept.Settle();
            if (kept is { Count: 0, InFlight: null })
                _sessions.TryRemove(owner.Session, out _);
            return true;
        }
    }

    /// <summary>
    /// Keeps the bounds of a parked session when more of its messages are written: those that are not written make room, the oldest first.
    /// </summary>
    /// <param name="session">Its identity.</param>
    /// <param name="written">What waits in it and is written.</param>
    /// <returns>What was dropped.</returns>
    public SessionDrops Trim(long session, QueueCount written)
    {
        var drops = default(SessionDrops);
        if (!_sessions.ContainsKey(session))
            return drops;
        lock (LockOf(session))
        {
            if (!_sessions.TryGetValue(session, out var messages))
                return drops;
            messages.Trim(written, ref drops);
            if (messages is { Count: 0, InFlight: null })
                _sessions.TryRemove(session, out _);
        }
        return drops;
    }

    /// <summary>What waits in a session and is not written.</summary>
    /// <param name="session">Its identity.</param>
    /// <returns>Messages and bytes.</returns>
    public QueueCount WaitingIn(long session) => _sessions.TryGetValue(session, out var kept) ? new QueueCount(kept.Count, kept.Bytes) : default;

    /// <summary>What waits in all sessions and is not written.</summary>
    /// <returns>Messages and bytes.</returns>
    public (long Messages, long Bytes) WaitingInAll()
    {
        var (messages, bytes) = (0L, 0L);
        foreach (var (_, kept) in _sessions)
        {
            messages += kept.Count;
            bytes += kept.Bytes;
        }
        return (messages, bytes);
    }

    private Lock LockOf(long session) => _locks[session & 63];
}

/// <summary>A durable session that may have messages that are not written. Thread safe.</summary>
internal interface IUnwrittenOwner
{
    /// <summary>The identity of the session.</summary>
    long Session { get; }

    /// <summary>Whether it goes on, and nobody holds it: what is published to it waits in the store.</summary>
    bool IsParked { get; }

    /// <summary>What waits in it and is written: both parts together have the bounds of one queue.</summary>
    QueueCount Written { get; }
}
