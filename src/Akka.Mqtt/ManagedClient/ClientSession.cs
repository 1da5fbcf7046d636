using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The session of a client, without actor, IO and clock. It outlives connections. Like the session of the server, it uses the windows of
/// <c>Akka.Mqtt.Protocol.Session</c>.
/// </summary>
internal sealed class ClientSession
{
    private readonly MqttClientSettings _settings;
    private readonly IClientOutput _output;
    private readonly CommandQueue _queue;
    private Dictionary<ushort, Pending>? _inFlight; // made by the first, as the requests: an idle client has neither
    private SubscriptionRequests? _requests;
    private readonly QueueJournal? _journal;
    private readonly ReceivedMessages _received;
    private OutboundWindow _window;
    private TopicAliases _aliases = new(0, 0);
    private ServerLimits _server = ServerLimits.None;
    private bool _isConnected;

    /// <summary>Makes an empty session.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="output">Receives packets, outcomes and messages.</param>
    /// <param name="journal">The journal of the queue, with its content; null for none.</param>
    public ClientSession(MqttClientSettings settings, IClientOutput output, QueueJournal? journal = null)
    {
        _journal = journal;
        _settings = settings;
        _output = output;
        _queue = new CommandQueue(settings.MaxQueuedBytes, settings.MaxQueuedMessages, settings.Overflow);
        _received = new ReceivedMessages(settings, output, journal);
        _window = NewWindow();
        if (journal is not null)
            Restore(journal.State);
    }

    /// <summary>Takes a message if it answers a request, and returns whether it did; null while no request exists.</summary>
    public Func<Publish, bool>? Answers { set => _received.Answers = value; }

    private Dictionary<ushort, Pending> InFlight => _inFlight ??= [];
    private SubscriptionRequests Requests => _requests ??= new SubscriptionRequests(_output);

    /// <summary>Messages that were never sent.</summary>
    public int QueuedCount => _queue.Count;

    /// <summary>Messages that were sent and not completely acknowledged.</summary>
    public int InFlightCount => _window.Count;

    /// <summary>Received messages that the handler has not acknowledged.</summary>
    public int UnacknowledgedCount => _received.Count;

    /// <summary>Takes a command.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    public void Take(Pending pending, long now)
    {
        pending = pending with { TakenAt = now };
        if (pending.Command is MqttClient.Publish publish)
        {
            Take(pending, publish, now);
            return;
        }
        Requests.Add(pending);
        if (_isConnected)
            Requests.Send(Problem);
    }

    /// <summary>The server accepted the client.</summary>
    /// <param name="answer">The CONNACK.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="now">The time.</param>
    public void BeginConnection(ConnAck answer, string clientId, long now)
    {
        _server = ServerLimits.Of(answer.Properties);
        _isConnected = true;
        _aliases = new TopicAliases(
            Math.Min(_settings.TopicAliases, answer.Properties?.TopicAliasMaximum ?? 0), _settings.Version == MqttVersion.V5 ? _settings.TopicAliases : 0);
        if (!answer.SessionPresent)
            BeginSession();
        _journal?.Accepted(clientId);
        _window.BeginConnection(answer.Properties?.ReceiveMaximum ?? ushort.MaxValue); // [MQTT-3.3.4-9 v5]
        _received.BeginConnection();
        _requests?.BeginConnection(answer.SessionPresent);
        _requests?.Send(Problem);
        Pump(now);
    }

    /// <summary>The connection has ended.</summary>
    public void EndConnection()
    {
        _isConnected = false;
        _received.EndConnection();
        _window.Compact();
    }

    /// <summary>A packet arrived that belongs to the session.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public (ReasonCode Code, string Text)? Receive(MqttPacket packet)
    {
        switch (packet)
        {
            case Publish message:
                return _aliases.TryResolve(message, out var resolved)
                    ? _received.Receive(resolved)
                    : (ReasonCode.TopicAliasInvalid, "a PUBLISH with an unknown topic alias");
            case PubAck ack:
                return End(ack.PacketId, ack.ReasonCode, _window.PubAck(ack.PacketId), "PUBACK");
            case PubRec rec:
                return Receive(rec);
            case PubComp comp:
                return End(comp.PacketId, ReasonCode.Success, _window.PubComp(comp.PacketId), "PUBCOMP");
            case PubRel rel:
                _received.Release(rel.PacketId);
                return null;
            case SubAck answer:
                return Wrong(Requests.Receive(answer));
            case UnsubAck answer:
                return Wrong(Requests.Receive(answer));
            default:
                return null;
        }
    }

