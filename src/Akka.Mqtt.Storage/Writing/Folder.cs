using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Combines operations to changes: items that are added and removed within one drain are not written. Enforces the limits of parked sessions. Owned by the writer's thread.
/// </summary>
internal sealed class Folder(IStorageDatabase database, KnownSessions sessions, SessionLimits limits)
{
    // The number of messages that are read at a time when a full session must drop some.
    private const int OldestAtATime = 256;

    private readonly ChangeSet _changes = new();
    private readonly SharedContents _shared = new();
    private readonly Dictionary<long, QueueCount> _counts = [];
    private readonly List<long> _unknown = [];
    private readonly long[] _one = new long[1];
    private readonly Dictionary<SessionInfo, int> _dropped = [];
    private bool _isSharing;

    /// <summary>The order number of the next message that is sent.</summary>
    public long Order { get; set; }

    /// <summary>Messages that the rule for full queues dropped from parked sessions, since <see cref="Begin"/>.</summary>
    public IReadOnlyDictionary<SessionInfo, int> Dropped => _dropped;

    /// <summary>A drain starts, or starts again.</summary>
    public void Begin()
    {
        _changes.Clear();
        _dropped.Clear();
    }

    /// <summary>Writes the folded changes, if any, in the transaction.</summary>
    public void Flush()
    {
        if (_changes.IsUntouched)
            return;
        if (_changes.Prepare())
            database.Write(_changes);
        _changes.Clear();
    }

    /// <summary>Folds a unit.</summary>
    /// <param name="ops">Its operations.</param>
    public void Fold(IReadOnlyList<StoreOp> ops)
    {
        _isSharing = SharedContents.MayBeIn(ops);
        if (_isSharing)
            _shared.Begin();
        for (var at = 0; at < ops.Count; at++)
            Fold(ops[at]);
    }

    /// <summary>Reads a session, which is held from here on.</summary>
    /// <param name="session">Its identity.</param>
    /// <returns>Its state; null when there is none.</returns>
    public StoredState? Take(long session)
    {
        var info = Find(session);
        if (info is null)
            return null;
        if (info.HasDeliveries || info.Change is not null)
            Flush();
        var state = database.Read(session);
        if (state is not null)
            sessions.Hold(info, true);
        return state;
    }

    private void Fold(StoreOp op)
    {
        switch (op)
        {
            case StoreOp.Queued queued:
                Queue(queued);
                break;
            case StoreOp.Removed removed when Find(removed.Session) is { } info:
                foreach (var number in removed.Messages)
                    _changes.Deliveries.Get(info, number).IsRemoved = true;
                OtherThanQueued(info);
                break;
            case StoreOp.Sent sent when Find(sent.Session) is { } info:
                foreach (var (number, packetId) in sent.Messages)
                {
                    ref var delivery = ref _changes.Deliveries.Get(info, number);
                    delivery.PacketId = packetId;
                    delivery.Order = Order++;
                }
                OtherThanQueued(info);
                break;
            case StoreOp.Confirmed confirmed when Find(confirmed.Session) is { } info:
                foreach (var number in confirmed.Messages)
                    _changes.Deliveries.Get(info, number).IsConfirmed = true;
                OtherThanQueued(info);
                break;
            case StoreOp.Received received when Find(received.Session) is { } info:
                Receive(info, received.PacketIds, true);
                break;
            case StoreOp.Released released when Find(released.Session) is { } info:
                Receive(info, released.PacketIds, false);
                break;
            case StoreOp.LinkTaken taken:
                _changes.Links[taken.From] = taken.Position;
                break;
            case StoreOp.RetainedSet set:
                _changes.Retained[set.Record.Packet.Topic] = set.Record;
                break;
            case StoreOp.RetainedRemoved removed:
                _changes.Retained[removed.Topic] = null;
                break;
            default:
                FoldSession(op);
                break;
        }
    }

    private void FoldSession(StoreOp op)
    {
        switch (op)
        {
            case StoreOp.SessionStarted started:
                var begun = sessions.Find(started.Session) ?? sessions.Add(started.Session);
                sessions.Hold(begun, true);
                var start = _changes.Of(begun);
                (start.Started, start.ChangedAt) = (started, started.At);
                break;
            case StoreOp.Connected connected when Find(connected.Session) is { } info:
                var opened = _changes.Of(info);
                (opened.Link, opened.HasEpoch, opened.Epoch) = (LinkChange.Connected, true, connected.Epoch);
                (opened.Expiry, opened.ChangedAt) = (connected.Expiry, connected.At);
                break;
            case StoreOp.Disconnected disconnected when Find(disconnected.Session) is { } info:
                var closed = _changes.Of(info);
                (closed.Link, closed.Expiry, closed.ChangedAt) = (LinkChange.Disconnected, disconnected.Expiry, disconnected.At);
                break;
            case StoreOp.Parked parked when Find(parked.Session) is { } info:
                sessions.Hold(info, false);
                (info.IsCounted, info.Messages, info.Bytes) = (true, parked.QueuedMessages, parked.QueuedBytes);
                break;
            case StoreOp.WillSet set when Find(set.Session) is { } info:
                (_changes.Of(info).HasWill, _changes.Of(info).Will) = (true, set.Will);
                break;
            case StoreOp.WillCleared cleared when Find(cleared.Session) is { } info:
                (_changes.Of(info).HasWill, _changes.Of(info).Will) = (true, null);
                break;
            case StoreOp.Subscribed subscribed when Find(subscribed.Session) is { } info:
                var added = _changes.Of(info).Subscriptions ??= new Dictionary<string, SessionSubscription?>(StringComparer.Ordinal);
                foreach (var subscription in subscribed.Subscriptions)
                    added[subscription.Options.Filter] = subscription;
                break;
            case StoreOp.Unsubscribed unsubscribed when Find(unsubscribed.Session) is { } info:
                var removed = _changes.Of(info).Subscriptions ??= new Dictionary<string, SessionSubscription?>(StringComparer.Ordinal);
                foreach (var filter in unsubscribed.Filters)
                    removed[filter] = null;
                break;
            case StoreOp.Ended ended when Find(ended.Session) is { } info:
                _changes.Of(info).Ended = true;
                info.IsEnded = true;
                break;
        }
    }

