using Akka.Actor;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Transport;
using Akka.Streams.Implementation.Fusing;

namespace Akka.Mqtt.Connection;

/// <summary>
/// One raw MQTT connection, client or server side. Owns what dies with the network connection: protocol version, order of packets, keep-alive
/// clock, framing, write queue, the reason of its end. Answers nothing by itself but malformed input. Never restarts. All state is touched by
/// its own messages only; the framing island runs inside it.
/// </summary>
internal sealed partial class ConnectionActor : ActorBase, IFramingOwner
{
    private readonly ConnectionStart _start;
    private readonly ConnectionRules _rules;
    private readonly WriteBuffer _writes;
    private readonly TransportPort _port;
    private readonly ByteCounts _bytes = new();

    private Phase _phase;
    private IActorRef? _handler;
    private FramingIsland? _island;
    private InboundDecoder? _decoder;
    private ICancelable? _timer;
    private ICancelable? _writeTimer;
    private TimeSpan _writeStarted;
    private TimeSpan _lastReceived;
    private PacketError? _inboundError;
    private bool _inboundDrained;
    private bool _peerClosed;
    private bool _readingSuspended;
    private bool _flushing; // FlushNow is in the mailbox

    public ConnectionActor(ConnectionStart start)
    {
        _start = start;
        _rules = new ConnectionRules(start.Role);
        _writes = new WriteBuffer(start.Settings);
        _port = start.Link.Open(Context, start.Settings);
    }

    private enum Phase
    {
        Unregistered,
        Open,
        Closing,
    }

    private MqttConnectionSettings Settings => _start.Settings;

    private ILoggingAdapter Log => _start.Framing.Log;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    public static Props Props(ConnectionStart start) => new Direct(start);

    protected override void PreStart()
    {
        MqttMeters.ConnectionOpened(_start.Link.Info, _start.Role);
        StartTimer(Settings.RegisterTimeout, PhaseTimeout.Register);
        if (_start.Role == MqttRole.Client && DialCommanders.IsWatched(_start.Commander))
            Context.WatchWith(_start.Commander, CommanderEnded.Instance);
        _start.Commander.Tell(new Mqtt.Connected(Self, _start.Role, _start.Link.Info with { Bytes = _bytes }));
    }

    protected override void PostStop()
    {
        StopTimer();
        _writeTimer?.Cancel();
        _island?.Stop();
        if (!_ended)
            End(CloseReason.Aborted, Mqtt.Aborted.Instance); // stopped from outside, such as a terminating actor system
        _port.Dispose();
    }

    /// <summary>The transport tells its end by itself, so it is not watched; only if it fails it cannot, and we learn it here.</summary>
    protected override SupervisorStrategy SupervisorStrategy()
    {
        var self = Self;
        return new OneForOneStrategy(cause =>
        {
            self.Tell(new TransportFailed(cause));
            return Directive.Stop;
        });
    }

    protected override void PostRestart(Exception reason) => throw new Akka.Pattern.IllegalStateException("A connection never restarts.");

    /// <summary>A second <c>Become</c> would make Akka keep 280 bytes of state for this actor; a field does not.</summary>
    protected override bool Receive(object message) => _phase switch
    {
        Phase.Open => Open(message),
        Phase.Closing => Closing(message),
        _ => Unregistered(message),
    };

    /// <summary>Before a handler is registered: nothing is read, what is told is queued.</summary>
    private bool Unregistered(object message)
    {
        switch (message)
        {
            case Mqtt.Register register:
                Register(register);
                return true;
            case PhaseTimeout.Register:
                CloseWith(CloseReason.RegisterTimeout, "No handler registered in time.");
                return true;
            case CommanderEnded:
                CloseWith(CloseReason.HandlerTerminated, "Who dialled has stopped, and no handler is registered.");
                return true;
            default:
                return ReceiveCommand(message) || ReceiveTransport(message);
        }
    }

