using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Settings;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Translates the events of one session into changes for the storage engine, which refers to messages by identities that are the same for
/// all sessions. The publisher has already written the messages of a delivery; the recorder removes those that the session does not
/// accept. Owned by the session.
/// </summary>
/// <param name="engine">Assigns identities to messages that have none.</param>
/// <param name="log">Receives the changes.</param>
/// <param name="session">The identity of the session.</param>
/// <param name="clientId">Its client.</param>
/// <param name="topics">The rules which messages are written; null for all.</param>
internal sealed class DurableRecorder(IStorageEngine engine, SessionLog log, long session, string clientId = "", TopicDurability? topics = null)
    : ISessionRecorder
{
    // A placeholder for a QoS 2 message that is not written; only its packet identifier is kept.
    private static readonly Publish Unnamed = new("", default(MqttBinary)) { QoS = QualityOfService.ExactlyOnce };

    private readonly Dictionary<long, long> _queued = []; // identities by the numbers of the session
    private readonly Dictionary<ushort, long> _inFlight = [];
    private HashSet<long>? _unwritten; // numbers of queued QoS 2 messages that are not written
    private HashSet<ushort>? _reserved; // packet identifiers of QoS 2 messages in flight that are not written
    private Publish[]? _batch; // of the current delivery
    private bool[]? _skipped; // messages of it that are not written
    private long _first; // the identity of its first message; 0 when it is not written
    private bool[] _taken = [];

    /// <summary>Messages in the queue that are written.</summary>
    public int QueuedCount => _queued.Count;

    /// <summary>Continues with a session that the engine has read.</summary>
    /// <param name="stored">Its state; the messages that are not written are added to it.</param>
    /// <param name="unwritten">Its messages that are not written; null for none.</param>
    public void Restore(StoredState stored, UnwrittenMessages? unwritten = null)
    {
        RestoreInFlight(stored);
        if (unwritten is null)
        {
            foreach (var number in stored.State.Queue.Keys)
                _queued[number] = number;
            return;
        }
        MergeQueue(stored.State, unwritten);
        if (unwritten.InFlight is { } inFlight)
            MergeInFlight(stored.State, inFlight, unwritten.LastPacketId);
    }

    /// <summary>Collects the messages that are not written, because the session is about to be parked.</summary>
    /// <param name="outgoing">The messages of the session.</param>
    /// <param name="store">Creates the queue for them.</param>
    /// <returns>The messages; null for none.</returns>
    public UnwrittenMessages? Collect(OutgoingMessages outgoing, UnwrittenStore store)
    {
        if (outgoing.QueuedCount == _queued.Count && outgoing.InFlightCount == _inFlight.Count - (_reserved?.Count ?? 0))
            return null;
        var kept = store.Make();
        var snapshot = new SessionSnapshot();
        outgoing.SaveTo(snapshot);
        var after = 0L;
        foreach (var (number, message) in snapshot.Queue)
        {
            if (_queued.TryGetValue(number, out var identity))
                after = identity;
            else
                kept.Keep(message, after);
        }
        var inFlight = new List<(ushort PacketId, QueuedMessage? Message)>(snapshot.InFlight.Count);
        var isKept = false;
        foreach (var (packetId, message) in snapshot.InFlight)
        {
            var isWritten = message is null || (_inFlight.ContainsKey(packetId) && _reserved?.Contains(packetId) != true);
            inFlight.Add((packetId, isWritten ? null : message));
            isKept |= !isWritten;
        }
        if (isKept)
            kept.Keep(inFlight, snapshot.LastPacketId);
        return kept;
    }

    /// <summary>Notes that the session is about to receive the messages of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="first">The identity of its first message; 0 when its messages need not outlive the process.</param>
    /// <param name="unwritten">For each message whether it is not written. Null when all are written that can be.</param>
    public void BeginDelivery(Publish[] batch, long first, bool[]? unwritten = null)
    {
        (_batch, _first, _skipped) = (batch, first, unwritten);
        if (_taken.Length < batch.Length)
            _taken = new bool[batch.Length];
        else
            Array.Clear(_taken, 0, batch.Length);
    }

    /// <summary>Ends the delivery: the session has accepted the messages that it wants.</summary>
    public void EndDelivery()
    {
        var (batch, skipped) = (_batch!, _skipped);
        (_batch, _skipped) = (null, null);
        if (_first == 0)
            return;
        List<long>? left = null;
        for (var at = 0; at < batch.Length; at++)
        {
            if (batch[at].QoS != QualityOfService.AtMostOnce && !_taken[at] && skipped?[at] != true)
                (left ??= []).Add(_first + at);
        }
        if (left is not null)
            log.Add(new StoreOp.Removed(session, [.. left]));
    }

    public void Record(SessionEvent happened)
    {
        switch (happened)
        {
            case SessionEvent.SessionStarted started:
                log.Add(new StoreOp.SessionStarted(session, started.Key, started.Owner, started.At));
                break;
            case SessionEvent.Connected connected:
                log.Add(new StoreOp.Connected(session, connected.Epoch, connected.Expiry, connected.At));
                break;
            case SessionEvent.Disconnected disconnected:
                log.Add(new StoreOp.Disconnected(session, disconnected.Expiry, disconnected.At));
                break;
            case SessionEvent.WillSet set:
                log.Add(new StoreOp.WillSet(session, set.Will));
                break;
            case SessionEvent.WillCleared:
                log.Add(new StoreOp.WillCleared(session));
                break;
            case SessionEvent.Subscribed subscribed:
                log.Add(new StoreOp.Subscribed(session, subscribed.Subscriptions));
                break;
            case SessionEvent.Unsubscribed unsubscribed:
                log.Add(new StoreOp.Unsubscribed(session, unsubscribed.Filters));
                break;
            case SessionEvent.Received received:
                log.Add(new StoreOp.Received(session, received.PacketIds));
                break;
            case SessionEvent.Released released:
                log.Add(new StoreOp.Released(session, released.PacketIds));
                break;
            case SessionEvent.Ended:
                log.Add(new StoreOp.Ended(session));
                break;
            default:
                RecordMessages(happened);
                break;
        }
    }

    private void RecordMessages(SessionEvent happened)
    {
        switch (happened)
        {
            case SessionEvent.Queued queued:
                Queued(queued);
                break;
            case SessionEvent.Removed removed:
                _unwritten?.ExceptWith(removed.Numbers);
                Add(Identities(_queued, removed.Numbers), static (session, ids) => new StoreOp.Removed(session, ids));
                break;
            case SessionEvent.Sent sent:
                Sent(sent);
                break;
            case SessionEvent.Confirmed confirmed:
                var confirmedIds = new List<long>(confirmed.PacketIds.Length);
                foreach (var packetId in confirmed.PacketIds)
                {
                    if (_reserved?.Remove(packetId) != true && _inFlight.TryGetValue(packetId, out var message))
                        confirmedIds.Add(message);
                }
                Add(confirmedIds, static (session, ids) => new StoreOp.Confirmed(session, ids));
                break;
            case SessionEvent.Acknowledged acknowledged:
                _reserved?.ExceptWith(acknowledged.PacketIds);
                Add(Identities(_inFlight, acknowledged.PacketIds), static (session, ids) => new StoreOp.Removed(session, ids));
                break;
            default:
                throw new InvalidOperationException($"{happened.GetType().Name} is not an event of a session.");
        }
    }

    private void Queued(SessionEvent.Queued queued)
    {
        var isDelivery = ReferenceEquals(queued.Batch, _batch);
        var first = isDelivery ? _first : Write(queued);
        foreach (var (position, number, _) in queued.Messages)
        {
            if (isDelivery)
                _taken[position] = true;
            var packet = queued.Batch[position];
            if (first != 0 && packet.QoS != QualityOfService.AtMostOnce && (isDelivery ? _skipped?[position] != true : IsWritten(packet)))
                _queued[number] = first + position;
            else if (packet.QoS == QualityOfService.ExactlyOnce)
                (_unwritten ??= []).Add(number);
        }
    }

    /// <summary>Writes messages that have no publisher now: retained ones.</summary>
    private long Write(SessionEvent.Queued queued)
    {
        var positions = new List<int>(queued.Messages.Length);
        SharedKey?[]? shares = null;
        foreach (var (position, _, share) in queued.Messages)
        {
            if (!IsWritten(queued.Batch[position]))
                continue;
            positions.Add(position);
            if (share is not null)
                (shares ??= new SharedKey?[queued.Batch.Length])[position] = share;
        }
        if (positions.Count == 0)
            return 0;
        var first = engine.NextMessages(queued.Batch.Length);
        log.Add(new StoreOp.Queued(first, queued.Batch, queued.ReceivedAt, [session], shares) { Positions = [.. positions] });
        return first;
    }

    private bool IsWritten(Publish packet) =>
        packet.QoS != QualityOfService.AtMostOnce && (topics is null || topics.Writes(packet.Topic, clientId));

    private void Sent(SessionEvent.Sent sent)
    {
        var reserved = 0;
        var messages = new List<SentMessage>(sent.Messages.Length);
        foreach (var (number, packetId) in sent.Messages)
        {
            if (_queued.Remove(number, out var message))
            {
                _inFlight[packetId] = message;
                messages.Add(new SentMessage(message, packetId));
            }
            else if (_unwritten?.Remove(number) == true)
            {
                reserved++;
                messages.Add(new SentMessage(0, packetId));
            }
        }
        if (reserved > 0)
            Reserve(messages, reserved);
        else if (messages.Count > 0)
            log.Add(new StoreOp.Sent(session, [.. messages]));
    }

    /// <summary>
    /// Writes the packet identifiers of QoS 2 messages that are not written, as if only PUBREL was left. After a crash the client then
    /// receives PUBREL and discards the identifiers. Otherwise it would take a new message with such an identifier for the old one, and
    /// the new one would be lost [MQTT-4.3.3-10].
    /// </summary>
    private void Reserve(List<SentMessage> messages, int count)
    {
        var identity = engine.NextMessages(count);
        var batch = new Publish[count];
        Array.Fill(batch, Unnamed);
        log.Add(new StoreOp.Queued(identity, batch, 0, [session], null));
        var identities = new List<long>(count);
        for (var at = 0; at < messages.Count; at++)
        {
            if (messages[at].Number != 0)
                continue;
            var packetId = messages[at].PacketId;
            messages[at] = new SentMessage(identity, packetId);
            _inFlight[packetId] = identity;
            (_reserved ??= []).Add(packetId);
            identities.Add(identity++);
        }
        log.Add(new StoreOp.Sent(session, [.. messages]));
        log.Add(new StoreOp.Confirmed(session, [.. identities]));
    }

    /// <summary>
    /// Restores the messages in flight. A database that other programs have changed may contain two messages in flight with the same
    /// packet identifier. The first keeps it. The other one is queued again in its place, and gets another identifier when it is sent.
    /// </summary>
    private void RestoreInFlight(StoredState stored)
    {
        var state = stored.State;
        List<(ushort Id, QueuedMessage? Message)>? kept = null;
        for (var at = 0; at < stored.InFlight.Length; at++)
        {
            var (packetId, message) = state.InFlight[at];
            if (_inFlight.TryAdd(packetId, stored.InFlight[at]))
            {
                kept?.Add((packetId, message));
                continue;
            }
            kept ??= [.. state.InFlight.Take(at)];
            if (message is { } again)
                state.Queue.Add(stored.InFlight[at], again);
            else
                log.Add(new StoreOp.Removed(session, [stored.InFlight[at]]));
        }
        state.InFlight = kept ?? state.InFlight;
    }

    private void MergeQueue(SessionSnapshot state, UnwrittenMessages unwritten)
    {
        var merged = new SortedDictionary<long, QueuedMessage>();
        var number = 0L;
        using var written = state.Queue.GetEnumerator();
        var hasWritten = written.MoveNext();
        foreach (var (after, message) in unwritten.Queue)
        {
            for (; hasWritten && written.Current.Key <= after; hasWritten = written.MoveNext())
                AddWritten(written.Current);
            if (message.Packet.QoS == QualityOfService.ExactlyOnce)
                (_unwritten ??= []).Add(number);
            merged.Add(number++, message);
        }
        for (; hasWritten; hasWritten = written.MoveNext())
            AddWritten(written.Current);
        (state.Queue, state.NextNumber) = (merged, number);

        void AddWritten(KeyValuePair<long, QueuedMessage> entry)
        {
            _queued[number] = entry.Key;
            merged.Add(number++, entry.Value);
        }
    }

    private void MergeInFlight(SessionSnapshot state, List<(ushort PacketId, QueuedMessage? Message)> inFlight, ushort lastPacketId)
    {
        var stored = state.InFlight.ToDictionary(static each => each.Id, static each => each.Message);
        var merged = new List<(ushort Id, QueuedMessage? Message)>(inFlight.Count);
        foreach (var (packetId, message) in inFlight)
        {
            var isStored = stored.Remove(packetId, out var kept);
            if (message is not null && isStored)
                (_reserved ??= []).Add(packetId);
            if (message is not null || isStored)
                merged.Add((packetId, message ?? kept));
        }
        foreach (var (packetId, message) in state.InFlight)
        {
            if (stored.ContainsKey(packetId))
                merged.Add((packetId, message));
        }
        (state.InFlight, state.LastPacketId) = (merged, lastPacketId);
    }

    private static List<long> Identities<TKey>(Dictionary<TKey, long> map, TKey[] keys)
        where TKey : notnull
    {
        var found = new List<long>(keys.Length);
        foreach (var key in keys)
        {
            if (map.Remove(key, out var message))
                found.Add(message);
        }
        return found;
    }

    private void Add(List<long> messages, Func<long, long[], StoreOp> make)
    {
        if (messages.Count > 0)
            log.Add(make(session, [.. messages]));
    }
}
