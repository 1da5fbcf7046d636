using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// Gathers what happens to a session into events that contain batches, and reports them to the recorder. Exists only where a recorder
/// does. Owned by the session.
/// </summary>
/// <remarks>
/// Within one call of the core, messages are queued, removed and sent in any order. The record writes three batches instead, in this
/// order. The resulting state is the same, because the later two name messages by number and only queued ones.
/// </remarks>
internal sealed class SessionRecord(ISessionRecorder recorder)
{
    private readonly List<QueuedPosition> _queued = [];
    private readonly List<SentMessage> _sent = [];
    private readonly List<SessionSubscription> _subscribed = [];
    private readonly List<string> _unsubscribed = [];
    private readonly Ids _acknowledged = new();
    private readonly Ids _confirmed = new();
    private readonly Ids _received = new();
    private readonly Ids _released = new();
    private Publish[] _batch = [];
    private long _receivedAt;

    /// <summary>Numbers of messages that leave the queue without being in flight.</summary>
    public List<long> Removed { get; } = [];

    /// <summary>Packet identifiers that are free again.</summary>
    public List<ushort> AcknowledgedIds => _acknowledged.List;

    public void Queued(Publish[] batch, long receivedAt, int position, long number, SharedKey? share)
    {
        if (!ReferenceEquals(batch, _batch))
            Flush();
        (_batch, _receivedAt) = (batch, receivedAt);
        _queued.Add(new QueuedPosition(position, number, share));
    }

    public void Sent(long number, ushort packetId)
    {
        FlushAcknowledgements();
        _sent.Add(new SentMessage(number, packetId));
    }

    public void Acknowledged(ushort packetId)
    {
        FlushMessages();
        _acknowledged.List.Add(packetId);
    }

    public void Confirmed(ushort packetId)
    {
        FlushMessages();
        _acknowledged.Flush(recorder, static ids => new SessionEvent.Acknowledged(ids));
        _confirmed.List.Add(packetId);
    }

    public void Subscribed(SessionSubscription subscription)
    {
        FlushUnsubscribed();
        _subscribed.Add(subscription);
    }

    public void Unsubscribed(string filter)
    {
        FlushSubscribed();
        _unsubscribed.Add(filter);
    }

    public void Received(ushort packetId)
    {
        _released.Flush(recorder, static ids => new SessionEvent.Released(ids));
        _received.List.Add(packetId);
    }

    public void Released(ushort packetId)
    {
        _received.Flush(recorder, static ids => new SessionEvent.Received(ids));
        _released.List.Add(packetId);
    }

    public void Add(SessionEvent happened)
    {
        Flush();
        recorder.Record(happened);
    }

    /// <summary>Reports the gathered events.</summary>
    public void Flush()
    {
        FlushSubscribed();
        FlushUnsubscribed();
        FlushMessages();
        FlushAcknowledgements();
        _received.Flush(recorder, static ids => new SessionEvent.Received(ids));
        _released.Flush(recorder, static ids => new SessionEvent.Released(ids));
    }

    private void FlushSubscribed()
    {
        if (_subscribed.Count > 0)
            recorder.Record(new SessionEvent.Subscribed([.. _subscribed]));
        _subscribed.Clear();
    }

    private void FlushUnsubscribed()
    {
        if (_unsubscribed.Count > 0)
            recorder.Record(new SessionEvent.Unsubscribed([.. _unsubscribed]));
        _unsubscribed.Clear();
    }

    private void FlushMessages()
    {
        if (_queued.Count > 0)
            recorder.Record(new SessionEvent.Queued(_batch, _receivedAt, [.. _queued]));
        if (Removed.Count > 0)
            recorder.Record(new SessionEvent.Removed([.. Removed]));
        if (_sent.Count > 0)
            recorder.Record(new SessionEvent.Sent([.. _sent]));
        _queued.Clear();
        Removed.Clear();
        _sent.Clear();
        _batch = [];
    }

    // A PUBREC and its PUBCOMP may be in one chunk, so confirmed messages are reported before acknowledged ones.
    private void FlushAcknowledgements()
    {
        _confirmed.Flush(recorder, static ids => new SessionEvent.Confirmed(ids));
        _acknowledged.Flush(recorder, static ids => new SessionEvent.Acknowledged(ids));
    }

    private sealed class Ids
    {
        public List<ushort> List { get; } = [];

        public void Flush(ISessionRecorder recorder, Func<ushort[], SessionEvent> make)
        {
            if (List.Count == 0)
                return;
            recorder.Record(make([.. List]));
            List.Clear();
        }
    }
}
