using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The receiving half of a <see cref="ClientSession"/>: delivers messages, and acknowledges them in their order when the handler has.</summary>
internal sealed class ReceivedMessages
{
    private readonly MqttClientSettings _settings;
    private readonly IClientOutput _output;
    private readonly QueueJournal? _journal;
    private readonly AckOrder _acks = new();
    private InboundWindow _window = new();
    private HashSet<ushort>? _restored; // of an earlier process, not seen since

    /// <summary>Makes one that has received nothing.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="output">What gets messages and acknowledgements.</param>
    /// <param name="journal">The journal of the queue that survives the process; null for none.</param>
    public ReceivedMessages(MqttClientSettings settings, IClientOutput output, QueueJournal? journal)
    {
        _settings = settings;
        _output = output;
        _journal = journal;
    }

    /// <summary>Messages that the handler has not acknowledged.</summary>
    public int Count => _acks.Count;

    /// <summary>Takes a message if it answers a request, and returns whether it did; null while no request exists.</summary>
    public Func<Publish, bool>? Answers { get; set; }

    /// <summary>Adds identifiers of QoS 2 messages that an earlier process has acknowledged.</summary>
    /// <param name="ids">The identifiers.</param>
    public void Restore(IReadOnlyList<ushort> ids)
    {
        _window.Restore(ids);
        _restored = [.. ids];
    }

    /// <summary>A connection begins.</summary>
    public void BeginConnection() => _window.BeginConnection();

    /// <summary>The connection has ended.</summary>
    public void EndConnection() => _acks.EndConnection();

    /// <summary>The session has ended.</summary>
    public void EndSession()
    {
        _window = new InboundWindow();
        _restored = null;
        _acks.EndSession();
    }

    /// <summary>The handler acknowledged messages.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="code">The reason code.</param>
    public void Acknowledge(long first, int count, ReasonCode code) => _acks.Acknowledge(first, count, code);

    /// <summary>Sends the acknowledgements that are due, in the order of the messages.</summary>
    public void SendAcknowledgements()
    {
        while (_acks.TryTake(out var id, out var qos, out var code))
        {
            if (_settings.Version != MqttVersion.V5)
                code = ReasonCode.Success; // 3.x has none
            if (qos == QualityOfService.AtLeastOnce)
            {
                _output.Send(new PubAck(id, code)); // [MQTT-4.3.2-4 v5]
                continue;
            }
            if (code.IsFailure())
                _window.Release(id); // the exchange ends here
            else
                _journal?.Received(id); // a later process must not deliver it again
            _output.Send(new PubRec(id, code)); // [MQTT-4.3.3-8 v5]
        }
    }

    /// <summary>A message arrived.</summary>
    /// <param name="message">The message, with its topic.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public (ReasonCode Code, string Text)? Receive(Publish message)
    {
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            if (Answers?.Invoke(message) != true)
                _output.Deliver(message, -1);
            return null;
        }
        // mosquitto 2.0 exceeds the Receive Maximum: a little at any time, and after resuming a session whose connection had a larger one. Disconnecting
        // would only repeat this. Twice the maximum is still a limit.
        var maximum = _settings.Version != MqttVersion.V5 || message.Dup ? ushort.MaxValue : Math.Min(ushort.MaxValue, (2 * _settings.ReceiveMaximum) + 20);
        if (_acks.Count >= maximum)
            return (ReasonCode.ReceiveMaximumExceeded, "far more messages than the Receive Maximum of the client");
        if (message.QoS == QualityOfService.ExactlyOnce)
        {
            // A repeat has DUP [MQTT-3.3.1-1]. Without DUP the identifier belongs to a new session, which started on a connection that the earlier process
            // did not record before it ended.
            if (_restored?.Remove(message.PacketId) == true && !message.Dup)
                _window.Release(message.PacketId);
            var result = _window.Receive(message.PacketId, maximum);
            if (result == InboundResult.ReceiveMaximumExceeded)
                return (ReasonCode.ReceiveMaximumExceeded, "far more messages than the Receive Maximum of the client");
            if (result == InboundResult.Repeat)
            {
                _acks.AddRepeat(message.PacketId);
                return null;
            }
        }
        var number = _acks.Add(message.PacketId, message.QoS);
        var isAnswer = Answers?.Invoke(message) == true;
        if (!isAnswer)
            _output.Deliver(message, number);
        if (isAnswer || _settings.AcknowledgeAutomatically)
            _acks.Acknowledge(number, 1, ReasonCode.Success);
        return null;
    }

    /// <summary>PUBREL arrived [MQTT-4.3.3-11 v5] [MQTT-4.3.3-12 v5]. An unknown identifier is no error: the server may repeat itself.</summary>
    /// <param name="id">The identifier.</param>
    public void Release(ushort id)
    {
        _restored?.Remove(id);
        var known = _window.Release(id);
        if (known)
            _journal?.ReceivedReleased(id);
        _output.Send(known || _settings.Version != MqttVersion.V5 ? new PubComp(id) : new PubComp(id, ReasonCode.PacketIdentifierNotFound));
    }
}
