using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt;

/// <summary>What storage operations add up to, as plainly as it can be said: the reference for engines. Not thread safe.</summary>
internal sealed class StoreModel(SessionLimits limits)
{
    private readonly SortedDictionary<long, Kept> _sessions = [];
    private readonly Dictionary<string, RetainedRecord> _retained = new(StringComparer.Ordinal);
    private long _order;

    /// <summary>Messages that the rule for full queues dropped from parked sessions.</summary>
    public int Dropped { get; private set; }

    public IReadOnlyCollection<RetainedRecord> Retained => _retained.Values;

    public IReadOnlyCollection<long> Sessions => _sessions.Keys;

    public bool IsHeld(long session) => _sessions.TryGetValue(session, out var kept) && kept.IsHeld;

    public void Apply(StoreOp op)
    {
        switch (op)
        {
            case StoreOp.RetainedSet set:
                _retained[set.Record.Packet.Topic] = set.Record;
                break;
            case StoreOp.RetainedRemoved removed:
                _retained.Remove(removed.Topic);
                break;
            case StoreOp.SessionStarted started:
                _sessions[started.Session] = new Kept { Key = started.Key, Owner = started.Owner, ChangedAt = started.At, IsHeld = true };
                break;
            case StoreOp.Queued queued:
                foreach (var session in queued.Sessions)
                {
                    if (_sessions.TryGetValue(session, out var kept))
                        Queue(kept, queued);
                }
                break;
            case StoreOp.Ended ended:
                _sessions.Remove(ended.Session);
                break;
            default:
                if (_sessions.TryGetValue(SessionOf(op), out var one))
                    Apply(one, op);
                break;
        }
    }

    /// <summary>The session is held from here on.</summary>
    public StoredState? Take(long session)
    {
        if (!_sessions.TryGetValue(session, out var kept))
            return null;
        kept.IsHeld = true;
        return State(kept);
    }

    /// <summary>The session as it is.</summary>
    public StoredState? Peek(long session) => _sessions.TryGetValue(session, out var kept) ? State(kept) : null;

    public IReadOnlyList<StoredSession> Load() => [.. _sessions.Select(each =>
        new StoredSession(each.Key, each.Value.Key, each.Value.Owner, each.Value.Epoch, [.. each.Value.Subscriptions.Values]))];

    public IReadOnlyList<DueSession> FindDue(long now, int most) => [.. _sessions.Where(each => !each.Value.IsHeld && each.Value.DueAt <= now)
        .OrderBy(each => each.Value.DueAt).ThenBy(each => each.Key).Select(each => new DueSession(each.Key, each.Value.Key)).Take(most)];

    /// <summary>The process ended: all sessions are parked, and those that were connected lost their connection.</summary>
    public void Restart(long aliveAt)
    {
        foreach (var session in _sessions.Values)
        {
            session.IsHeld = false;
            if (session.IsConnected)
                (session.IsConnected, session.ChangedAt) = (false, aliveAt);
        }
    }

    private void Apply(Kept session, StoreOp op)
    {
        switch (op)
        {
            case StoreOp.Connected connected:
                (session.IsConnected, session.Epoch, session.Expiry, session.ChangedAt) = (true, connected.Epoch, connected.Expiry, connected.At);
                break;
            case StoreOp.Disconnected disconnected:
                (session.IsConnected, session.Expiry, session.ChangedAt) = (false, disconnected.Expiry, disconnected.At);
                break;
            case StoreOp.Parked:
                session.IsHeld = false;
                break;
            case StoreOp.WillSet set:
                session.Will = set.Will;
                break;
            case StoreOp.WillCleared:
                session.Will = null;
                break;
            case StoreOp.Subscribed subscribed:
                foreach (var subscription in subscribed.Subscriptions)
                    session.Subscriptions[subscription.Options.Filter] = subscription;
                break;
            case StoreOp.Unsubscribed unsubscribed:
                foreach (var filter in unsubscribed.Filters)
                    session.Subscriptions.Remove(filter);
                break;
            case StoreOp.Sent sent:
                foreach (var (number, packetId) in sent.Messages)
                {
                    if (session.Messages.TryGetValue(number, out var message))
                        (message.PacketId, message.Order) = (packetId, ++_order);
                }
                break;
            case StoreOp.Removed removed:
                foreach (var number in removed.Messages)
                    session.Messages.Remove(number);
                break;
            case StoreOp.Confirmed confirmed:
                foreach (var number in confirmed.Messages)
                {
                    if (session.Messages.TryGetValue(number, out var message))
                        message.IsConfirmed = true;
                }
                break;
            case StoreOp.Received received:
                session.Received.UnionWith(received.PacketIds);
                break;
            case StoreOp.Released released:
                session.Received.ExceptWith(released.PacketIds);
                break;
            default:
                throw new NotSupportedException(op.ToString());
        }
    }

