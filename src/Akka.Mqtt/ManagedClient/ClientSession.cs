using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The session of a client without actor, IO and clock: it outlives connections. The server's session is the same the other way round; both are
/// made of the windows of <c>Akka.Mqtt.Protocol.Session</c>.
/// </summary>
internal sealed class ClientSession
{
    private readonly MqttClientSettings _settings;
    private readonly IClientOutput _output;
    private readonly CommandQueue _queue;
    private readonly AckOrder _acks = new();
    private readonly Dictionary<ushort, Pending> _inFlight = [];
    private readonly SubscriptionRequests _requests;
    private OutboundWindow _window;
    private InboundWindow _received = new();
    private TopicAliases _aliases = new(0, 0);
    private ConnAckProperties _server = new();
    private bool _isConnected;

    /// <summary>Makes an empty session.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="output">What gets packets, outcomes and messages.</param>
    public ClientSession(MqttClientSettings settings, IClientOutput output)
    {
        _settings = settings;
        _output = output;
        _queue = new CommandQueue(settings.MaxQueuedBytes, settings.Overflow);
        _requests = new SubscriptionRequests(output);
        _window = NewWindow();
    }

    /// <summary>Messages that were never sent.</summary>
    public int QueuedCount => _queue.Count;

    /// <summary>Messages that were sent and not completely acknowledged.</summary>
    public int InFlightCount => _window.Count;

    /// <summary>Received messages that the handler has not acknowledged.</summary>
    public int UnacknowledgedCount => _acks.Count;

    /// <summary>Takes a command.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    public void Take(Pending pending, long now)
    {
        pending = pending with { TakenAt = now };
        if (pending.Command is MqttClient.Publish publish)
        {
            var message = new QueuedMessage(publish.Packet, now);
            if (!MakeSpace(message.KeptSize))
            {
                Refuse(pending, MqttClientRefusal.QueueFull, $"The queue holds {_queue.Bytes + _window.Bytes} bytes.", ReasonCode.QuotaExceeded);
                return;
            }
            _queue.Add(pending, message);
            Pump(now);
        }
        else
        {
            _requests.Add(pending);
            if (_isConnected)
                _requests.Send(Problem);
        }
    }

    /// <summary>The server accepted the client.</summary>
    /// <param name="answer">The CONNACK.</param>
    /// <param name="now">The time.</param>
    public void BeginConnection(ConnAck answer, long now)
    {
        _server = answer.Properties ?? new ConnAckProperties();
        _isConnected = true;
        _aliases = new TopicAliases(
            Math.Min(_settings.TopicAliases, (int)(_server.TopicAliasMaximum ?? 0)), _settings.Version == MqttVersion.V5 ? _settings.TopicAliases : 0);
        if (!answer.SessionPresent)
            BeginSession();
        _window.BeginConnection(_server.ReceiveMaximum ?? ushort.MaxValue); // [MQTT-3.3.4-9 v5]
        _received.BeginConnection();
        _requests.BeginConnection(answer.SessionPresent);
        _requests.Send(Problem);
        Pump(now);
    }

    /// <summary>The connection has ended.</summary>
    public void EndConnection()
    {
        _isConnected = false;
        _acks.EndConnection();
        _window.Compact();
    }

    /// <summary>A packet arrived that belongs to the session.</summary>
    /// <param name="packet">The packet.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public (ReasonCode Code, string Text)? Receive(MqttPacket packet)
    {
        switch (packet)
        {
            case Publish message:
                return Receive(message);
            case PubAck ack:
                return End(ack.PacketId, ack.ReasonCode, _window.PubAck(ack.PacketId), "PUBACK");
            case PubRec rec:
                return Receive(rec);
            case PubComp comp:
                return End(comp.PacketId, ReasonCode.Success, _window.PubComp(comp.PacketId), "PUBCOMP");
            case PubRel rel:
                // [MQTT-4.3.3-11 v5] [MQTT-4.3.3-12 v5]; an unknown identifier is no error, the server may repeat itself
                var known = _received.Release(rel.PacketId);
                _output.Send(known || _settings.Version != MqttVersion.V5
                    ? new PubComp(rel.PacketId)
                    : new PubComp(rel.PacketId, ReasonCode.PacketIdentifierNotFound));
                return null;
            case SubAck answer:
                return Wrong(_requests.Receive(answer));
            case UnsubAck answer:
                return Wrong(_requests.Receive(answer));
            default:
                return null;
        }
    }

    /// <summary>The handler acknowledged messages. Call <see cref="SendAcknowledgements"/> when it has said all that it has to say now.</summary>
    public void Acknowledge(long first, int count, ReasonCode code) => _acks.Acknowledge(first, count, code);

    /// <summary>Sends the acknowledgements that are due, in the order of the messages.</summary>
    public void SendAcknowledgements()
    {
        while (_isConnected && _acks.TryTake(out var id, out var qos, out var code))
        {
            if (_settings.Version != MqttVersion.V5)
                code = ReasonCode.Success; // 3.x has none
            if (qos == QualityOfService.AtLeastOnce)
            {
                _output.Send(new PubAck(id, code)); // [MQTT-4.3.2-4 v5]
                continue;
            }
            if (code.IsFailure())
                _received.Release(id); // the exchange ends here
            _output.Send(new PubRec(id, code)); // [MQTT-4.3.3-8 v5]
        }
    }

