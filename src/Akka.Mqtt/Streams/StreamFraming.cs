using Akka.Actor;
using Akka.Streams;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The stages, materialized with the public API of Akka.Streams, which every version has, by the materializer that all connections share.
/// They run in an actor of their own: input and output are messages, and the decoder is used under a lock.
/// </summary>
internal sealed class StreamFraming : ConnectionFraming
{
    private static readonly object StopStages = new();

    private readonly Lock _starting = new();
    private List<(bool ToSource, object Input)>? _early = [];
    private Action<object>? _source;
    private Action<object>? _sink;

    private StreamFraming(InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
        : base(new FramingReport.Sender(connection), decoder, handler, settings, connection)
    {
    }

    public override object Gate { get; } = new();

    public override void Started(TransportSource.Logic source) => Ready(() => _source = source.Callback<object>(OnSource));

    public override void Started(HandlerSink.Logic sink) => Ready(() => _sink = sink.Callback<object>(OnSink));

    /// <summary>Stops delivery, also of packets that are in progress in the actor of the stages.</summary>
    public override void Stop()
    {
        lock (Gate)
            IsStopped = true;
        Send(toSource: true, StopStages);
    }

    protected override void Enter(ReadOnlyMemory<byte> chunk) => Send(toSource: true, new Chunk(chunk));

    protected override void ToSource(object message) => Send(toSource: true, message);

    protected override void ToSink(object message) => Send(toSource: false, message);

    private void OnSink(object message)
    {
        lock (Gate)
        {
            if (!IsStopped)
                Take(message);
        }
    }

    private void OnSource(object message)
    {
        if (message is Chunk chunk)
            Source.Received(chunk.Bytes);
        else if (ReferenceEquals(message, StopStages))
            Source.Stop();
        else
            Take(message);
    }

    /// <summary>
    /// Runs an action when the stages have started in their actor, which happens some time after the connection has sent the first input.
    /// </summary>
    private void Ready(Action set)
    {
        lock (_starting)
        {
            set();
            if (_source is null || _sink is null)
                return;
            foreach (var (toSource, input) in _early!)
                (toSource ? _source : _sink)(input);
            _early = null;
        }
    }

    private void Send(bool toSource, object input)
    {
        if (_early is not null)
        {
            lock (_starting)
            {
                if (_early is not null)
                {
                    _early.Add((toSource, input));
                    return;
                }
            }
        }

        (toSource ? _source! : _sink!)(input);
    }

    private sealed record Chunk(ReadOnlyMemory<byte> Bytes);

    /// <summary>Creates the framing of connections. One for an actor system.</summary>
    internal sealed class Factory(ActorSystem system) : IFramingFactory
    {
        private readonly ActorMaterializer _materializer = system.Materializer();

        public ConnectionFraming Start(
            IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
        {
            var framing = new StreamFraming(decoder, handler, settings, connection);
            _materializer.Materialize(FramingHost.Stages(), new Attributes(new Attribute(framing)));
            return framing;
        }
    }
}
