using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Connections;

/// <summary>A chunk in, a batch to each target, a chunk out.</summary>
internal sealed partial class ClientActor
{
    private List<MqttPacket>? _toSession;
    private InboundWindow? _inbound; // lent by the session
    private Publisher? _publisher;
    private TopicAliases? _aliases;

    private void Process(ReadOnlySpan<MqttPacket> packets)
    {
        if (_held is not null)
        {
            _held.AddRange(packets);
            return;
        }
        _dropsQoS0 = _context.Watermark.Level >= LoadLevel.DropQoS0;
        var failure = ReasonCode.Success;
        Disconnect? disconnect = null;
        for (var at = 0; at < packets.Length; at++)
        {
            var packet = packets[at];
            switch (packet)
            {
                case Publish when _awaitedRoutes > 0:
                    HoldForRoutes(packets[at..]);
                    break;
                case Publish publish when _rate is not null && !_rate.TryTake(publish.Topic.Length + publish.Payload.Length, _context.Now):
                    failure = Throttle(packets[at..]);
                    break;
                case Publish publish:
                    failure = Receive(publish);
                    break;
                case PubRel release:
                    var known = _inbound!.Release(release.PacketId);
                    // [MQTT-4.3.3-11]
                    _out.Add(new PubComp(release.PacketId, known || !IsV5 ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound));
                    break;
                case Unsubscribe unsubscribe:
                    (_toSession ??= []).Add(Mounted(unsubscribe));
                    _awaitedRoutes++;
                    break;
                case PubAck or PubRec or PubComp:
                    (_toSession ??= []).Add(packet);
                    break;
                case Subscribe subscribe:
                    failure = Check(subscribe);
                    if (failure == ReasonCode.Success)
                    {
                        (_toSession ??= []).Add(Mounted(subscribe));
                        _awaitedRoutes++;
                    }
                    break;
                case PingReq:
                    _out.Add(new PingResp()); // [MQTT-3.12.4-1]
                    break;
                case Auth auth:
                    _publisher?.Flush(); // it may be answered at once, and so would be what came before it
                    failure = Receive(auth);
                    break;
                case Disconnect last:
                    disconnect = last;
                    break;
                default:
                    // the rest never comes here
                    failure = ReasonCode.ProtocolError;
                    break;
            }
            if (failure != ReasonCode.Success || disconnect is not null || _held is not null || _phase == Phase.Closing)
                break;
        }
        // Handed over first, acknowledged after it: PUBACK and PUBREC tell the truth.
        _publisher?.Flush();
        if (_toSession is { Count: > 0 })
        {
            _session.Tell(new SessionProtocol.FromClient(_epoch, _toSession.ToArray()));
            _toSession.Clear();
        }
        if (failure != ReasonCode.Success)
            Refuse(failure);
        else if (disconnect is not null)
            Leave(disconnect);
        else
            WriteOut();
    }