    private void Register(Mqtt.Register register)
    {
        if (!IsPossible(register))
            return;
        StopTimer();
        if (_start.Role == MqttRole.Client && DialCommanders.IsWatched(_start.Commander))
            Context.Unwatch(_start.Commander);
        SetHandler(register);
        var isServer = _start.Role == MqttRole.Server;
        var most = FrameLimit.Cap(register, Settings.MaxPacketSize);
        var limit = isServer ? Math.Min(Settings.MaxConnectPacketSize, most) : most;
        _decoder = new InboundDecoder(_rules, _start.Role, _rules.Version, Settings, limit) { MaxPacketSize = most };
        _island = _start.Framing.Start(this, _decoder, register, Settings, Self);
        _lastReceived = Now;
        if (isServer && Settings.ConnectTimeout is { } timeout)
            StartTimer(timeout, PhaseTimeout.Connect);
        _phase = Phase.Open;
        _port.Register();
        Flush();
        Acknowledge(register);
    }

    /// <summary>Hands the connection over to another handler, or to another delivery of the same one, if the handler that has it says so.</summary>
    private void Replace(Mqtt.Register register)
    {
        if (!Sender.Equals(_handler))
        {
            const string text = "A handler is registered. Only that handler can register another: it must be the sender of Mqtt.Register.";
            Fail(Sender, register, CommandFailure.NotSupported, text);
            return;
        }

        if (!IsPossible(register))
            return;
        if (_closing && _closeReason == CloseReason.HandlerTerminated)
        {
            Fail(Sender, register, CommandFailure.ConnectionClosed, "The connection is closing because its handler has stopped.");
            return;
        }

        if (!register.Handler.Equals(_handler))
            Context.Unwatch(_handler);
        SetHandler(register);
        _inboundEndTold = InboundEnd.Untold;
        Acknowledge(register);
        if (_closing)
        {
            TellClosing();
            return;
        }

        _decoder!.MaxPacketSize = FrameLimit.Cap(register, Settings.MaxPacketSize);
        _island!.Register(register);
        AfterFraming();
    }

    private bool IsPossible(Mqtt.Register register)
    {
        if (register is not { Delivery: MqttDelivery.Batches, PayloadEncoding: not null })
            return true;
        Fail(Sender, register, CommandFailure.NotSupported, "Payload encoding and delivery in batches do not go together.");
        return false;
    }

    private void SetHandler(Mqtt.Register register)
    {
        _handler = register.Handler;
        _tellsEnding = register.KeepOpenOnPeerClosed;
        if (!register.TellsItsEnd)
            Context.WatchWith(_handler, HandlerEnded.Instance);
    }

    private void Acknowledge(Mqtt.Register register)
    {
        if (register.Ack is { } ack)
            Sender.Tell(ack, Self);
    }

    private bool Open(object message)
    {
        switch (message)
        {
            case MqttPacket packet: // first: what comes most
                Send(packet, packet, null);
                return true;
            case SocketPort.Readable or Link.Received or Tcp.Received:
                Read(message);
                return true;
            case FlushNow:
                _flushing = false;
                WriteOut();
                return true;
            case WriteDone:
                WriteEnded();
                return true;
            case ActorIdentity identity:
                _island!.Confirmed(identity);
                AfterFraming();
                return true;
            case Mqtt.Request request:
                Request(request);
                return true;
            case Mqtt.SuspendReading or Mqtt.ResumeReading:
                SetReading((Mqtt.Command)message);
                return true;
            case Mqtt.Register register:
                Replace(register);
                return true;
            case ActorGraphInterpreter.IBoundaryEvent resume:
                _island!.Resume(resume);
                AfterFraming();
                return true;
            case Link.PeerClosed:
                _peerClosed = true;
                _island!.Complete();
                StartTimer(Settings.CloseTimeout, PhaseTimeout.Close); // for a handler that pulls and does not ask any more
                AfterFraming();
                return true;
            case PhaseTimeout.Connect when !_rules.ConnectSeen:
                CloseWith(CloseReason.ConnectTimeout, "No CONNECT came in time."); // U-3.1.4-2
                return true;
            case PhaseTimeout.KeepAlive:
                CheckKeepAlive();
                return true;
            case PhaseTimeout.Close:
                CloseWith(CloseReason.PeerClosed, "The peer closed.");
                return true;
            default:
                return ReceiveCommand(message) || ReceiveTransport(message);
        }
    }

