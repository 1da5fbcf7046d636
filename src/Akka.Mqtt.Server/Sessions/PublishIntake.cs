using System.Diagnostics;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Handles the PUBLISH packets of a client on one connection: topic aliases, limits, rate and QoS 2. Then it passes the messages to the
/// <see cref="Publisher"/>. Owned by the session; created at the first PUBLISH.
/// </summary>
internal sealed class PublishIntake
{
    private static readonly Violation RetainedMessage = new(ReasonCode.RetainNotSupported, "PUBLISH has RETAIN set, and the server keeps no retained messages");

    private readonly ServerContext _context;
    private readonly ClientLink _link;
    private readonly string _clientId;
    private readonly Publisher _publisher;
    private readonly SessionCounters _counters;
    private readonly PublishRate? _rate;
    private readonly int _maxPayload;
    private TopicAliases? _aliases;
    private Dictionary<string, string>? _mounted;
    private bool _dropsQoS0; // in this chunk, because memory is short
    private bool _refusesDurable; // in this chunk, because the storage fails
    private bool _refusesStuck; // in this chunk, because a target is stuck
    private bool _hasRepeats; // a QoS 2 message was received again, and its first copy may not be committed yet
    private List<Activity>? _spans; // of this chunk; null when tracing is off
    private int _dropped;
    private ulong _loggedRefusals; // one bit for each code: only the first refusal of a kind is logged at Info

    public PublishIntake(ServerContext context, ClientLink link, string clientId, Publisher publisher, SessionCounters counters)
    {
        _context = context;
        _link = link;
        _clientId = clientId;
        _publisher = publisher;
        _counters = counters;
        _rate = PublishRate.Of(context.Settings.Limits);
        _maxPayload = context.Settings.Limits.MaxPayloadSize ?? int.MaxValue;
    }

    /// <summary>Time until the client may publish its next message.</summary>
    public TimeSpan RateDelay => TimeSpan.FromMilliseconds(Math.Clamp(_rate!.Wait, 1, 60_000));

    /// <summary>Starts a chunk.</summary>
    public void BeginChunk()
    {
        _dropsQoS0 = _context.Watermark.Level >= LoadLevel.DropQoS0;
        // 3.x has no reason code for this. Acknowledgements wait instead, and the client waits for them.
        _refusesDurable = _context.Engine is { Health: StorageHealth.Failing } && _link.IsV5;
        _refusesStuck = _link.IsV5 && _context.Routing.Stuck.Any;
        _spans = _context.Settings.Tracing && _link.IsV5 && MqttTracing.IsListening ? _spans ?? [] : null;
    }

    /// <summary>Whether the client may publish a message of this size now.</summary>
    public bool MayPublish(Publish packet) => _rate is null || _rate.TryTake(packet.Topic.Length + packet.Payload.Length, _context.Now);

    /// <summary>Handles a message, and adds its acknowledgement to the answers.</summary>
    /// <returns>Null, or the violation for which the connection must be closed.</returns>
    public Violation? Receive(Publish packet, SessionCore core, List<MqttPacket> answers)
    {
        if (_link.IsV5)
        {
            _aliases ??= new TopicAliases(_context.Settings.TopicAliasMaximum);
            if (_aliases.Resolve(ref packet) is { } violation)
                return violation;
        }
        if (_spans is not null && MqttTracing.StartRouting(packet) is { } span)
            _spans.Add(span);
        _counters.MessageReceived(packet);
        var features = _context.Settings.Features;
        if (packet.QoS > features.MaximumQoS)
            return TooHighQoS(packet.QoS); // [MQTT-3.2.2-11]
        if (packet.Retain && !features.RetainAvailable)
            return RetainedMessage; // [MQTT-3.2.2-14]
        if (_dropsQoS0 && packet.QoS == QualityOfService.AtMostOnce)
        {
            _dropped++;
            return null;
        }
        if (_link.MountPoint.Length > 0)
            packet = Mounted(packet);
        if (packet.QoS == QualityOfService.ExactlyOnce)
        {
            switch (core.Receive(packet.PacketId, _link.IsV5 ? _context.Settings.ReceiveMaximum : ushort.MaxValue))
            {
                case InboundResult.Repeat:
                    answers.Add(new PubRec(packet.PacketId)); // [MQTT-4.3.3-10 v5]
                    _hasRepeats = true;
                    return null;
                case InboundResult.ReceiveMaximumExceeded:
                    return TooManyMessages(); // [MQTT-3.3.4-9 v5]
            }
        }
        var result = packet.Payload.Length > _maxPayload ? RefuseLarge()
            : _refusesDurable && packet.QoS != QualityOfService.AtMostOnce && _publisher.Writes(packet) ? ReasonCode.QuotaExceeded
            : _refusesStuck && packet.QoS != QualityOfService.AtMostOnce && _publisher.IsForStuck(packet) ? ReasonCode.QuotaExceeded
            : _publisher.Add(packet);
        if (result >= ReasonCode.UnspecifiedError)
            CountRefused(packet, result);
        Acknowledge(packet, result, core, answers);
        return null;
    }

