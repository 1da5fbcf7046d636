using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Fusing;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The stages, fused once for all connections. Their interpreter runs inside the connection actor instead of in an actor of its own, which
/// saves one mailbox message and 3 KB per connection (docs/adr/0001). The only class that uses internal types of Akka.Streams.
/// </summary>
internal sealed class FusedFraming : ConnectionFraming
{
    private const int EventLimit = 1000;

    private static readonly object ChunkReceived = new();

    private static readonly IGraph<ClosedShape, NotUsed> Blueprint = global::Akka.Streams.Fusing.Aggressive(FramingHost.Stages());

    private readonly Action<object> _dispatch;
    private GraphInterpreterShell _shell = null!;
    private ReadOnlyMemory<byte> _received;

    private FusedFraming(IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
        : base(owner, decoder, handler, settings, connection) => _dispatch = Dispatch;

    public override bool TryResume(object message)
    {
        if (message is not ActorGraphInterpreter.IBoundaryEvent resume)
            return false;
        if (!_shell.IsTerminated)
            _shell.Receive(resume, EventLimit);
        return true;
    }

    public override void Stop()
    {
        if (!_shell.IsTerminated)
            _shell.TryAbort(new AbruptTerminationException(Connection));
    }

    protected override void Enter(ReadOnlyMemory<byte> chunk)
    {
        _received = chunk;
        Run(Source, ChunkReceived);
        _received = default;
    }

    protected override void ToSource(object message) => Run(Source, message);

    protected override void ToSink(object message) => Run(Sink, message);

    private void Run(GraphStageLogic logic, object message)
    {
        if (!_shell.IsTerminated)
            _shell.Receive(new ActorGraphInterpreter.AsyncInput(_shell, logic, message, GraphStageLogic.NoPromise, _dispatch), EventLimit);
    }

    /// <summary>
    /// Runs inside the interpreter. One delegate per connection handles all input and the messages of the interpreter to itself.
    /// </summary>
    private void Dispatch(object message)
    {
        if (ReferenceEquals(message, ChunkReceived))
            Source.Received(_received);
        else if (message is ActorGraphInterpreter.IBoundaryEvent later)
            Connection.Tell(later);
        else
            Take(message);
    }

    /// <summary>Creates the framing of connections. One for an actor system.</summary>
    internal sealed class Factory : IFramingFactory
    {
        private readonly ExtendedActorMaterializer _materializer;
        private readonly SubFusingActorMaterializerImpl _subFusing;

        public Factory(ActorSystem system)
        {
            _materializer = (ExtendedActorMaterializer)system.Materializer();
            _subFusing = new SubFusingActorMaterializerImpl(
                _materializer, _ => throw new NotSupportedException("The framing stages materialize nothing."));
        }

        public ConnectionFraming Start(
            IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
        {
            var framing = new FusedFraming(owner, decoder, handler, settings, connection);
            _materializer.Materialize(
                Blueprint,
                shell =>
                {
                    framing._shell = shell;
                    return connection;
                },
                new Attributes(new Attribute(framing)));
            framing._shell.Init(connection, _subFusing, framing._dispatch, EventLimit);
            return framing;
        }
    }
}
