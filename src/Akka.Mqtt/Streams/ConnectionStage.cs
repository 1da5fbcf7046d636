using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// A connection actor as a flow of packets. It requests packets with <see cref="Mqtt.Request"/>, and sends the packets that arrived during
/// a write as one <see cref="Mqtt.WriteBatch"/>.
/// </summary>
internal sealed class ConnectionStage : GraphStageWithMaterializedValue<FlowShape<MqttPacket, MqttPacket>, Task<Mqtt.Connected>>
{
    private const int Window = 256;

    private readonly Inlet<MqttPacket> _in = new("MqttConnection.in");
    private readonly Outlet<MqttPacket> _out = new("MqttConnection.out");
    private readonly ActorSystem _system;
    private readonly Mqtt.Connect? _connect;
    private readonly Mqtt.Connected? _connected;

    /// <summary>A connection that is dialled when the stage is materialized.</summary>
    public ConnectionStage(ActorSystem system, Mqtt.Connect connect)
        : this(system) => _connect = connect;

    /// <summary>An accepted connection that has no handler yet.</summary>
    public ConnectionStage(ActorSystem system, Mqtt.Connected connected)
        : this(system) => _connected = connected;

    private ConnectionStage(ActorSystem system)
    {
        _system = system;
        Shape = new FlowShape<MqttPacket, MqttPacket>(_in, _out);
    }

    public override FlowShape<MqttPacket, MqttPacket> Shape { get; }

    public override ILogicAndMaterializedValue<Task<Mqtt.Connected>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var connected = new TaskCompletionSource<Mqtt.Connected>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new LogicAndMaterializedValue<Task<Mqtt.Connected>>(new Logic(this, connected), connected.Task);
    }

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly ConnectionStage _stage;
        private readonly TaskCompletionSource<Mqtt.Connected> _connected;
        private readonly Queue<MqttPacket> _received = new();
        private readonly List<MqttPacket> _sending = [];
        private IActorRef _self = ActorRefs.Nobody;
        private IActorRef? _connection;
        private int _requested;
        private bool _writing;
        private bool _closed;
        private bool _peerClosed;

        public Logic(ConnectionStage stage, TaskCompletionSource<Mqtt.Connected> connected)
            : base(stage.Shape)
        {
            _stage = stage;
            _connected = connected;
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void PreStart()
        {
            SetKeepGoing(true); // until the connection has reported its end
            _self = GetStageActor(OnMessage).Ref;
            if (_stage._connected is { } accepted)
                Connected(accepted);
            else
                _stage._system.Mqtt().Tell(_stage._connect!, _self);
        }

        public override void PostStop()
        {
            _connected.TrySetException(new InvalidOperationException("The stream ended before it was connected."));
            _ = _connected.Task.Exception; // marks the exception as observed, because the task need not be awaited
            if (!_closed)
                _connection?.Tell(Mqtt.Abort.Instance, ActorRefs.NoSender);
        }

        public override void OnPush()
        {
            _sending.Add(Grab(_stage._in));
            Send();
            if (_sending.Count < Window && !_peerClosed)
                Pull(_stage._in);
        }

        public override void OnPull()
        {
            if (_received.TryDequeue(out var packet))
            {
                Push(_stage._out, packet);
                Request();
            }
            else if (_closed)
            {
                CompleteStage();
            }
        }

        /// <summary>The outgoing side has completed; the incoming side continues until the peer closes or downstream cancels.</summary>
        public override void OnUpstreamFinish()
        {
        }

        public override void OnUpstreamFailure(Exception e)
        {
            _connection?.Tell(Mqtt.Abort.Instance, _self);
            FailStage(e);
        }

        public override void OnDownstreamFinish(Exception cause)
        {
            if (_connection is null || _closed)
            {
                CancelStage(cause);
                return;
            }

            Cancel(_stage._in); // queued packets are still sent; a source that never ends must not keep the connection open
            _received.Clear();
            if (!_writing)
                _connection.Tell(Mqtt.Close.Instance, _self);
        }

        private void OnMessage((IActorRef Sender, object Message) from)
        {
            switch (from.Message)
            {
                case MqttPacket packet:
                    _requested--;
                    if (IsClosed(_stage._out))
                        break;
                    if (IsAvailable(_stage._out))
                    {
                        Push(_stage._out, packet);
                        Request();
                    }
                    else
                    {
                        _received.Enqueue(packet);
                    }

                    break;
                case Written:
                    _writing = false;
                    Send();
                    if ((IsClosed(_stage._out) || _peerClosed) && !_writing)
                        _connection!.Tell(Mqtt.Close.Instance, _self);
                    else if (!_peerClosed && !IsClosed(_stage._in) && !HasBeenPulled(_stage._in))
                        Pull(_stage._in);
                    break;
                case Mqtt.Connected connected:
                    Connected(connected);
                    break;
                case Mqtt.InboundClosed { PacketsWait: true }:
                    // The waiting packets are bounded by max-queued-read-bytes. They are taken at once, so that downstream has no time
                    // limit.
                    _peerClosed = true;
                    _connection!.Tell(new Mqtt.Request(int.MaxValue), _self);
                    break;
                case Mqtt.InboundClosed:
                    _peerClosed = true;
                    if (!_writing)
                        _connection!.Tell(Mqtt.Close.Instance, _self);
                    break;
                case Mqtt.ErrorClosed error:
                    _closed = true;
                    FailStage(error.ReasonCode is { } code
                        ? new MqttProtocolException(new PacketError(code, error.Message, error.Header))
                        : new MqttConnectionException(error));
                    break;
                case Mqtt.ConnectionClosed:
                    _closed = true;
                    if (_received.Count == 0)
                        CompleteStage();
                    break;
                case Mqtt.CommandFailed { Reason: CommandFailure.ConnectionClosed }:
                    break; // the event for its end follows
                case Mqtt.CommandFailed failed:
                    var cause = failed.ReasonCode is { } reason
                        ? new MqttProtocolException(new PacketError(reason, failed.Message))
                        : (Exception)new MqttConnectionException(failed);
                    _connected.TrySetException(cause);
                    FailStage(cause);
                    break;
            }
        }

        private void Connected(Mqtt.Connected connected)
        {
            _connection = connected.Connection;
            _connected.TrySetResult(connected);
            _connection.Tell(new Mqtt.Register(_self) { Delivery = MqttDelivery.Pull, KeepOpenOnPeerClosed = true }, _self);
            Request();
            if (!IsClosed(_stage._in))
                Pull(_stage._in);
            if (IsClosed(_stage._out))
                _connection.Tell(Mqtt.Close.Instance, _self);
        }

        private void Request()
        {
            if (_closed || _peerClosed)
                return;
            var room = Window - _requested - _received.Count;
            if (room < Window / 2)
                return;
            _requested += room;
            _connection!.Tell(new Mqtt.Request(room), _self);
        }

        private void Send()
        {
            if (_writing || _sending.Count == 0 || _closed)
                return;
            _writing = true;
            // CONNECT is sent alone: it sets the version of the connection.
            var count = _sending[0] is Connect ? 1 : _sending.Count;
            var batch = _sending.GetRange(0, count);
            _sending.RemoveRange(0, count);
            _connection!.Tell(new Mqtt.WriteBatch(MqttList.From(batch), Written.Instance), _self);
        }

        private sealed class Written
        {
            public static readonly Written Instance = new();
        }
    }
}
