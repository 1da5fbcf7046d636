using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Translates the events of one session to changes of the storage engine, which names messages by identities that are the same for all sessions. The
/// messages of a delivery are written already, by their publisher; what the session does not take of them is removed. Owned by the session.
/// </summary>
/// <param name="engine">Gives identities to messages that have none.</param>
/// <param name="log">Takes the changes.</param>
/// <param name="session">The identity of the session.</param>
internal sealed class DurableRecorder(IStorageEngine engine, SessionLog log, long session) : ISessionRecorder
{
    private readonly Dictionary<long, long> _queued = []; // identities by the numbers of the session
    private readonly Dictionary<ushort, long> _inFlight = [];
    private Publish[]? _batch; // of the delivery at hand
    private long _first; // the identity of its first message; 0 when it is not written
    private bool[] _taken = [];

    /// <summary>Goes on with a session that the engine has given.</summary>
    /// <param name="stored">Its state.</param>
    public void Restore(StoredState stored)
    {
        foreach (var number in stored.State.Queue.Keys)
            _queued[number] = number;
        for (var at = 0; at < stored.InFlight.Length; at++)
            _inFlight[stored.State.InFlight[at].Id] = stored.InFlight[at];
    }

    /// <summary>The session is about to be given the messages of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="first">The identity of its first message; 0 when its messages are not to outlive the process.</param>
    public void BeginDelivery(Publish[] batch, long first)
    {
        (_batch, _first) = (batch, first);
        if (_taken.Length < batch.Length)
            _taken = new bool[batch.Length];
        else
            Array.Clear(_taken, 0, batch.Length);
    }

    /// <summary>The session has taken what it wants of the batch.</summary>
    public void EndDelivery()
    {
        var batch = _batch!;
        _batch = null;
        if (_first == 0)
            return;
        List<long>? left = null;
        for (var at = 0; at < batch.Length; at++)
        {
            if (batch[at].QoS != QualityOfService.AtMostOnce && !_taken[at])
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
                Add(Identities(_queued, removed.Numbers), static (session, ids) => new StoreOp.Removed(session, ids));
                break;
            case SessionEvent.Sent sent:
                Sent(sent);
                break;
            case SessionEvent.Confirmed confirmed:
                var confirmedIds = new List<long>(confirmed.PacketIds.Length);
                foreach (var packetId in confirmed.PacketIds)
                {
                    if (_inFlight.TryGetValue(packetId, out var message))
                        confirmedIds.Add(message);
                }
                Add(confirmedIds, static (session, ids) => new StoreOp.Confirmed(session, ids));
                break;
            case SessionEvent.Acknowledged acknowledged:
                Add(Identities(_inFlight, acknowledged.PacketIds), static (session, ids) => new StoreOp.Removed(session, ids));
                break;
            default:
                throw new InvalidOperationException($"{happened.GetType().Name} is no event of a session.");
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
            if (first != 0 && queued.Batch[position].QoS != QualityOfService.AtMostOnce)
                _queued[number] = first + position;
        }
    }

    /// <summary>Messages that come from elsewhere than a publisher: retained ones.</summary>
    private long Write(SessionEvent.Queued queued)
    {
        var positions = new List<int>(queued.Messages.Length);
        SharedKey?[]? shares = null;
        foreach (var (position, _, share) in queued.Messages)
        {
            if (queued.Batch[position].QoS == QualityOfService.AtMostOnce)
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

    private void Sent(SessionEvent.Sent sent)
    {
        var messages = new List<SentMessage>(sent.Messages.Length);
        foreach (var (number, packetId) in sent.Messages)
        {
            if (!_queued.Remove(number, out var message))
                continue;
            _inFlight[packetId] = message;
            messages.Add(new SentMessage(message, packetId));
        }
        if (messages.Count > 0)
            log.Add(new StoreOp.Sent(session, [.. messages]));
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
