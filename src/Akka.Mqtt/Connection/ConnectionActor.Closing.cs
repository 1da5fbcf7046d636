using Akka.Actor;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Codec;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>The end of a connection: the first reason wins; it is logged once, counted once, told once.</summary>
internal sealed partial class ConnectionActor
{
    private bool _connectReceived;
    private bool _closing;
    private bool _ended;
    private bool _closeTold;
    private bool _tellsEnding; // as the handler asked when it registered
    private InboundEnd _inboundEndTold;
    private CloseReason _closeReason;
    private string _closeText = "";
    private PacketError? _closeError;
    private HashSet<IActorRef>? _closeCommanders;

    /// <summary>
    /// Sends what is queued, then closes our half and waits for the peer's: a close with unread input would be a reset, and the peer would lose
    /// our last packet.
    /// </summary>
    private void CloseWith(CloseReason reason, string text, PacketError? error = null)
    {
        if (_closing)
            return;
        (_closing, _closeReason, _closeText, _closeError) = (true, reason, text, error);
        StartTimer(Settings.CloseTimeout, PhaseTimeout.Close);
        _phase = Phase.Closing;
        if (_handler is null)
        {
            // Nothing was read or written: there is nothing to wait for, and Akka.IO wants a handler before it takes a close in good order.
            _port.Close();
            End(reason, null);
            return;
        }

        TellClosing();
        WriteOut();
        CloseTransportWhenFlushed();
    }

    private enum InboundEnd
    {
        Untold,
        ToldBeforeTheLastPackets,
        Told,
    }

    /// <summary>For the handler it is over now: a peer that is gone would let it wait for <c>close-timeout</c>.</summary>
    private void TellClosing()
    {
        if (_tellsEnding && _closeReason is not (CloseReason.Closed or CloseReason.HandlerTerminated))
            _handler!.Tell(new Mqtt.Closing(ClosedBy(_closeReason)), Self);
    }

    /// <summary>
    /// The peer may still read: the handler closes when it has answered, or the timer of the close does. A handler that pulls is told at once,
    /// and again when it has got the last packet.
    /// </summary>
    private void TellInboundClosed()
    {
        var end = _inboundDrained ? InboundEnd.Told
            : _island!.Handler.Delivery == MqttDelivery.Pull ? InboundEnd.ToldBeforeTheLastPackets
            : InboundEnd.Untold;
        if (end <= _inboundEndTold)
            return;
        _inboundEndTold = end;
        _handler!.Tell(new Mqtt.InboundClosed(PacketsWait: !_inboundDrained), Self);
    }

    /// <summary>The actor system ends: a server tells its clients so, a client leaves its last words to its handler.</summary>
    private void ShutDown()
    {
        if (_start.Role == MqttRole.Server && _rules.Version == MqttVersion.V5 && _rules.Accepted)
            SendLastWords(new PacketError(ReasonCode.ServerShuttingDown, "The server is shutting down."));
        CloseWith(CloseReason.Closed, "The actor system is shutting down.");
    }

    private void CloseMalformed(PacketError error)
    {
        var reason = error.ReasonCode switch
        {
            ReasonCode.MalformedPacket => CloseReason.MalformedPacket,
            ReasonCode.PacketTooLarge => CloseReason.PacketTooLarge,
            ReasonCode.QuotaExceeded => CloseReason.QuotaExceeded,
            _ => CloseReason.ProtocolError,
        };
        SendLastWords(error); // [MQTT-4.13.1-1] of 5.0
        CloseWith(reason, error.Message, error);
    }

    private void CloseSilent()
    {
        // [MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] of 5.0
        var error = new PacketError(ReasonCode.KeepAliveTimeout, "nothing came for longer than the Keep Alive allows");
        SendLastWords(error);
        CloseWith(CloseReason.KeepAliveTimeout, error.Message, error);
    }

    /// <summary>
    /// Tells the peer why, where the protocol has a packet for it: CONNACK until one was sent (U-4.13.1-2), afterwards DISCONNECT, which only 5.0
    /// has. 3.x knows an answer to two errors of CONNECT, at others it closes without a word [MQTT-3.1.4-1] of 3.1.1.
    /// </summary>
    private void SendLastWords(PacketError error)
    {
        if (_closing || _rules.SendingEnded)
            return;
        var version = _rules.Version ?? _decoder?.RefusedVersion ?? MqttVersion.V311;
        MqttPacket? words = _start.Role == MqttRole.Server && !_rules.Accepted ? Refusal(error, version)
            : version == MqttVersion.V5 ? LastDisconnect(error)
            : null;
        if (words is null)
            return;
        var fits = MqttEncoder.TryMeasure(words, version, _start.Role, out var size, out _);
        if (fits && (uint)size > _rules.PeerMaximumPacketSize && words is Disconnect disconnect)
            fits = MqttEncoder.TryMeasure(words = disconnect with { Properties = null }, version, _start.Role, out size, out _); // [MQTT-3.14.2-3]
        if (fits && (uint)size <= _rules.PeerMaximumPacketSize)
            _writes.Append(words, version, size);
    }

    private ConnAck? Refusal(PacketError error, MqttVersion version)
    {
        if (!_rules.ConnectSeen && error.Header?.Type != MqttPacketType.Connect)
            return null; // whoever begins with something else does not wait for a CONNACK
        if (version == MqttVersion.V5)
            return new ConnAck(error.ReasonCode);
        return error.ReasonCode switch
        {
            ReasonCode.UnsupportedProtocolVersion when error.Message != PacketProblem.ProtocolName => new ConnAck(error.ReasonCode), // [MQTT-3.1.2-2]
            ReasonCode.ClientIdentifierNotValid => new ConnAck(error.ReasonCode), // [MQTT-3.1.3-8] of 3.1.1
            _ => null,
        };
    }