    /// <summary>Sends as many messages as the window and the connection take: first what an earlier connection had in flight [MQTT-4.4.0-1], then the queue.</summary>
    /// <param name="now">The time.</param>
    public void Pump(long now)
    {
        if (!_isConnected)
            return;
        if (_requests.Count > 0)
            _requests.Send(Problem);
        while (!_output.IsFull && _window.TryPeekResend(out var id, out var message))
            Resend(id, message, now);
        while (!_output.IsFull && _queue.TryPeek(out var pending, out var message))
        {
            if (message.Packet.QoS != QualityOfService.AtMostOnce && !_window.HasRoom)
                return;
            _queue.Remove();
            Send(pending, message, now);
        }
    }

    /// <summary>
    /// Gives commands that have waited too long their outcome. What was sent stays in flight, because its identifier is in use until the server has answered.
    /// </summary>
    /// <param name="takenBefore">Those that the client took before that time have waited too long.</param>
    /// <param name="cause">Why.</param>
    public void EndLate(long takenBefore, MqttClient.Cause cause)
    {
        while (_queue.TryRemoveLate(takenBefore, out var late))
            _output.Complete(late, OutcomeOf(late, cause));
        foreach (var (id, pending) in _inFlight)
        {
            if (pending.TakenAt >= takenBefore)
                continue;
            _inFlight.Remove(id);
            _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        }
        _requests.EndLate(takenBefore, cause);
    }

    /// <summary>Completes all commands, because the client stops.</summary>
    /// <param name="cause">Why.</param>
    public void Stop(MqttClient.Cause cause)
    {
        _isConnected = false;
        foreach (var pending in _inFlight.Values)
            _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        _inFlight.Clear();
        _window = NewWindow();
        while (_queue.Count > 0)
        {
            var pending = _queue.Remove();
            _output.Complete(pending, OutcomeOf(pending, cause));
        }
        _requests.Stop(cause);
    }

    private static MqttClient.Outcome OutcomeOf(in Pending pending, MqttClient.Cause cause) => pending.WasSent
        ? new MqttClient.Unknown(pending.Command!.Correlation)
        : new MqttClient.Failed(pending.Command!.Correlation, cause);

    private static (ReasonCode Code, string Text)? Wrong(string? text) => text is null ? null : (ReasonCode.ProtocolError, text);

    private OutboundWindow NewWindow() => new(_settings.MaxQueuedBytes, SubscriptionRequests.FirstId - 1);

    /// <summary>
    /// The server has no session. A message of QoS 1 is published again as a new one; of QoS 2 nobody knows whether the server delivered it.
    /// </summary>
    private void BeginSession()
    {
        var again = new List<(Pending, QueuedMessage)>();
        foreach (var (id, message) in _window.Messages())
        {
            if (!_inFlight.TryGetValue(id, out var pending))
                continue; // it waited too long, and has its outcome
            if (message is { Packet.QoS: QualityOfService.AtLeastOnce } kept)
                again.Add((pending, kept));
            else
                _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        }
        _inFlight.Clear();
        _window = NewWindow();
        _received = new InboundWindow();
        _acks.EndSession();
        if (again.Count > 0)
            _queue.AddBefore(again);
    }

    private bool MakeSpace(int size)
    {
        while (_queue.IsFullFor(size, _window.Bytes))
        {
            if (!_queue.TryDrop(out var dropped))
                return false;
            Refuse(dropped, MqttClientRefusal.QueueFull, "The message gave way to a newer one.", ReasonCode.QuotaExceeded);
        }
        return true;
    }

    private void Send(in Pending pending, in QueuedMessage message, long now)
    {
        if (!message.TryGet(now, out var packet))
        {
            Refuse(pending, MqttClientRefusal.Expired, "The message expired before it could be sent.", null);
            return;
        }
        if (packet!.QoS == QualityOfService.AtMostOnce)
        {
            if (Problem(packet) is var (reason, code, text))
                Refuse(pending, reason, text, code);
            else
                _output.SendUnconfirmed(_aliases.Shorten(packet), pending);
            return;
        }
        var sent = _window.Add(message, packet);
        if (Problem(sent) is var (why, wrong, words))
        {
            Forget(sent);
            Refuse(pending, why, words, wrong);
            return;
        }
        _inFlight.Add(sent.PacketId, pending);
        _output.Send(_aliases.Shorten(sent));
    }

    private void Forget(Publish sent)
    {
        if (sent.QoS == QualityOfService.AtLeastOnce)
            _window.PubAck(sent.PacketId);
        else
            _window.PubRec(sent.PacketId, accepted: false);
    }