    private void Queue(Kept session, StoreOp.Queued queued)
    {
        for (var at = 0; at < queued.Batch.Length; at++)
        {
            var packet = queued.Batch[at];
            if (queued.Positions is { } positions ? !positions.Contains(at) : packet.QoS == QualityOfService.AtMostOnce)
                continue;
            var message = new Message { Packet = packet with { PacketId = 0, Dup = false }, ReceivedAt = queued.ReceivedAt, Share = queued.Shares?[at] };
            if (!session.IsHeld && !MakeRoom(session, message))
                Dropped++;
            else
                session.Messages[queued.FirstMessage + at] = message;
        }
    }

    private bool MakeRoom(Kept session, Message added)
    {
        if (limits.MaxQueuedMessages == 0)
            return false;
        while (true)
        {
            var waiting = session.Messages.Where(each => each.Value.PacketId == 0).ToList();
            var bytes = waiting.Sum(each => (long)each.Value.Size);
            if (waiting.Count < limits.MaxQueuedMessages && (waiting.Count == 0 || bytes + added.Size <= limits.MaxQueuedBytes))
                return true;
            var victims = limits.Overflow switch
            {
                QueueOverflow.DropOldest => waiting,
                QueueOverflow.DropQoS0First when added.QoS != QualityOfService.AtMostOnce =>
                    [.. waiting.Where(each => each.Value.QoS == QualityOfService.AtMostOnce)],
                _ => [],
            };
            if (victims.Count == 0)
                return false;
            session.Messages.Remove(victims[0].Key);
            Dropped++;
        }
    }

    private static long SessionOf(StoreOp op) => op switch
    {
        StoreOp.Connected one => one.Session,
        StoreOp.Disconnected one => one.Session,
        StoreOp.Parked one => one.Session,
        StoreOp.WillSet one => one.Session,
        StoreOp.WillCleared one => one.Session,
        StoreOp.Subscribed one => one.Session,
        StoreOp.Unsubscribed one => one.Session,
        StoreOp.Sent one => one.Session,
        StoreOp.Removed one => one.Session,
        StoreOp.Confirmed one => one.Session,
        StoreOp.Received one => one.Session,
        StoreOp.Released one => one.Session,
        _ => throw new NotSupportedException(op.ToString()),
    };

    private static StoredState State(Kept session)
    {
        var inFlight = session.Messages.Where(each => each.Value.PacketId != 0).OrderBy(each => each.Value.Order).ToList();
        var queue = new SortedDictionary<long, QueuedMessage>(
            session.Messages.Where(each => each.Value.PacketId == 0).ToDictionary(each => each.Key, each => each.Value.ToQueued()));
        var state = new SessionSnapshot
        {
            Key = session.Key,
            Owner = session.Owner,
            IsOver = false,
            Epoch = session.Epoch,
            IsConnected = session.IsConnected,
            ChangedAt = session.ChangedAt,
            Expiry = session.Expiry,
            Will = session.Will,
            Subscriptions = new(session.Subscriptions, StringComparer.Ordinal),
            Queue = queue,
            NextNumber = session.Messages.Count == 0 ? 0 : session.Messages.Keys.Last() + 1,
            InFlight = [.. inFlight.Select(each => (each.Value.PacketId, each.Value.IsConfirmed ? (QueuedMessage?)null : each.Value.ToQueued()))],
            LastPacketId = inFlight.Count == 0 ? (ushort)0 : inFlight[^1].Value.PacketId,
            Received = [.. session.Received],
        };
        return new StoredState(state, [.. inFlight.Select(each => each.Key)]);
    }

    private sealed class Kept
    {
        public SessionKey Key { get; init; }

        public string? Owner { get; init; }

        public bool IsHeld { get; set; }

        public bool IsConnected { get; set; }

        public long Epoch { get; set; }

        public long ChangedAt { get; set; }

        public uint Expiry { get; set; }

        public Will? Will { get; set; }

        public Dictionary<string, SessionSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<long, Message> Messages { get; } = [];

        public HashSet<ushort> Received { get; } = [];

        public long DueAt
        {
            get
            {
                if (IsConnected)
                    return long.MaxValue;
                var expires = Expiry == uint.MaxValue ? long.MaxValue : ChangedAt + (Expiry * 1000L);
                return Will is null ? expires : Math.Min(expires, ChangedAt + ((Will.Properties?.WillDelayInterval ?? 0) * 1000L));
            }
        }
    }

    private sealed class Message
    {
        public required Publish Packet { get; init; }

        public required long ReceivedAt { get; init; }

        public SharedKey? Share { get; init; }

        public ushort PacketId { get; set; }

        public long Order { get; set; }

        public bool IsConfirmed { get; set; }

        public QualityOfService QoS => Packet.QoS;

        public int Size => QueuedMessage.KeptSizeOf(Packet);

        public QueuedMessage ToQueued() => new(Packet, ReceivedAt) { Share = Share };
    }
}
