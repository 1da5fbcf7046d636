using Akka.Actor;
using Akka.IO;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// One raw MQTT connection, client or server side. Owns the state that ends with the network connection: protocol version, order of packets,
/// keep-alive clock, framing, write queue, close reason. By itself it answers only malformed input. It is never restarted, and only its own messages
/// change its state.
/// </summary>
internal sealed class ConnectionActor : ActorBase
{
    private readonly ConnectionStart _start;
    private readonly ConnectionRules _rules;
    private readonly TransportPort _port;
    private readonly WritePump _pump;
    private readonly OutgoingPackets _outgoing;
    private readonly HandlerSlot _handler;
    private readonly ByteCounts _bytes = new();

    private Phase _phase;
    private PhaseTimer _timer;
    private InboundPackets? _inbound; // null until a handler registers
    private ConnectionCloser? _closer; // null until it begins to close
    private KeepAliveClock _keepAlive;
    private bool _connectReceived;

    public ConnectionActor(ConnectionStart start)
    {
        _start = start;
        _rules = new ConnectionRules(start.Role);
        _port = start.Link.Open(Context, start.Settings);
        var writes = new WriteBuffer(start.Settings);
        _outgoing = new OutgoingPackets(_rules, start.Role, writes);
        _pump = new WritePump(_port, writes, _bytes, start.Settings, Self);
        _handler = new HandlerSlot(Context);
    }

    private enum Phase
    {
        Unregistered,
        Open,
        Closing,
    }

    private ConnectionCloser Closer => _closer ??= new ConnectionCloser(_start, _port, _pump, _outgoing, _handler, _inbound, Context);

    private ConnectionEnd? End => _closer?.End;
    private static ConnectionEnd PeerClosed => new(CloseReason.PeerClosed, "The peer closed.");

    private MqttConnectionSettings Settings => _start.Settings;

    private static IScheduler Scheduler => Context.System.Scheduler;

    private TimeSpan KeepAliveLimit => KeepAliveClock.Limit(_rules, Settings);

    protected override void PreStart()
    {
        MqttMeters.ConnectionOpened(_start.Link.Info, _start.Role);
        StartTimer(Settings.RegisterTimeout, PhaseTimeout.Register);
        _handler.WatchDialler(_start);
        _start.Commander.Tell(new Mqtt.Connected(Self, _start.Role, _start.Link.Info with { Bytes = _bytes }));
    }

    protected override void PostStop()
    {
        _timer.Stop();
        _pump.Stop();
        Closer.Finish(new ConnectionEnd(CloseReason.Aborted, "")); // something else stopped this actor, such as the end of the actor system
        _port.Dispose();
    }

    /// <summary>A transport actor sends a message when it ends, so it is not watched. When it throws it cannot send one; this strategy reports that case.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => TransportEnds.Supervise(Self);

    protected override void PostRestart(Exception reason) => throw new Akka.Pattern.IllegalStateException("A connection never restarts.");

    protected override bool Receive(object message)
    {
        if (_inbound?.Gate is not { } gate)
            return Handle(message);
        lock (gate)
            return Handle(message);
    }

    /// <summary>A field instead of a second <c>Become</c>, for which Akka allocates 280 bytes per actor.</summary>
    private bool Handle(object message) => _phase switch
    {
        Phase.Open => Open(message),
        Phase.Closing => Closing(message),
        _ => Unregistered(message),
    } || CommandFailures.Refuse(Sender, message);

    /// <summary>No handler is registered yet: nothing is read, and packets to send are queued.</summary>
    private bool Unregistered(object message)
    {
        switch (message)
        {
            case Mqtt.Register register:
                Register(register);
                return true;
            case PhaseTimeout { Of: Deadline.Register }:
                CloseWith(new ConnectionEnd(CloseReason.RegisterTimeout, "No handler registered in time."));
                return true;
            case CommanderEnded:
                CloseWith(new ConnectionEnd(CloseReason.HandlerTerminated, "The actor that dialled has stopped, and no handler is registered."));
                return true;
            default:
                return ReceiveCommand(message) || ReceiveTransport(message);
        }
    }

    private void Register(Mqtt.Register register)
    {
        if (!HandlerCheck.IsPossible(register, Sender))
            return;
        _timer.Stop();
        _handler.UnwatchDialler(_start);
        _handler.Set(register);
        _inbound = new InboundPackets(_start, _rules, _port, _bytes, register, Self);
        _keepAlive.Restart(Scheduler.MonotonicClock);
        if (_start.Role == MqttRole.Server && Settings.ConnectTimeout is { } timeout)
            StartTimer(timeout, PhaseTimeout.Connect);
        _phase = Phase.Open;
        _port.Register();
        _pump.Open();
        _pump.Flush(Scheduler);
        _handler.Acknowledge(register, Sender);
    }