    private void Resend(ushort id, in QueuedMessage? message, long now)
    {
        if (message is not { } kept)
        {
            _window.Resent();
            _output.Send(new PubRel(id));
            return;
        }
        var packet = kept.ToSend(now) with { PacketId = id, Dup = true }; // [MQTT-3.3.1-1]
        if (Problem(packet) is not null) // the server takes less than it did
        {
            Forget(packet);
            if (_inFlight.Remove(id, out var pending))
                _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
            return;
        }
        _window.Resent();
        _output.Send(_aliases.Shorten(packet));
    }

    /// <summary>What is wrong with a packet: by the rules of the version, or by what the server said that it takes.</summary>
    private (MqttClientRefusal Reason, ReasonCode Code, string Text)? Problem(MqttPacket packet)
    {
        if (!MqttEncoder.TryMeasure(packet, _settings.Version, MqttRole.Client, out var size, out var error))
            return (MqttClientRefusal.InvalidPacket, error.ReasonCode, error.Message);
        if (size > _server.MaximumPacketSize) // [MQTT-3.2.2-15 v5]
            return (MqttClientRefusal.PacketTooLarge, ReasonCode.PacketTooLarge, $"The packet has {size} bytes; the server takes {_server.MaximumPacketSize}.");
        if (packet is not Publish publish)
            return null;
        if (publish.Properties?.TopicAlias is not null)
            return (MqttClientRefusal.InvalidPacket, ReasonCode.TopicAliasInvalid, "The client chooses topic aliases itself: leave TopicAlias out.");
        if (publish.QoS > _server.MaximumQoS) // [MQTT-3.2.2-11 v5]
            return (MqttClientRefusal.InvalidPacket, ReasonCode.QoSNotSupported, $"The server takes QoS {(int)_server.MaximumQoS} at most.");
        if (publish.Retain && _server.RetainAvailable == false) // [MQTT-3.2.2-14 v5]
            return (MqttClientRefusal.InvalidPacket, ReasonCode.RetainNotSupported, "The server takes no retained messages.");
        return null;
    }

    private (ReasonCode Code, string Text)? Receive(Publish packet)
    {
        if (!_aliases.TryResolve(packet, out var message))
            return (ReasonCode.TopicAliasInvalid, "a PUBLISH with a topic alias that means nothing");
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            _output.Deliver(message, -1);
            return null;
        }
        // mosquitto 2.0 exceeds the Receive Maximum: a little at any time, and when it resumes a session whose connection had a larger one. Leaving it would
        // only begin that again. Twice as much is still a bound.
        var maximum = _settings.Version != MqttVersion.V5 || message.Dup ? ushort.MaxValue : Math.Min(ushort.MaxValue, (2 * _settings.ReceiveMaximum) + 20);
        if (_acks.Count >= maximum)
            return (ReasonCode.ReceiveMaximumExceeded, "far more messages than the Receive Maximum of the client");
        if (message.QoS == QualityOfService.ExactlyOnce)
        {
            var result = _received.Receive(message.PacketId, maximum);
            if (result == InboundResult.ReceiveMaximumExceeded)
                return (ReasonCode.ReceiveMaximumExceeded, "far more messages than the Receive Maximum of the client");
            if (result == InboundResult.Repeat)
            {
                _acks.AddRepeat(message.PacketId);
                return null;
            }
        }
        var number = _acks.Add(message.PacketId, message.QoS);
        _output.Deliver(message, number);
        if (_settings.AcknowledgeAutomatically)
            _acks.Acknowledge(number, 1, ReasonCode.Success);
        return null;
    }

    private (ReasonCode Code, string Text)? Receive(PubRec packet)
    {
        var result = _window.PubRec(packet.PacketId, !packet.ReasonCode.IsFailure());
        switch (result)
        {
            case AckResult.Release:
                _output.Send(new PubRel(packet.PacketId));
                return null;
            case AckResult.Unknown:
                _output.Send(_settings.Version == MqttVersion.V5
                    ? new PubRel(packet.PacketId, ReasonCode.PacketIdentifierNotFound)
                    : new PubRel(packet.PacketId));
                return null;
            default:
                return End(packet.PacketId, packet.ReasonCode, result, "PUBREC");
        }
    }

    private (ReasonCode Code, string Text)? End(ushort id, ReasonCode code, AckResult result, string name)
    {
        if (result == AckResult.WrongKind)
            return (ReasonCode.ProtocolError, $"a {name} for a message of another QoS or at another step");
        if (result != AckResult.Done || !_inFlight.Remove(id, out var pending))
            return null;
        if (code.IsFailure())
            Refuse(pending, MqttClientRefusal.ByServer, $"The server refused the message: {code}.", code);
        else
            _output.Complete(pending, new MqttClient.Acked(pending.Command!.Correlation, code));
        return null;
    }

    private void Refuse(in Pending pending, MqttClientRefusal reason, string message, ReasonCode? code) => _output.Complete(
        pending,
        pending.WasSent && reason != MqttClientRefusal.ByServer
            ? new MqttClient.Unknown(pending.Command!.Correlation)
            : new MqttClient.Refused(pending.Command!.Correlation, reason, message) { ReasonCode = code });
}