    /// <summary>The handler acknowledged messages. Call <see cref="SendAcknowledgements"/> after all acknowledgements at hand.</summary>
    public void Acknowledge(long first, int count, ReasonCode code) => _received.Acknowledge(first, count, code);

    /// <summary>Sends the acknowledgements that are due, in the order of the messages.</summary>
    public void SendAcknowledgements()
    {
        if (_isConnected)
            _received.SendAcknowledgements();
    }

    /// <summary>Sends as many messages as the window and the connection allow: first those in flight on an earlier connection [MQTT-4.4.0-1], then the queue.</summary>
    /// <param name="now">The time.</param>
    public void Pump(long now)
    {
        if (!_isConnected)
            return;
        if (_requests is { Count: > 0 })
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
    /// Ends commands that have waited too long with an outcome. Sent messages stay in flight, because their identifiers are in use until the server has answered.
    /// </summary>
    /// <param name="takenBefore">Those that the client took before that time have waited too long.</param>
    /// <param name="cause">Why.</param>
    public void EndLate(long takenBefore, MqttClient.Cause cause)
    {
        foreach (var late in _queue.RemoveLate(takenBefore))
        {
            _journal?.Remove(late.Number);
            _output.Complete(late, OutcomeOf(late, cause));
        }
        foreach (var (id, pending) in _inFlight ?? [])
        {
            if (pending.IsStored || pending.TakenAt >= takenBefore)
                continue;
            InFlight.Remove(id);
            _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        }
        _requests?.EndLate(takenBefore, cause);
    }

    /// <summary>Completes all commands, because the client stops. Messages in a queue that survives the process stay there.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="isWritten">Whether everything that was changed is written in the queue.</param>
    public void Stop(MqttClient.Cause cause, bool isWritten = false)
    {
        _isConnected = false;
        foreach (var (_, pending) in _inFlight ?? [])
            EndStopped(pending, new MqttClient.Unknown(pending.Command!.Correlation), isWritten);
        _inFlight?.Clear();
        _window = NewWindow();
        while (_queue.Count > 0)
        {
            var pending = _queue.Remove();
            EndStopped(pending, OutcomeOf(pending, cause), isWritten);
        }
        _requests?.Stop(cause);
    }

    private static MqttClient.Outcome OutcomeOf(in Pending pending, MqttClient.Cause cause) => pending.WasSent
        ? new MqttClient.Unknown(pending.Command!.Correlation)
        : new MqttClient.Failed(pending.Command!.Correlation, cause);

    private static (ReasonCode Code, string Text)? Wrong(string? text) => text is null ? null : (ReasonCode.ProtocolError, text);

    private void EndStopped(in Pending pending, MqttClient.Outcome outcome, bool isWritten)
    {
        if (!pending.IsStored) // otherwise it already has its outcome
            _output.Complete(pending, !pending.IsInQueue ? outcome : isWritten ? new MqttClient.Stored(outcome.Correlation) : new MqttClient.Unknown(outcome.Correlation));
    }

    private OutboundWindow NewWindow() => new(_settings.MaxQueuedBytes, SubscriptionRequests.FirstId - 1);

    /// <summary>Restores the content of a queue, as if this process had sent the sent messages.</summary>
    private void Restore(MqttClientQueueState state)
    {
        foreach (var stored in state.Messages)
        {
            var pending = new Pending(new MqttClient.Publish(stored.Packet), ActorRefs.Nobody) { TakenAt = stored.TakenAt, Number = stored.Number, IsStored = true };
            var message = new QueuedMessage(stored.Packet, stored.TakenAt);
            if (stored.PacketId is not { } id)
            {
                _queue.Add(pending, message);
                continue;
            }
            _window.Restore(id, stored.IsReleased ? null : message);
            InFlight.Add(id, pending);
        }
        _received.Restore(state.Received);
        if (_settings.ClientId.Length > 0 && state.ClientId is not null && state.ClientId != _settings.ClientId)
            BeginSession(); // the packet identifiers belong to the session of another client
    }

    /// <summary>
    /// The server has no session. A message of QoS 1 is published again as a new one. For QoS 2 it is unknown whether the server delivered the message. If no
    /// sender waits for the outcome, the client publishes it again, unless PUBREC was received, so that the server owns it [MQTT-4.3.3-8 v5].
    /// </summary>
    private void BeginSession()
    {
        var again = new List<(Pending, QueuedMessage)>();
        var ended = new List<(Pending Pending, MqttClient.Outcome Outcome)>();
        foreach (var (id, message) in _window.Messages())
        {
            if (!InFlight.TryGetValue(id, out var pending))
                _journal?.Ended(id); // it waited too long, and already has its outcome
            else if (message is { } kept && (pending.IsStored || kept.Packet.QoS == QualityOfService.AtLeastOnce))
                again.Add((pending, kept));
            else if (pending.IsStored)
                ended.Add((pending, new MqttClient.Acked(null, ReasonCode.Success)));
            else
                ended.Add((pending, new MqttClient.Unknown(pending.Command!.Correlation)));
        }
        _journal?.BeginSession();
        foreach (var (pending, outcome) in ended)
        {
            _journal?.Remove(pending.Number);
            _output.Complete(pending, outcome);
        }
        _inFlight?.Clear();
        _window = NewWindow();
        _received.EndSession();
        if (again.Count > 0)
            _queue.AddBefore(again);
    }

    private void Take(Pending pending, MqttClient.Publish publish, long now)
    {
        var packet = publish.Packet;
        var isInQueue = _journal is not null && packet.QoS != QualityOfService.AtMostOnce;
        if (PacketProblem.OfStored(publish, isInQueue, _settings.Version) is { } problem)
        {
            Refuse(pending, problem.Reason, problem.Text, problem.Code);
            return;
        }
        var message = new QueuedMessage(packet, now);
        if (!MakeSpace(message.KeptSize))
        {
            Refuse(
                pending, MqttClientRefusal.QueueFull, $"The queue holds {_queue.Count + _window.Count} messages with {_queue.Bytes + _window.Bytes} bytes.",
                ReasonCode.QuotaExceeded);
            return;
        }
        if (isInQueue)
            pending = pending with { Number = _journal!.Add(packet, now) };
        if (publish.CompleteWhenStored)
        {
            _output.Complete(pending, new MqttClient.Stored(publish.Correlation));
            pending = pending with { IsStored = true, Span = null };
        }
        _queue.Add(pending, message);
        Pump(now);
    }

    private bool MakeSpace(int size)
    {
        while (_queue.IsFullFor(size, _window.Bytes, _window.Count))
        {
            if (!_queue.TryDrop(out var dropped))
                return false;
            _journal?.Remove(dropped.Number);
            Refuse(dropped, MqttClientRefusal.QueueFull, "The message was dropped for a newer one.", ReasonCode.QuotaExceeded);
        }
        return true;
    }

    private void Send(in Pending pending, in QueuedMessage message, long now)
    {
        if (!message.TryGet(now, out var packet))
        {
            _journal?.Remove(pending.Number);
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
        _journal?.Sent(pending.Number, sent.PacketId);
        if (Problem(sent) is var (why, wrong, words))
        {
            Forget(sent);
            Refuse(pending, why, words, wrong);
            return;
        }
        InFlight.Add(sent.PacketId, pending);
        _output.Send(_aliases.Shorten(sent));
    }

    private void Forget(Publish sent)
    {
        _journal?.Ended(sent.PacketId);
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
        if (Problem(packet) is not null) // the server accepts less than before
        {
            Forget(packet);
            if (InFlight.Remove(id, out var pending))
                _output.Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
            return;
        }
        _window.Resent();
        _output.Send(_aliases.Shorten(packet));
    }

    private PacketProblem? Problem(MqttPacket packet) => PacketProblem.Of(packet, _settings.Version, _server);

    private (ReasonCode Code, string Text)? Receive(PubRec packet)
    {
        var result = _window.PubRec(packet.PacketId, !packet.ReasonCode.IsFailure());
        switch (result)
        {
            case AckResult.Release:
                _journal?.Released(packet.PacketId);
                _output.Send(new PubRel(packet.PacketId));
                return null;
            case AckResult.Unknown:
                _output.Send(_settings.Version == MqttVersion.V5 ? new PubRel(packet.PacketId, ReasonCode.PacketIdentifierNotFound) : new PubRel(packet.PacketId));
                return null;
            default:
                return End(packet.PacketId, packet.ReasonCode, result, "PUBREC");
        }
    }

    private (ReasonCode Code, string Text)? End(ushort id, ReasonCode code, AckResult result, string name)
    {
        if (result == AckResult.WrongKind)
            return (ReasonCode.ProtocolError, $"a {name} for a message of another QoS or at another step");
        if (result != AckResult.Done)
            return null;
        _journal?.Ended(id);
        if (!InFlight.Remove(id, out var pending))
            return null; // it waited too long, and already has its outcome
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