    /// <summary>Replaces the handler, or changes the delivery of the same handler. Only the current handler may ask for that.</summary>
    private void Replace(Mqtt.Register register)
    {
        if (!_handler.MayReplace(register, Sender, End))
            return;
        _handler.Set(register);
        if (End is { } end)
        {
            _handler.Acknowledge(register, Sender);
            _handler.TellClosing(end);
            return;
        }

        _inbound!.Register(register, Sender);
        AfterFraming();
    }

    private bool Open(object message)
    {
        switch (message)
        {
            case MqttPacket packet: // first, because it is the most frequent
                Send(packet, packet, null);
                return true;
            case SocketPort.Readable or Link.Received or Tcp.Received:
                _inbound!.Read(message);
                AfterFraming();
                return true;
            case FlushNow:
                _pump.Gathered(Scheduler);
                return true;
            case WriteDone:
                _pump.Written(Scheduler);
                return true;
            case ActorIdentity identity:
                _inbound!.Confirmed(identity);
                AfterFraming();
                return true;
            case Mqtt.Request or Mqtt.SuspendReading or Mqtt.ResumeReading:
                _inbound!.Control((Mqtt.Command)message, Sender);
                AfterFraming();
                return true;
            case Mqtt.Register register:
                Replace(register);
                return true;
            case Link.PeerClosed:
                _inbound!.Complete();
                StartTimer(Settings.CloseTimeout, PhaseTimeout.Close);
                AfterFraming();
                return true;
            case PhaseTimeout { Of: Deadline.Connect } when !_rules.ConnectSeen:
                CloseWith(new ConnectionEnd(CloseReason.ConnectTimeout, "No CONNECT came in time.")); // U-3.1.4-2
                return true;
            case PhaseTimeout { Of: Deadline.KeepAlive }:
                CheckKeepAlive();
                return true;
            case PhaseTimeout { Of: Deadline.Close }:
                CheckProgress();
                return true;
            default:
                if (!_inbound!.TryResume(message))
                    return ReceiveCommand(message) || ReceiveTransport(message);
                AfterFraming();
                return true;
        }
    }

    /// <summary>Messages that are handled in the same way with and without a handler.</summary>
    private bool ReceiveCommand(object message)
    {
        switch (message)
        {
            case MqttPacket packet:
                Send(packet, packet, null);
                return true;
            case Mqtt.Write write:
                Send(write.Packet, write, write.Ack);
                return true;
            case Mqtt.WriteBatch batch:
                AfterQueueing(_outgoing.TrySend(batch, Sender));
                return true;
            case Mqtt.Close:
                Close();
                return true;
            case Mqtt.Abort:
                Closer.Abort(End ?? new ConnectionEnd(CloseReason.Aborted, ""), Sender);
                return true;
            case ShuttingDown:
                BeginClosing().ShutDown(_rules);
                return true;
            case HandlerEnded:
                if (Sender.Equals(_handler.Handler)) // else the handler was replaced before
                    CloseWith(new ConnectionEnd(CloseReason.HandlerTerminated, "The handler died."));
                return true;
            case PhaseTimeout { Of: Deadline.Write }:
                if (_pump.IsStalled(Scheduler))
                    Closer.Abort(new ConnectionEnd(CloseReason.WriteTimeout, "The peer read nothing of what was written within write-timeout."));
                return true;
            default:
                return message is PhaseTimeout; // the phase of this timeout is over
        }
    }

    private bool ReceiveTransport(object message)
    {
        switch (message)
        {
            case WriteDone:
                _pump.Written(Scheduler);
                return true;
            case FlushNow or SocketPort.Readable or CommanderEnded: // sent by this connection in an earlier state
                return true;
            case var _ when TransportEnds.TryRead(message, out var reason, out var text):
                TransportEnds.Log(message, _start);
                EndBy(reason, text);
                return true;
            case Tcp.Event told:
                return _port.Translate(told) is not { } ours || Handle(ours);
            default:
                return false;
        }
    }

    private bool Closing(object message)
    {
        switch (message)
        {
            case SocketPort.Readable or Link.Received or Tcp.Received: // read only to notice that the peer closes; the bytes are dropped
                if (_port.TryRead(message, out var dropped))
                    _port.ReadOn(dropped.Length, suspended: false);
                return true;
            case FlushNow: // everything is written, or waits for the current write
            case ActorIdentity or Mqtt.Request or Mqtt.SuspendReading or Mqtt.ResumeReading: // the connection is already closing
            case Link.PeerClosed: // the transport stays open until the queue is sent; then our close takes effect
            case HandlerEnded:
                return true;
            case WriteDone:
                _pump.Written(Scheduler);
                Closer.CloseTransportWhenFlushed();
                return true;
            case PhaseTimeout { Of: Deadline.Close }:
                Closer.Abort(End!);
                return true;
            case Tcp.Event told:
                return _port.Translate(told) is not { } ours || Closing(ours);
            case Link.ConnectionClosed or TransportEnds.Failed or Link.CommandFailed:
                Closer.Finish(End!);
                return true;
            case Mqtt.Register register:
                Replace(register); // the new handler receives the event of the end
                return true;
            default:
                return _inbound?.TryResume(message) == true || ReceiveCommand(message);
        }
    }