    private ReasonCode Receive(Publish packet)
    {
        if (IsV5)
        {
            _aliases ??= new TopicAliases(_context.Settings.TopicAliasMaximum);
            var resolved = _aliases.Resolve(ref packet);
            if (resolved != ReasonCode.Success)
                return resolved;
        }
        _counts.MessagesReceived++;
        _counts.PayloadReceived += packet.Payload.Length;
        var features = _context.Settings.Features;
        if (packet.QoS > features.MaximumQoS)
            return ReasonCode.QoSNotSupported; // [MQTT-3.2.2-11]
        if (packet.Retain && !features.RetainAvailable)
            return ReasonCode.RetainNotSupported; // [MQTT-3.2.2-14]
        if (_dropsQoS0 && packet.QoS == QualityOfService.AtMostOnce)
        {
            _shed++;
            return ReasonCode.Success;
        }
        if (_admission.MountPoint.Length > 0)
            packet = Mounted(packet);
        if (packet.QoS == QualityOfService.ExactlyOnce)
        {
            switch (_inbound!.Receive(packet.PacketId, IsV5 ? _context.Settings.ReceiveMaximum : ushort.MaxValue))
            {
                case InboundResult.Repeat:
                    _out.Add(new PubRec(packet.PacketId)); // [MQTT-4.3.3-10 v5]
                    return ReasonCode.Success;
                case InboundResult.ReceiveMaximumExceeded:
                    return ReasonCode.ReceiveMaximumExceeded;
            }
        }
        _publisher ??= new Publisher(_context, _clientId) { Rights = _rights };
        var result = packet.Payload.Length <= _maxPayload ? _publisher.Add(packet) : RefuseLarge();
        if (result >= ReasonCode.UnspecifiedError)
            CountRefused(packet, result);
        switch (packet.QoS)
        {
            // [MQTT-3.3.4-1]; 3.x has no code for "refused": it is acknowledged and goes nowhere [MQTT-3.3.5-2 v3.1.1]
            case QualityOfService.AtLeastOnce:
                // [MQTT-4.3.2-4 v5], in order of arrival [MQTT-4.6.0-2]
                var ack = new PubAck(packet.PacketId, IsV5 ? result : ReasonCode.Success);
                if (Why(ack.ReasonCode) is { } whyNot && ack with { Properties = whyNot } is var explained && Reasons.Fits(explained, PeerMaximum))
                    ack = explained; // [MQTT-3.4.2-2 v5]
                _out.Add(ack);
                break;
            case QualityOfService.ExactlyOnce:
                var rec = new PubRec(packet.PacketId, IsV5 ? result : ReasonCode.Success);
                if (Why(rec.ReasonCode) is { } why && rec with { Properties = why } is var recExplained && Reasons.Fits(recExplained, PeerMaximum))
                    rec = recExplained; // [MQTT-3.5.2-2 v5]
                _out.Add(rec); // [MQTT-4.3.3-8 v5] [MQTT-4.6.0-3]
                if (IsV5 && result >= ReasonCode.UnspecifiedError)
                    _inbound!.Release(packet.PacketId); // [MQTT-4.3.3-9 v5]
                break;
        }
        return ReasonCode.Success;
    }

    private AckProperties? Why(ReasonCode code) =>
        code < ReasonCode.UnspecifiedError ? null : Reasons.Of(code, Reasons.AreWanted(_connect));

    private ReasonCode Check(Subscribe subscribe)
    {
        if (IsV5 && Unavailable(subscribe) is var unavailable && unavailable != ReasonCode.Success)
            return unavailable;
        foreach (var subscription in subscribe.Subscriptions)
        {
            if (subscription.NoLocal && SharedFilter.IsShared(subscription.Filter))
                return ReasonCode.ProtocolError; // [MQTT-3.8.3-4 v5]
        }
        return ReasonCode.Success;
    }

    private void Leave(Disconnect packet)
    {
        var expiry = packet.Properties?.SessionExpiryInterval;
        if (expiry is > 0 && (_connect.Properties?.SessionExpiryInterval ?? 0) == 0)
        {
            Refuse(ReasonCode.ProtocolError); // U-3.14.2.2.2-1 v5
            return;
        }
        // [MQTT-3.14.4-3] only a normal disconnection takes the will away
        (_endReason, _endText) = (packet.ReasonCode, packet.Properties?.ReasonString ?? "The client disconnected.");
        Release(packet.ReasonCode != ReasonCodes.NormalDisconnection, expiry);
        _phase = Phase.Closing;
        WriteOut();
        _connection.Tell(Mqtt.Close.Instance);
        TellEnd(null);
    }

    private void WriteOut()
    {
        if (_out.Count == 0)
            return;
        _counts.PacketsSent += _out.Count;
        _connection.Tell(new Mqtt.WriteBatch(MqttList.Adopt(_out.ToArray())));
        _out.Clear();
    }
}
