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
/// Packets from the client of a session, a chunk at a time: to the session core, the publisher, the subscriptions. Holds packets back that cannot be
/// handled yet, and acknowledgements of messages that are not safe yet. Owned by the session.
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

    /// <summary>What the client may do; null when nothing is forbidden.</summary>
    public ClientRights? Rights { get; set; }

    public bool IsThrottled => _held.Reason == HoldReason.Rate;

    /// <summary>Whether everything that has come is handled and answered.</summary>
    public bool IsIdle => !_held.IsHolding && _acknowledgements.IsEmpty;

    /// <summary>Whether everything that was handled is answered.</summary>
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

    /// <summary>Gives what is held, if it may be handled now.</summary>
    public bool TryTakeHeld(out MqttPacket[] packets)
    {
        packets = [];
        if (!_held.IsHolding || _held.Reason is HoldReason.Rate or HoldReason.Drain || _acknowledgements.IsFull || writer.IsBehind)
            return false;
        packets = _held.Take();
        return true;
    }

    /// <summary>The server stops: no more packets are handled.</summary>
    public void HoldBack()
    {
        if (!_held.IsHolding)
            _held.Hold([], HoldReason.Drain, _link.Connection);
        else if (_held.Reason != HoldReason.Rate)
            _held.Wait(HoldReason.Drain);
    }

    /// <summary>What was held has been handled.</summary>
    public void Resume() => _held.Resume(_link.Connection);

    /// <summary>The client has waited long enough for its next message.</summary>
    public void RateDelayIsOver()
    {
        if (_held.Reason == HoldReason.Rate)
            _held.Wait(HoldReason.None);
    }

    /// <summary>Messages are safe with their targets: their acknowledgements leave.</summary>
    /// <returns>Whether any waited for this receipt.</returns>
    public bool Complete(Receipt receipt)
    {
        var found = _acknowledgements.Complete(receipt, writer.Outgoing);
        if (found && context.Engine is not null)
            writer.AwaitCommit();
        return found;
    }

    /// <summary>Messages have not become safe for longer than <c>delivery-timeout</c>.</summary>
    public void StopWaiting(DeliveryTimeUp late)
    {
        if (ReferenceEquals(late.Receipt, _acknowledgements.First))
            late.Receipt.StopWaiting();
    }

    /// <summary>
    /// The connection ends while packets are held: what the client published before that counts all the same, unless it published too fast.
    /// </summary>
    /// <returns>The DISCONNECT that was among them, or null.</returns>
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

    /// <summary>Whether an authentication is the one that is going on.</summary>
    public bool IsAtWork(AuthenticationExchange exchange) => _reauthentication?.IsAtWork(exchange) == true;

    /// <summary>The authenticator has answered.</summary>
    /// <param name="stepped">The answer.</param>
    /// <param name="result">The end of the authentication, or null when the client has to say more.</param>
    /// <returns>Whether the answer is of the authentication that is going on.</returns>
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
            Core.Commit(); // what the client has sent is written together with what it publishes
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
        // Messages are handed over before PUBACK and PUBREC are sent, because these promise that the server has the messages.
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
                return Violation.Protocol("a client must not send this packet"); // the connection refuses all other packets before they come here
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

    /// <summary>The client publishes too fast: the rest of the chunk waits and reading pauses, or the client is disconnected.</summary>
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

    /// <summary>What is to be done after a chunk.</summary>
    internal struct ChunkEnd
    {
        /// <summary>Null, or why the connection must end.</summary>
        public Violation? Failure { get; set; }

        /// <summary>The DISCONNECT of the client, or null.</summary>
        public Disconnect? Disconnect { get; set; }

        /// <summary>Whether messages may be sent now that could not be sent before: others were acknowledged, or retained ones are due.</summary>
        public bool MaySend { get; set; }

        public readonly bool IsOver => Failure is not null || Disconnect is not null;
    }

    /// <summary>To the session: the client may publish again.</summary>
    internal sealed class RateDelayOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly RateDelayOver Instance = new();
    }

    /// <summary>To the session: a receipt is not complete within <c>delivery-timeout</c>.</summary>
    internal sealed record DeliveryTimeUp(Receipt Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
