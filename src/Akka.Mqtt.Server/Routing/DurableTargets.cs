using System.Collections.Concurrent;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The targets of durable sessions, by the identity of the session. It has the targets of sessions with an actor, and of parked sessions
/// that a publisher has used recently. The routing index refers to a durable session by its identity, so a parked session without messages
/// needs no target (docs/adr/0021). Thread safe.
/// </summary>
internal sealed class DurableTargets
{
    private readonly ConcurrentDictionary<long, ActorTarget> _targets = [];
    private readonly ConcurrentDictionary<long, QueueCount> _waiting = []; // of parked sessions without a target; sessions with an empty queue have no entry
    private readonly ConcurrentQueue<ActorTarget> _parked = []; // each target once

    private ConcurrentDictionary<long, string>? _names; // client identifiers, if publishers need them
    private long _leftMessages; // messages of earlier processes that wait in sessions not yet counted one by one
    private long _leftBytes;
    private bool _isLeftKnown;

    /// <summary>
    /// Creates the target of a parked session from its identity and its client identifier, which may be null. Set before the first session
    /// is added to the index.
    /// </summary>
    public Func<long, string?, ActorTarget> Make { get; set; } = static (_, _) => throw new InvalidOperationException("There is no storage.");

    /// <summary>
    /// Whether the client identifiers of all durable sessions are kept. Rules of durability that name topics and clients need them.
    /// </summary>
    public bool KeepsNames
    {
        get => _names is not null;
        set => _names = value ? [] : null;
    }

    /// <summary>The number of targets.</summary>
    public int Count => _targets.Count;

    /// <summary>Adds the target of a new session.</summary>
    /// <param name="target">The target, which already has an actor.</param>
    public void Add(ActorTarget target) => _targets[target.Session] = target;

    /// <summary>The target of a session: the only one that is not forgotten. Creates it if needed.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <returns>The target. For a session that has ended, it is one that no actor will use.</returns>
    public ActorTarget Of(long session)
    {
        while (true)
        {
            if (!_targets.TryGetValue(session, out var target))
            {
                var made = Make(session, _names?.GetValueOrDefault(session));
                if (!_targets.TryAdd(session, made))
                    continue;
                if (_waiting.TryRemove(session, out var waiting))
                    made.SetWaiting(waiting);
                Parked(made);
                target = made;
            }
            if (!target.IsForgotten)
                return target;
            _targets.TryRemove(KeyValuePair.Create(session, target));
        }
    }

    /// <summary>The target of a session, if it has one.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <returns>The target; null for none.</returns>
    public ActorTarget? Find(long session) => _targets.GetValueOrDefault(session);

    /// <summary>Remembers the client identifier of a session, if <see cref="KeepsNames"/>.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="clientId">The client identifier.</param>
    public void AddName(long session, string clientId)
    {
        if (_names is not null)
            _names[session] = clientId;
    }

    /// <summary>Removes a session that has ended.</summary>
    /// <param name="target">Its target, which is closed.</param>
    public void Remove(ActorTarget target)
    {
        _targets.TryRemove(KeyValuePair.Create(target.Session, target));
        _names?.TryRemove(target.Session, out _);
        _waiting.TryRemove(target.Session, out _);
    }

    /// <summary>Notes that a session has no actor any more: <see cref="Sweep"/> forgets its target when it is not used.</summary>
    /// <param name="target">The target.</param>
    public void Parked(ActorTarget target)
    {
        if (target.TryQueue())
            _parked.Enqueue(target);
    }

    /// <summary>
    /// Forgets targets of parked sessions that were not used since the call before the last. Only one thread may call it at a time.
    /// </summary>
    /// <param name="most">The highest number of targets to check.</param>
    public void Sweep(int most)
    {
        for (var left = Math.Min(most, _parked.Count); left > 0 && _parked.TryDequeue(out var target); left--)
        {
            target.Unqueue();
            if (!target.HasNoActor || TryForget(target))
                continue;
            Parked(target);
        }
    }

    /// <summary>Sets the number of messages in a parked session, as the storage has counted them.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="waiting">The messages and bytes that wait.</param>
    public void SetWaiting(long session, QueueCount waiting)
    {
        if (_targets.TryGetValue(session, out var target))
            target.SetWaiting(waiting);
        else if (waiting.Messages > 0)
            _waiting[session] = waiting;
        else
            _waiting.TryRemove(session, out _);
    }

    /// <summary>Sets the number of messages that waited in all sessions when the storage was opened.</summary>
    /// <param name="messages">Messages.</param>
    /// <param name="bytes">Their bytes.</param>
    public void CountedAtStart(long messages, long bytes)
    {
        Interlocked.Add(ref _leftMessages, messages);
        Interlocked.Add(ref _leftBytes, bytes);
        Volatile.Write(ref _isLeftKnown, true);
    }

    /// <summary>Notes that a session of an earlier process is counted by itself from now on.</summary>
    /// <param name="waiting">The messages that waited in it when the storage was opened.</param>
    public void Found(QueueCount waiting)
    {
        Interlocked.Add(ref _leftMessages, -waiting.Messages);
        Interlocked.Add(ref _leftBytes, -waiting.Bytes);
    }

    /// <summary>Messages that wait in a parked session, as far as this process has counted them.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <returns>Messages and bytes.</returns>
    public QueueCount WaitingIn(long session) =>
        _targets.TryGetValue(session, out var target) ? target.Waiting : _waiting.GetValueOrDefault(session);

    /// <summary>
    /// Messages that wait in all parked sessions. Before <see cref="CountedAtStart"/> only those that this process has counted.
    /// </summary>
    /// <returns>Messages and bytes.</returns>
    public (long Messages, long Bytes) WaitingInAll()
    {
        var (messages, bytes) = Volatile.Read(ref _isLeftKnown)
            ? (Math.Max(0, Interlocked.Read(ref _leftMessages)), Math.Max(0, Interlocked.Read(ref _leftBytes)))
            : (0L, 0L);
        foreach (var (_, target) in _targets)
        {
            if (!target.HasNoActor)
                continue;
            messages += target.Waiting.Messages;
            bytes += target.Waiting.Bytes;
        }
        foreach (var (_, waiting) in _waiting)
        {
            messages += waiting.Messages;
            bytes += waiting.Bytes;
        }
        return (messages, bytes);
    }

    /// <summary>Whether the queue of parked targets can drop a target: it is forgotten, or its session has ended.</summary>
    private bool TryForget(ActorTarget target)
    {
        if (target.IsEnded || target.IsForgotten)
            return true;
        if (target.TakeWasUsed() || target.IsNeeded || !target.TryForget())
            return false;
        var waiting = target.Waiting;
        if (waiting.Messages > 0)
            _waiting[target.Session] = waiting;
        _targets.TryRemove(KeyValuePair.Create(target.Session, target));
        return true;
    }
}