    /// <summary>Ends a chunk.</summary>
    /// <returns>Null when its messages are with their targets, else their receipt. Written messages may not be committed yet.</returns>
    public Receipt? EndChunk()
    {
        _context.Drops.Add(DropReason.MemoryPressure, _dropped);
        _dropped = 0;
        var receipt = _publisher.Flush();
        if (_spans is { Count: > 0 })
            EndSpans();
        return receipt;
    }

    /// <summary>
    /// Whether acknowledgements must wait for a commit: of messages written since the last call, or of the first copy of a repeated
    /// message, which an earlier connection has written.
    /// </summary>
    public bool TakeAwaitsCommit()
    {
        var repeats = _hasRepeats;
        _hasRepeats = false;
        return _publisher.TakeAwaitsCommit() || repeats;
    }

    /// <summary>Ends the spans, because the messages of the chunk are with their targets.</summary>
    private void EndSpans()
    {
        foreach (var span in _spans!)
            MqttTracing.End(span, null);
        _spans.Clear();
    }

    private Violation TooHighQoS(QualityOfService qos) =>
        new(ReasonCode.QoSNotSupported, $"PUBLISH has QoS {(int)qos}; the Maximum QoS of the server is {(int)_context.Settings.Features.MaximumQoS}");

    private Violation TooManyMessages() => new(
        ReasonCode.ReceiveMaximumExceeded,
        _link.IsV5
            ? $"more messages of QoS 2 are under way than the Receive Maximum of the server allows, {_context.Settings.ReceiveMaximum}"
            : "all packet identifiers are in use for messages of QoS 2");

    private void Acknowledge(Publish packet, ReasonCode result, SessionCore core, List<MqttPacket> answers)
    {
        // [MQTT-3.3.4-1]; 3.x has no code for "refused": the message is acknowledged and dropped [MQTT-3.3.5-2 v3.1.1]
        var code = _link.IsV5 ? result : ReasonCode.Success;
        switch (packet.QoS)
        {
            case QualityOfService.AtLeastOnce:
                // [MQTT-4.3.2-4 v5], in order of arrival [MQTT-4.6.0-2]
                var ack = new PubAck(packet.PacketId, code);
                if (Why(code) is { } whyNot && ack with { Properties = whyNot } is var explained && Reasons.Fits(explained, _link.MaximumPacketSize))
                    ack = explained; // [MQTT-3.4.2-2 v5]
                answers.Add(ack);
                break;
            case QualityOfService.ExactlyOnce:
                var rec = new PubRec(packet.PacketId, code);
                if (Why(code) is { } why && rec with { Properties = why } is var recExplained && Reasons.Fits(recExplained, _link.MaximumPacketSize))
                    rec = recExplained; // [MQTT-3.5.2-2 v5]
                answers.Add(rec); // [MQTT-4.3.3-8 v5] [MQTT-4.6.0-3]
                if (code >= ReasonCode.UnspecifiedError)
                    core.Release(packet.PacketId); // [MQTT-4.3.3-9 v5]
                break;
        }
    }

    private AckProperties? Why(ReasonCode code) => code < ReasonCode.UnspecifiedError ? null : Reasons.Of(code, _link.WantsReasons);

    private Publish Mounted(Publish packet)
    {
        _mounted ??= new Dictionary<string, string>(StringComparer.Ordinal);
        if (!_mounted.TryGetValue(packet.Topic, out var topic))
        {
            if (_mounted.Count >= 256)
                _mounted.Clear();
            _mounted.Add(packet.Topic, topic = _link.MountPoint + packet.Topic);
        }
        return packet with { Topic = topic };
    }

    private ReasonCode RefuseLarge()
    {
        _context.Drops.Add(DropReason.TooLarge, 1);
        return ReasonCode.ImplementationSpecificError;
    }

    private void CountRefused(Publish packet, ReasonCode reason)
    {
        _context.Stats.AddRefusal(Refused.Publish, reason);
        var bit = 1UL << ((byte)reason & 0x3F);
        var first = (_loggedRefusals & bit) == 0;
        _loggedRefusals |= bit;
        var level = first ? _context.Refusals.Level(RefusalKind.Message, _link.Transport.RemoteAddress, _context.Log) : LogLevel.DebugLevel;
        if (_context.Log.IsEnabled(level))
            _context.Log.Write(level, null, "A message of {ClientId} at {Transport} to {Topic} is refused: {Reason}", _clientId, _link.Transport, packet.Topic, reason);
    }
}