    private void Send(MqttPacket packet, object command, object? ack) => AfterQueueing(_outgoing.TrySend(packet, command, ack, Sender));

    private void AfterQueueing(bool isQueued)
    {
        if (!isQueued)
            return;
        if (_outgoing.ChangedRules)
        {
            _outgoing.ChangedRules = false;
            _inbound?.SetVersion(_rules.Version);
            StartKeepAlive(); // with the Server Keep Alive of CONNACK, if there is one
        }

        _pump.Flush(Scheduler);
    }

    /// <summary>Acts on what the framing reported.</summary>
    private void AfterFraming()
    {
        if (_inbound!.TakeNews())
        {
            _keepAlive.Restart(Scheduler.MonotonicClock);
            if (!_connectReceived && _start.Role == MqttRole.Server)
                StartKeepAlive(); // the packet is CONNECT: the rules reject any other first packet
            _connectReceived = true;
        }

        if (End is not null)
            return;
        if (_inbound.HasCrashed)
            CloseFor(CloseReason.InternalError, ConnectionEnd.Crash(_inbound.CrashCause), _inbound.CrashCause);
        else if (_inbound.Error is { } error)
            CloseFor(ConnectionEnd.ReasonOf(error), error); // [MQTT-4.13.1-1] of 5.0
        else if (_handler.KeepsOpen)
            _inbound.TellInboundClosed();
        else if (_inbound.IsDrained)
            CloseWith(PeerClosed);
    }

    private void StartKeepAlive()
    {
        if (_inbound?.HasPeerClosed != false)
            return; // no more input is handled; the timer now belongs to the close
        _timer.Stop();
        if (_start.Role == MqttRole.Server && KeepAliveLimit > TimeSpan.Zero && End is null)
            StartTimer(KeepAliveLimit, PhaseTimeout.KeepAlive);
    }

    private void CheckKeepAlive()
    {
        if (_inbound!.HasPeerClosed || KeepAliveLimit <= TimeSpan.Zero)
            return; // the timeout was in the mailbox when that changed
        var left = _keepAlive.Left(KeepAliveLimit, _inbound.IsPaused, Scheduler.MonotonicClock);
        if (left > TimeSpan.Zero)
            StartTimer(left, PhaseTimeout.KeepAlive);
        else // [MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] of 5.0
            CloseFor(CloseReason.KeepAliveTimeout, new PacketError(ReasonCode.KeepAliveTimeout, "the client sent nothing for longer than its Keep Alive allows"));
    }

    /// <summary>Checks the progress of a connection whose peer has closed, after <c>close-timeout</c>.</summary>
    private void CheckProgress()
    {
        if (_inbound!.IsDrained)
            CloseWith(PeerClosed); // the handler kept the connection open and did not close it in time
        else if (_inbound.TakeProgress())
            StartTimer(Settings.CloseTimeout, PhaseTimeout.Close);
        else
            CloseWith(new ConnectionEnd(CloseReason.HandlerStalled, "The peer closed, and the handler took none of its packets within close-timeout."));
    }

    private void CloseFor(CloseReason reason, PacketError error, Exception? cause = null) =>
        BeginClosing().Begin(reason, error, _rules, _rules.Version ?? _inbound?.RefusedVersion ?? MqttVersion.V311, cause);

    private void Close()
    {
        var end = End
            ?? (_handler.KeepsOpen && _inbound!.HasPeerClosed ? PeerClosed : new ConnectionEnd(CloseReason.Closed, "We closed."));
        end.AddCommander(Sender);
        CloseWith(end);
    }

    private void CloseWith(ConnectionEnd end) => BeginClosing().Begin(end);

    private ConnectionCloser BeginClosing()
    {
        if (_phase != Phase.Closing)
            StartTimer(Settings.CloseTimeout, PhaseTimeout.Close);
        _phase = Phase.Closing;
        return Closer;
    }

    /// <summary>
    /// Handles the end of the transport. Packets that were received before are delivered, as many as the handler accepts without another
    /// Request.
    /// </summary>
    private void EndBy(CloseReason reason, string text)
    {
        if (End is null && _inbound is not null)
        {
            if (_handler.KeepsOpen && _inbound.IsDrained)
                reason = CloseReason.PeerClosed; // the peer had closed; our write failed because of that
            else if (!_inbound.HasPeerClosed)
                _inbound.Complete();
        }

        Closer.Finish(new ConnectionEnd(reason, text));
    }

    private void StartTimer(TimeSpan delay, PhaseTimeout timeout) => _timer.Start(delay, timeout, Scheduler, Self);
}
