using System.Collections.Concurrent;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Messages of parked durable sessions that are not written to the storage: those of topics with durability <c>memory</c>, and those of
/// QoS 0 with <c>queue-qos0-messages</c>. A session without such messages needs no entry here. Thread safe.
/// </summary>
/// <param name="limits">The limits of each session.</param>
/// <param name="memory">The memory that all sessions share; null for no limit.</param>
internal sealed class UnwrittenStore(SessionLimits limits, ISessionMemory? memory)
{
    private readonly ConcurrentDictionary<long, UnwrittenMessages> _sessions = new();
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(static _ => new Lock())];

    /// <summary>The number of sessions with such messages.</summary>
    public int Count => _sessions.Count;

    /// <summary>Creates an empty queue for a session that is about to be parked.</summary>
    /// <returns>The queue.</returns>
    public UnwrittenMessages Make() => new(limits, memory);

    /// <summary>Keeps the messages of a session that its actor is about to park.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="messages">The messages.</param>
    public void Put(long session, UnwrittenMessages messages)
    {
        lock (LockOf(session))
            _sessions[session] = messages;
    }

    /// <summary>
    /// Takes the messages of a session for its actor. The target already refers to the actor, so that later messages go to it.
    /// </summary>
    /// <param name="session">Its identity.</param>
    /// <returns>The messages, whose memory has been returned; null for none.</returns>
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

    /// <summary>Keeps messages of a session, if it is parked.</summary>
    /// <param name="owner">The session.</param>
    /// <param name="messages">The messages, each with the identity of the written message before it.</param>
    /// <param name="drops">Counts the dropped messages.</param>
    /// <returns>Whether the session is parked. If not, nothing was kept.</returns>
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
    /// Keeps the limits of a parked session when more messages of it are written: drops messages that are not written, the oldest first.
    /// </summary>
    /// <param name="session">Its identity.</param>
    /// <param name="written">The waiting messages that are written.</param>
    /// <returns>The dropped messages.</returns>
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

    /// <summary>The messages that wait in a session and are not written.</summary>
    /// <param name="session">Its identity.</param>
    /// <returns>Messages and bytes.</returns>
    public QueueCount WaitingIn(long session) => _sessions.TryGetValue(session, out var kept) ? new QueueCount(kept.Count, kept.Bytes) : default;

    /// <summary>The messages that wait in all sessions and are not written.</summary>
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

    /// <summary>Whether the session exists and is parked: messages for it wait in the store.</summary>
    bool IsParked { get; }

    /// <summary>The waiting messages that are written. Both parts together have the limits of one queue.</summary>
    QueueCount Written { get; }
}
