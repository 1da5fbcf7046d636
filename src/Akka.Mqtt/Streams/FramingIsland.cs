using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Fusing;
using Akka.Streams.Stage;
using Tcp = Akka.IO.Tcp;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The framing of one connection: TransportSource ▸ MqttDecoderStage ▸ HandlerSink, an Akka.Streams graph that was fused once for all
/// connections and whose interpreter runs inside the connection actor instead of in an actor of its own (docs/adr/0001: one mailbox hop
/// and 3 KB less a connection). Only that actor may call it.
/// </summary>
internal sealed class FramingIsland
{
    private const int EventLimit = 1000;

    private static readonly object ChunkReceived = new();

    private static readonly IGraph<ClosedShape, NotUsed> Blueprint = global::Akka.Streams.Fusing.Aggressive(
        Akka.Streams.Dsl.Source.FromGraph(new TransportSource()).Via(new MqttDecoderStage()).To(new HandlerSink()));

    private readonly IActorRef _self;
    private readonly Action<object> _dispatch;
    private GraphInterpreterShell _shell = null!;
    private ReadOnlyMemory<byte> _received;

    public FramingIsland(IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef self)
    {
        Owner = owner;
        Decoder = decoder;
        Handler = handler;
        Settings = settings;
        _self = self;
        _dispatch = Dispatch;
    }

    public IFramingOwner Owner { get; }

    public InboundDecoder Decoder { get; }

    public Mqtt.Register Handler { get; private set; }

    public MqttConnectionSettings Settings { get; }

    /// <summary>The connection actor, sender of everything that is delivered.</summary>
    public IActorRef Connection => _self;

    /// <summary>Set by the stages when they start.</summary>
    public TransportSource.Logic Source { private get; set; } = null!;

    /// <summary>Set by the stages when they start.</summary>
    public HandlerSink.Logic Sink { private get; set; } = null!;

    /// <summary>Bytes that were decoded since the last batch: what the next one weighs. A packet may have come in many chunks.</summary>
    public long UndeliveredBytes { get; set; }

    /// <summary>Whether packets or bytes wait because the handler is behind.</summary>
    public bool IsPaused => Source.QueuedBytes > 0 || Sink.IsWaiting;

    public void Start(ExtendedActorMaterializer materializer, SubFusingActorMaterializerImpl subFusing)
    {
        materializer.Materialize(
            Blueprint,
            shell =>
            {
                _shell = shell;
                return _self;
            },
            new Attributes(new Attribute(this)));
        _shell.Init(_self, subFusing, _dispatch, EventLimit);
    }

    /// <summary>The next chunk from the transport.</summary>
    public void Received(ReadOnlyMemory<byte> chunk)
    {
        _received = chunk;
        Run(Source, ChunkReceived);
        _received = default;
    }

    /// <summary>The transport has ended; <see cref="IFramingOwner.InboundDrained"/> follows when all before it has been delivered.</summary>
    public void Complete() => Run(Source, Tcp.PeerClosed.Instance);

    /// <summary>Another handler takes over: it gets what waits.</summary>
    public void Register(Mqtt.Register handler)
    {
        Handler = handler;
        Run(Sink, handler);
    }

    /// <summary>Packets that were decoded and that the handler has not asked for.</summary>
    public MqttList<MqttPacket> Undelivered => Sink.Undelivered;

    /// <summary>The handler asked for more packets.</summary>
    public void Request(Mqtt.Request request) => Run(Sink, request);

    /// <summary>The handler wants no packets for a while, or wants them again.</summary>
    public void SetReading(Mqtt.Command command) => Run(Sink, command);

    /// <summary>The handler has got everything up to the last probe.</summary>
    public void Confirmed(ActorIdentity identity) => Run(Sink, identity);

    /// <summary>A message of the stream interpreter to itself.</summary>
    public void Resume(ActorGraphInterpreter.IBoundaryEvent resume)
    {
        if (!_shell.IsTerminated)
            _shell.Receive(resume, EventLimit);
    }

    /// <summary>Ends the stages; nothing more is delivered.</summary>
    public void Stop()
    {
        if (!_shell.IsTerminated)
            _shell.TryAbort(new AbruptTerminationException(_self));
    }

    private void Run(GraphStageLogic logic, object message)
    {
        if (!_shell.IsTerminated)
            _shell.Receive(new ActorGraphInterpreter.AsyncInput(_shell, logic, message, GraphStageLogic.NoPromise, _dispatch), EventLimit);
    }

    /// <summary>Inside the interpreter. One delegate a connection for all that comes in, and for what the interpreter tells itself.</summary>
    private void Dispatch(object message)
    {
        if (ReferenceEquals(message, ChunkReceived))
        {
            Source.Received(_received);
            return;
        }

        switch (message)
        {
            case ActorGraphInterpreter.IBoundaryEvent later:
                _self.Tell(later);
                break;
            case Tcp.PeerClosed:
                Source.End();
                break;
            case Mqtt.Request request:
                Sink.Request(request);
                break;
            case Mqtt.SuspendReading:
                Sink.Suspend();
                break;
            case Mqtt.ResumeReading:
                Sink.Resume();
                break;
            case ActorIdentity identity:
                Sink.Confirmed(identity);
                break;
            case Mqtt.Register handler:
                Sink.Register(handler);
                break;
        }
    }

    /// <summary>How the stages of the one blueprint find the island that they belong to.</summary>
    internal sealed class Attribute(FramingIsland island) : Attributes.IAttribute
    {
        public FramingIsland Island { get; } = island;
    }
}