    private void Queue(StoreOp.Queued queued)
    {
        Count(queued.Sessions);
        foreach (var session in queued.Sessions)
        {
            if (sessions.Find(session) is not { IsEnded: false } info)
                continue;
            var filter = sessions.FilterOf(session);
            if (queued.Origin.Heir is { } heir && !ReferenceEquals(filter, heir))
                continue; // this session has got the message itself
            var isElsewhere = queued.Origin.Turn != 0 && filter?.Takes(queued.Origin) == false;
            if (isElsewhere && queued.Shares is null)
                continue;
            if (queued.Positions is { } positions)
            {
                foreach (var position in positions)
                {
                    if (!isElsewhere || queued.Shares![position] is not null)
                        Queue(queued, info, position);
                }
                continue;
            }
            for (var position = 0; position < queued.Batch.Length; position++)
            {
                if (queued.Batch[position].QoS != QualityOfService.AtMostOnce && (!isElsewhere || queued.Shares![position] is not null))
                    Queue(queued, info, position);
            }
        }
    }

    private void Queue(StoreOp.Queued queued, SessionInfo info, int position)
    {
        var packet = queued.Batch[position];
        if (!info.IsHeld && !MakeRoom(info, packet))
        {
            Drop(info);
            return;
        }
        var number = queued.FirstMessage + position;
        ref var delivery = ref _changes.Deliveries.Get(info, number);
        delivery.Queued = queued;
        delivery.Position = position;
        delivery.Content = _isSharing ? _shared.Of(packet, number) : number;
    }

    /// <summary>Makes room for a message in a parked session, by the rules of <see cref="MessageQueue"/>.</summary>
    /// <returns>Whether the message is queued.</returns>
    private bool MakeRoom(SessionInfo info, Publish packet)
    {
        if (!info.IsCounted)
            Recount(info);
        var size = QueuedMessage.KeptSizeOf(packet);
        if (limits.MaxQueuedMessages == 0)
            return false;
        while (info.Messages >= limits.MaxQueuedMessages || (info.Messages > 0 && info.Bytes + size > limits.MaxQueuedBytes))
        {
            var evicts = limits.Overflow == QueueOverflow.DropOldest
                || (limits.Overflow == QueueOverflow.DropQoS0First && packet.QoS != QualityOfService.AtMostOnce);
            if (!evicts || !TryEvict(info))
                return false;
        }
        info.Messages++;
        info.Bytes += size;
        if (limits.Overflow == QueueOverflow.DropOldest || packet.QoS == QualityOfService.AtMostOnce)
            info.HasAllOldest = false;
        return true;
    }

    private bool TryEvict(SessionInfo info)
    {
        info.Oldest ??= new Queue<QueuedRow>();
        if (info.Oldest.Count == 0 && !info.HasAllOldest)
        {
            if (info.HasDeliveries)
                Flush(); // so that dropped messages are not read again
            database.ReadOldest(info.Id, limits.Overflow == QueueOverflow.DropQoS0First, OldestAtATime, info.Oldest);
            info.HasAllOldest = info.Oldest.Count < OldestAtATime;
        }
        if (!info.Oldest.TryDequeue(out var row))
            return false;
        _changes.Deliveries.Get(info, row.Number).IsRemoved = true;
        info.Messages--;
        info.Bytes -= row.Size;
        Drop(info);
        return true;
    }

    private void Recount(SessionInfo info)
    {
        if (info.HasDeliveries)
            Flush();
        _counts.Clear();
        _one[0] = info.Id;
        database.Count(_one, _counts);
        var count = _counts.GetValueOrDefault(info.Id);
        (info.IsCounted, info.Messages, info.Bytes) = (true, count.Messages, count.Bytes);
    }

    /// <summary>Reads the counts of unknown sessions, all at once.</summary>
    private void Count(long[] named)
    {
        _unknown.Clear();
        foreach (var session in named)
        {
            if (sessions.Find(session) is null)
                _unknown.Add(session);
        }
        if (_unknown.Count == 0)
            return;
        _counts.Clear();
        database.Count(_unknown, _counts);
        foreach (var (session, count) in _counts)
            sessions.Add(session, count);
    }

    private SessionInfo? Find(long session)
    {
        var info = sessions.Find(session);
        if (info is null)
        {
            _one[0] = session;
            Count(_one);
            info = sessions.Find(session);
        }
        return info is { IsEnded: false } ? info : null;
    }

    private static void OtherThanQueued(SessionInfo info)
    {
        if (!info.IsHeld)
            info.Uncount();
    }

    private void Receive(SessionInfo info, ushort[] packetIds, bool isThere)
    {
        var received = _changes.Of(info).Received ??= [];
        foreach (var packetId in packetIds)
            received[packetId] = isThere;
    }

    private void Drop(SessionInfo info) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_dropped, info, out _)++;
}
