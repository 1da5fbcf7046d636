using System.Net;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// A listener as a source of connections. Clients that downstream does not request wait, up to a limit; above it they are reset.
/// </summary>
internal sealed class ListenerSource : GraphStageWithMaterializedValue<SourceShape<MqttIncomingConnection>, Task<MqttServerBinding>>
{
    private const int MaxWaiting = 1024;

    private readonly Outlet<MqttIncomingConnection> _out = new("MqttListener.out");
    private readonly ActorSystem _system;
    private readonly EndPoint _localAddress;
    private readonly Func<Mqtt.Bind, Mqtt.Bind>? _configure;

    public ListenerSource(ActorSystem system, EndPoint localAddress, Func<Mqtt.Bind, Mqtt.Bind>? configure)
    {
        _system = system;
        _localAddress = localAddress;
        _configure = configure;
        Shape = new SourceShape<MqttIncomingConnection>(_out);
    }

    public override SourceShape<MqttIncomingConnection> Shape { get; }

    public override ILogicAndMaterializedValue<Task<MqttServerBinding>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var bound = new TaskCompletionSource<MqttServerBinding>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new LogicAndMaterializedValue<Task<MqttServerBinding>>(new Logic(this, bound), bound.Task);
    }

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly ListenerSource _stage;
        private readonly TaskCompletionSource<MqttServerBinding> _bound;
        private readonly Queue<MqttIncomingConnection> _waiting = new();
        private IActorRef _self = ActorRefs.Nobody;
        private IActorRef? _listener;

        public Logic(ListenerSource stage, TaskCompletionSource<MqttServerBinding> bound)
            : base(stage.Shape)
        {
            _stage = stage;
            _bound = bound;
            SetHandler(stage._out, this);
        }

        public override void PreStart()
        {
            var actor = GetStageActor(OnMessage);
            _self = actor.Ref;
            var bind = new Mqtt.Bind(_self, _stage._localAddress);
            _stage._system.Mqtt().Tell(_stage._configure?.Invoke(bind) ?? bind, _self);
        }

        public override void PostStop()
        {
            _bound.TrySetException(new InvalidOperationException("The stream ended before the listener was bound."));
            _ = _bound.Task.Exception; // marks the exception as observed, because the task need not be awaited
            _listener?.Tell(Mqtt.Unbind.Instance, ActorRefs.NoSender);
            foreach (var connection in _waiting)
                connection.Connected.Connection.Tell(Mqtt.Abort.Instance, ActorRefs.NoSender);
        }

        public override void OnPull()
        {
            if (_waiting.TryDequeue(out var connection))
                Push(_stage._out, connection);
        }

        private void OnMessage((IActorRef Sender, object Message) from)
        {
            switch (from.Message)
            {
                case Mqtt.Connected connected:
                    Accept(connected);
                    break;
                case Mqtt.Bound bound:
                    _listener = bound.Listener;
                    StageActor.Watch(_listener);
                    _bound.TrySetResult(new MqttServerBinding(bound));
                    break;
                case Mqtt.CommandFailed failed:
                    var cause = new MqttConnectionException(failed);
                    _bound.TrySetException(cause);
                    FailStage(cause);
                    break;
                case Terminated:
                    CompleteStage();
                    break;
            }
        }

        private void Accept(Mqtt.Connected connected)
        {
            if (_waiting.Count >= MaxWaiting)
            {
                connected.Connection.Tell(Mqtt.Abort.Instance, _self);
                return;
            }

            var flow = Flow.FromGraph(new ConnectionStage(_stage._system, connected)).MapMaterializedValue(_ => NotUsed.Instance);
            var connection = new MqttIncomingConnection(connected, flow);
            if (IsAvailable(_stage._out) && _waiting.Count == 0)
                Push(_stage._out, connection);
            else
                _waiting.Enqueue(connection);
        }
    }
}
