using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The changes of a session since the last commit of its queue. Not thread safe; <see cref="QueueWriter"/> writes it.</summary>
internal sealed class QueueJournal
{
    private readonly Dictionary<ushort, long> _sent = [];
    private List<MqttClientQueueChange> _changes = [];
    private string? _clientId;
    private long _last;

    /// <summary>Makes the journal of a queue.</summary>
    /// <param name="state">The content of the queue when it was opened.</param>
    public QueueJournal(MqttClientQueueState state)
    {
        State = state;
        _clientId = state.ClientId;
        foreach (var message in state.Messages)
        {
            _last = message.Number;
            if (message.PacketId is { } id)
                _sent[id] = message.Number;
        }
    }

    /// <summary>The content of the queue when it was opened.</summary>
    public MqttClientQueueState State { get; }

    /// <summary>Whether something was changed since <see cref="Take"/>.</summary>
    public bool HasChanges => _changes.Count > 0;

    /// <summary>Takes out the changes.</summary>
    /// <returns>The changes, in order.</returns>
    public List<MqttClientQueueChange> Take()
    {
        var changes = _changes;
        _changes = [];
        return changes;
    }

    /// <summary>A message was added.</summary>
    /// <returns>Its number.</returns>
    public long Add(Publish packet, long takenAt)
    {
        _changes.Add(new MqttClientQueueChange.Added(new MqttClientQueuedMessage(++_last, packet, takenAt)));
        return _last;
    }

    /// <summary>A message of the queue is about to be sent; 0 for one that is not in the queue.</summary>
    public void Sent(long number, ushort id)
    {
        if (number == 0)
            return;
        _sent[id] = number;
        _changes.Add(new MqttClientQueueChange.Sent(number, id));
    }

    /// <summary>PUBREC arrived.</summary>
    public void Released(ushort id)
    {
        if (_sent.TryGetValue(id, out var number))
            _changes.Add(new MqttClientQueueChange.Released(number));
    }

    /// <summary>A message that was sent is complete, or given up.</summary>
    public void Ended(ushort id)
    {
        if (_sent.Remove(id, out var number))
            Remove(number);
    }

    /// <summary>A message that waits is given up; 0 for one that is not in the queue.</summary>
    public void Remove(long number)
    {
        if (number != 0)
            _changes.Add(new MqttClientQueueChange.Removed(number));
    }

    /// <summary>A received QoS 2 message is about to be acknowledged.</summary>
    public void Received(ushort id) => _changes.Add(new MqttClientQueueChange.Received(id));

    /// <summary>A received QoS 2 message was released.</summary>
    public void ReceivedReleased(ushort id) => _changes.Add(new MqttClientQueueChange.ReceivedReleased(id));

    /// <summary>A new session begins.</summary>
    public void BeginSession()
    {
        _sent.Clear();
        _changes.Add(new MqttClientQueueChange.SessionBegan());
    }

    /// <summary>The server accepted the client.</summary>
    public void Accepted(string clientId)
    {
        if (clientId == _clientId)
            return;
        _clientId = clientId;
        _changes.Add(new MqttClientQueueChange.Accepted(clientId));
    }
}
