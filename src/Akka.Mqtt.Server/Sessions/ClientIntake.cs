using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Handles the packets of a session's client, one chunk at a time, and passes them to the session core, the publisher and the
/// subscriptions. It holds back packets that cannot be handled yet, and acknowledgements of messages that are not safe yet. Owned by the
/// session.
/// </summary>
internal sealed class ClientIntake(
    ServerContext context, string clientId, IActorRef session, SubscriptionHandler subscriptions, SessionCounters counters, ClientWriter writer)
{
    private static readonly Violation TooFast = new(ReasonCode.MessageRateTooHigh, "the client publishes faster than the server allows");

    private readonly HeldPackets _held = new();
    private readonly AcknowledgementQueue _acknowledgements = new();
    private ClientLink _link = null!;
    private SessionLife _life = null!;
    private PublishIntake? _publishes;
    private Reauthentication? _reauthentication;
    private ClockTimer? _deliveryTimer;
    private ClockTimer? _rateTimer;

    /// <summary>The rights of the client; null for all.</summary>
    public ClientRights? Rights { get; set; }

    public bool IsThrottled => _held.Reason == HoldReason.Rate;

    /// <summary>Whether all received packets are handled and answered.</summary>
    public bool IsIdle => !_held.IsHolding && _acknowledgements.IsEmpty;

    /// <summary>Whether all handled packets are answered.</summary>
    public bool IsAnswered => _acknowledgements.IsEmpty;

    private SessionCore Core => _life.Core!;

    private PublishIntake Publishes
    {
        get
        {
            if (_publishes is not null)
                return _publishes;
            _publishes = new PublishIntake(context, _link, clientId, _life.Publisher, counters);
            _publishes.BeginChunk();
            return _publishes;
        }
    }

    public void Begin(ClientLink link, SessionLife life) => (_link, _life) = (link, life);

    public void EndConnection()
    {
        _held.Clear();
        _acknowledgements.Clear();
        _reauthentication?.Dispose();
        _deliveryTimer?.Dispose();
        _rateTimer?.Dispose();
        (_publishes, _reauthentication, _deliveryTimer, _rateTimer) = (null, null, null, null);
        _link = null!;
    }

    /// <summary>Handles packets, or holds them back.</summary>
    public ChunkEnd Process(ReadOnlySpan<MqttPacket> packets)
    {
        if (_held.IsHolding)
        {
            _held.Add(packets);
            return default;
        }
        _publishes?.BeginChunk();
        var end = default(ChunkEnd);
        var answers = writer.Outgoing.Count;
        for (var at = 0; at < packets.Length; at++)
        {
            switch (packets[at])
            {
                case Publish publish when !Publishes.MayPublish(publish):
                    end.Failure = Throttle(packets[at..]);
                    break;
                case Publish publish:
                    end.Failure = Publishes.Receive(publish, Core, writer.Outgoing);
                    break;
                case PingReq:
                    writer.Outgoing.Add(new PingResp()); // [MQTT-3.12.4-1]
                    break;
                case Subscribe subscribe:
                    end.Failure = subscriptions.Check(subscribe, _link);
                    if (end.Failure is not null)
                        break;
                    writer.Outgoing.Add(subscriptions.Subscribe(subscribe, _life, _link, Rights));
                    end.MaySend = true;
                    break;
                case Unsubscribe unsubscribe:
                    writer.Outgoing.Add(subscriptions.Unsubscribe(unsubscribe, Core, _link, _life.Target!));
                    break;
                case Auth auth:
                    _reauthentication ??= new Reauthentication(context, _link, clientId, session);
                    end.Failure = _reauthentication.Receive(auth);
                    break;
                case Disconnect disconnect:
                    end.Disconnect = disconnect;
                    break;
                default:
                    end.Failure = Acknowledge(packets[at], ref end);
                    break;
            }
            if (end.IsOver || _held.IsHolding)
                break;
        }
        EndChunk(answers);
        return end;
    }

    /// <summary>Takes the held packets, if they may be handled now.</summary>
    public bool TryTakeHeld(out MqttPacket[] packets)
    {
        packets = [];
        if (!_held.IsHolding || _held.Reason is HoldReason.Rate or HoldReason.Drain || _acknowledgements.IsFull || writer.IsBehind)
            return false;
        packets = _held.Take();
        return true;
    }

    /// <summary>Stops handling packets, because the server stops.</summary>
    public void HoldBack()
    {
        if (!_held.IsHolding)
            _held.Hold([], HoldReason.Drain, _link.Connection);
        else if (_held.Reason != HoldReason.Rate)
            _held.Wait(HoldReason.Drain);
    }

    /// <summary>Resumes reading, because the held packets have been handled.</summary>
    public void Resume() => _held.Resume(_link.Connection);

    /// <summary>Notes that the client may publish its next message.</summary>
    public void RateDelayIsOver()
    {
        if (_held.Reason == HoldReason.Rate)
            _held.Wait(HoldReason.None);
    }

    /// <summary>Sends the acknowledgements of messages that are now safe with their targets.</summary>
    /// <returns>Whether acknowledgements waited for this receipt.</returns>
    public bool Complete(Receipt receipt)
    {
        var found = _acknowledgements.Complete(receipt, writer.Outgoing);
        if (found && context.Engine is not null)
            writer.AwaitCommit();
        return found;
    }

    /// <summary>Stops waiting for messages that have not become safe within <c>delivery-timeout</c>.</summary>
    public void StopWaiting(DeliveryTimeUp late)
    {
        if (ReferenceEquals(late.Receipt, _acknowledgements.First))
            late.Receipt.StopWaiting();
    }

    /// <summary>
    /// Handles the held packets when the connection ends. What the client published before the end counts, unless it published too fast.
    /// </summary>
    /// <returns>The DISCONNECT among them; null for none.</returns>
    public Disconnect? TakeLast()
    {
        var isThrottled = IsThrottled;
        Disconnect? last = null;
        var refused = isThrottled;
        var dropped = 0;
        foreach (var packet in _held.Take())
        {
            if (packet is Disconnect disconnect)
                last = disconnect;
            else if (packet is Publish && isThrottled)
                dropped++;
            else if (packet is Publish publish && !refused)
                refused = Publishes.Receive(publish, Core, writer.Outgoing) is not null;
            else if (packet is PubRel release)
                Core.Release(release.PacketId);
        }
        context.Drops.Add(DropReason.Throttled, dropped);
        _publishes?.EndChunk();
        return last;
    }

    /// <summary>Whether an exchange is the one in progress.</summary>
    public bool IsAtWork(AuthenticationExchange exchange) => _reauthentication?.IsAtWork(exchange) == true;

    /// <summary>Handles an answer of the authenticator.</summary>
    /// <param name="stepped">The answer.</param>
    /// <param name="result">The result of the authentication; null when the client must send another AUTH.</param>
    /// <returns>Whether the answer belongs to the exchange in progress.</returns>
    public bool TryAdvance(Reauthentication.Stepped stepped, out AuthenticationResult? result)
    {
        result = null;
        if (!IsAtWork(stepped.Exchange))
            return false;
        result = _reauthentication!.Advance(stepped.Step);
        if (result is null or { IsAccepted: true })
            writer.Outgoing.Add(Reauthentication.Answer(stepped.Exchange, stepped.Step)); // [MQTT-4.12.0-2 v5]
        return true;
    }

    private void EndChunk(int answers)
    {
        if (_life.Log is not null)
            Core.Commit(); // changes of the session are written together with the published messages
        var receipt = _publishes?.EndChunk();
        if (context.Engine is not null)
        {
            if (_publishes?.TakeAwaitsCommit() == true)
                writer.AwaitCommit();
            if (writer.IsBehind && !_held.IsHolding)
                _held.Hold([], HoldReason.Store, _link.Connection);
        }
        if (receipt is null)
            return;
        // PUBACK and PUBREC promise that the server has the messages, so the messages are handed over first.
        _acknowledgements.Enqueue(writer.Outgoing, answers, receipt);
        if (_acknowledgements.IsFull && !_held.IsHolding)
            _held.Hold([], HoldReason.Receipt, _link.Connection);
        if (context.Settings.DeliveryTimeout is not { } limit)
            return;
        _deliveryTimer?.Dispose();
        _deliveryTimer = new ClockTimer(context.Clock, session, new DeliveryTimeUp(receipt));
        _deliveryTimer.Start(limit);
    }

    private Violation? Acknowledge(MqttPacket packet, ref ChunkEnd end)
    {
        var outgoing = Core.Outgoing;
        end.MaySend = true;
        AckResult result;
        switch (packet)
        {
            case PubAck ack:
                result = outgoing.PubAck(ack.PacketId);
                break;
            case PubRec rec:
                var accepted = rec.ReasonCode < ReasonCode.UnspecifiedError;
                result = outgoing.PubRec(rec.PacketId, accepted);
                if (result == AckResult.Release)
                    writer.Outgoing.Add(new PubRel(rec.PacketId)); // [MQTT-4.3.3-4 v5], in the order of the PUBRECs [MQTT-4.6.0-4]
                else if (result == AckResult.Unknown && accepted)
                    writer.Outgoing.Add(new PubRel(rec.PacketId, _link.IsV5 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success));
                break;
            case PubComp comp:
                result = outgoing.PubComp(comp.PacketId);
                break;
            case PubRel release:
                var known = Core.Release(release.PacketId);
                // [MQTT-4.3.3-11]
                writer.Outgoing.Add(new PubComp(
                    release.PacketId, known || !_link.IsV5 ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound));
                return null;
            default:
                return Violation.Protocol("a client must not send this packet"); // the connection has already refused all other packets
        }
        return result == AckResult.WrongKind ? Unexpected(packet) : null; // 3.1.1 section 4.8, 5.0 section 4.13
    }

    private static Violation Unexpected(MqttPacket packet) => packet switch
    {
        PubAck { PacketId: var id } => Violation.Protocol($"PUBACK for packet identifier {id}, whose message has QoS 2"),
        PubRec { PacketId: var id } => Violation.Protocol($"PUBREC for packet identifier {id}, whose message has QoS 1"),
        PubComp { PacketId: var id } => Violation.Protocol($"PUBCOMP for packet identifier {id}, for which no PUBREL was sent"),
        _ => Violation.Protocol("an acknowledgement that nothing waits for"),
    };

    /// <summary>
    /// Handles a client that publishes too fast. Either the rest of the chunk waits and reading pauses, or the client is disconnected.
    /// </summary>
    private Violation? Throttle(ReadOnlySpan<MqttPacket> rest)
    {
        if (context.Settings.Limits.PublishRateAction == PublishRateAction.Disconnect)
            return TooFast;
        context.Stats.AddThrottled();
        _held.Hold(rest, HoldReason.Rate, _link.Connection);
        _rateTimer ??= new ClockTimer(context.Clock, session, RateDelayOver.Instance);
        _rateTimer.Start(Publishes.RateDelay);
        return null;
    }

    /// <summary>What the session must do after a chunk.</summary>
    internal struct ChunkEnd
    {
        /// <summary>Null, or the violation for which the connection must be closed.</summary>
        public Violation? Failure { get; set; }

        /// <summary>The DISCONNECT of the client; null for none.</summary>
        public Disconnect? Disconnect { get; set; }

        /// <summary>
        /// Whether messages can be sent that could not be sent before: others were acknowledged, or retained messages are waiting.
        /// </summary>
        public bool MaySend { get; set; }

        public readonly bool IsOver => Failure is not null || Disconnect is not null;
    }

    /// <summary>Sent to the session when the client may publish again.</summary>
    internal sealed class RateDelayOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly RateDelayOver Instance = new();
    }

    /// <summary>Sent to the session when a receipt has not completed within <c>delivery-timeout</c>.</summary>
    internal sealed record DeliveryTimeUp(Receipt Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