    private Disconnect LastDisconnect(PacketError error)
    {
        var code = error.ReasonCode;
        if (!ReasonCodes.IsAllowed(code, MqttPacketType.Disconnect, _start.Role))
            code = code == ReasonCode.KeepAliveTimeout ? ReasonCode.UnspecifiedError : ReasonCode.ProtocolError;
        return new Disconnect(code) { Properties = new DisconnectProperties { ReasonString = error.Message } };
    }

    private void Abort()
    {
        if (_ended)
            return;
        _port.Abort();
        End(_closing ? _closeReason : CloseReason.Aborted, _closing ? null : Mqtt.Aborted.Instance);
    }

    private void CloseTransportWhenFlushed()
    {
        if (_closeTold || _writes.IsWriting || _writes.HasWaiting)
            return;
        _closeTold = true;
        if (_island is not null)
            _port.ResumeReading(); // to see the peer's end; what it still sends is dropped
        _port.ConfirmedClose();
    }

    private bool Closing(object message)
    {
        switch (message)
        {
            case SocketPort.Readable or Link.Received or Tcp.Received:
                _readingSuspended = false;
                if (_port.TryRead(message, out var dropped)) // as what follows
                    _port.ReadOn(dropped.Length, suspended: false);
                return true;
            case FlushNow:
                return true; // what was to be written is, or waits for a write that is out
            case ActorIdentity or Mqtt.Request:
                return true; // dropped: the connection has ended for the handler, and its end is on the way
            case WriteDone:
                WriteEnded();
                return true;
            case PhaseTimeout.Close:
                _port.Abort();
                End(_closeReason, null);
                return true;
            case Link.PeerClosed:
                return true; // the transport stays for what is queued, then our close takes effect
            case Link.ConnectionClosed or TransportFailed or Link.CommandFailed:
                End(_closeReason, null);
                return true;
            case Tcp.Event told:
                return _port.Translate(told) is not { } ours || Closing(ours);
            case HandlerEnded or PhaseTimeout.KeepAlive or PhaseTimeout.Connect:
                return true;
            case Mqtt.Register register:
                Replace(register); // the new handler hears how it ends
                return true;
            default:
                return ReceiveCommand(message);
        }
    }

    private void EndBy(CloseReason reason, string text)
    {
        if (_closing)
        {
            End(_closeReason, null);
            return;
        }

        if (_tellsEnding && _peerClosed)
            reason = CloseReason.PeerClosed; // the peer was gone, and our answer found that out
        (_closeReason, _closeText) = (reason, text);
        End(reason, null);
    }

    private Mqtt.ConnectionClosed ClosedBy(CloseReason reason) => WithUndelivered(reason switch
    {
        CloseReason.Closed => Mqtt.Closed.Instance,
        CloseReason.Aborted => Mqtt.Aborted.Instance,
        CloseReason.PeerClosed => Mqtt.PeerClosed.Instance,
        _ => new Mqtt.ErrorClosed(reason, _closeText) { ReasonCode = _closeError?.ReasonCode, Header = _closeError?.Header },
    });

    private Mqtt.ConnectionClosed WithUndelivered(Mqtt.ConnectionClosed closed) =>
        _island?.Undelivered is { IsEmpty: false } rest ? closed with { Undelivered = rest } : closed;

    private void End(CloseReason reason, Mqtt.ConnectionClosed? closed)
    {
        if (_ended)
            return;
        _ended = true;
        _closing = true;
        StopTimer();
        closed = closed is null ? ClosedBy(reason) : WithUndelivered(closed);
        foreach (var ack in _writes.Drop())
            Fail(ack.Commander, ack.Command, CommandFailure.ConnectionClosed, "The connection ended before this was written.");
        MqttMeters.ConnectionClosed(_start.Link.Info, _start.Role, reason);
        LogEnd(reason);
        if (reason != CloseReason.HandlerTerminated)
            _handler?.Tell(closed, Self);
        foreach (var commander in _closeCommanders ?? [])
        {
            if (!commander.Equals(_handler) && !commander.IsNobody())
                commander.Tell(closed, Self);
        }

        if (_handler is null && _closeCommanders?.Contains(_start.Commander) != true)
            _start.Commander.Tell(closed, Self); // who was told that it is connected waits for no other end
        Context.Stop(Self);
    }

    private void LogEnd(CloseReason reason)
    {
        switch (reason)
        {
            case CloseReason.Closed or CloseReason.Aborted or CloseReason.PeerClosed:
                Log.Debug("{0}: connection ended: {1}", _start.Link.Info, reason);
                break;
            case CloseReason.TransportError or CloseReason.HandlerTerminated:
                Log.Debug("{0}: connection ended: {1}: {2}", _start.Link.Info, reason, _closeText);
                break;
            case CloseReason.RegisterTimeout:
                Log.Warning("{0}: connection ended: nobody registered a handler within {1}", _start.Link.Info, Settings.RegisterTimeout);
                break;
            default:
                Log.Info("{0}: connection ended: {1}: {2}", _start.Link.Info, reason, _closeError is { } error ? error.ToString() : _closeText);
                break;
        }
    }
}