    /// <summary>What is the same with and without a handler.</summary>
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
                Send(batch);
                return true;
            case Mqtt.Close:
                (_closeCommanders ??= []).Add(Sender);
                if (_tellsEnding && _peerClosed)
                    CloseWith(CloseReason.PeerClosed, "The peer closed.");
                else
                    CloseWith(CloseReason.Closed, "We closed.");
                return true;
            case Mqtt.Abort:
                (_closeCommanders ??= []).Add(Sender);
                Abort();
                return true;
            case HandlerEnded when !Sender.Equals(_handler):
                return true; // it has been replaced
            case ShuttingDown:
                ShutDown();
                return true;
            case HandlerEnded:
                CloseWith(CloseReason.HandlerTerminated, "The handler died.");
                return true;
            case PhaseTimeout.Write:
                CheckWriteProgress();
                return true;
            case Mqtt.Command command:
                Fail(Sender, command, CommandFailure.NotSupported, "A connection does not take this command now.");
                return true;
            default:
                return false;
        }
    }

    private bool ReceiveTransport(object message)
    {
        switch (message)
        {
            case WriteDone:
                WriteEnded();
                return true;
            case FlushNow or SocketPort.Readable or CommanderEnded:
                return true; // told to itself in a state that has ended
            case Link.ErrorClosed closed:
                EndBy(CloseReason.TransportError, closed.Cause is { Length: > 0 } cause ? cause : "The transport failed.");
                return true;
            case Link.PeerClosed:
                End(CloseReason.PeerClosed, Mqtt.PeerClosed.Instance);
                return true;
            case Link.ConnectionClosed:
                EndBy(CloseReason.TransportError, "The transport closed.");
                return true;
            case Link.CommandFailed failed:
                EndBy(CloseReason.TransportError, failed.Cause.Message);
                return true;
            case TransportFailed failed:
                Log.Error(failed.Cause, "{0}: the transport actor failed", _start.Link.Info);
                EndBy(CloseReason.TransportError, "The transport failed.");
                return true;
            case Tcp.Event told:
                return _port.Translate(told) is not { } ours || Receive(ours);
            default:
                return false;
        }
    }

    private void Request(Mqtt.Request request)
    {
        if (_island!.Handler.Delivery != MqttDelivery.Pull)
            Fail(Sender, request, CommandFailure.NotSupported, "Mqtt.Request goes with pull delivery; this handler registered for another.");
        else if (request.Count < 1)
            Fail(Sender, request, CommandFailure.NotSupported, "Mqtt.Request needs a count of at least 1.");
        else
            _island.Request(request);
        AfterFraming();
    }

    private void SetReading(Mqtt.Command command)
    {
        if (_island!.Handler.Delivery == MqttDelivery.Pull)
            Fail(Sender, command, CommandFailure.NotSupported, "A handler with pull delivery stops reading by not asking for more.");
        else
            _island.SetReading(command);
        AfterFraming();
    }

    private static void Fail(IActorRef commander, object command, CommandFailure reason, string text, ReasonCode? code = null)
    {
        MqttMeters.CommandFailed(reason);
        commander.Tell(new Mqtt.CommandFailed(command, reason, text) { ReasonCode = code });
    }

    private void StartTimer(TimeSpan delay, PhaseTimeout timeout)
    {
        StopTimer();
        _timer = Context.System.Scheduler.ScheduleTellOnceCancelable(delay, Self, timeout, Self);
    }

    private void StopTimer()
    {
        _timer?.Cancel();
        _timer = null;
    }
}
