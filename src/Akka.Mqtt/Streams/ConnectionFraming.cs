using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The framing of one connection: TransportSource ▸ MqttDecoderStage ▸ HandlerSink, an Akka.Streams graph. <see cref="FusedFraming"/> runs it
/// inside the connection actor, <see cref="StreamFraming"/> in an actor of Akka.Streams. Only the connection actor and the stages call it.
/// </summary>
internal abstract class ConnectionFraming
{
    private static readonly object NoMoreInput = new(); // to the sink: take what waits
    private static readonly object EndOfInput = new(); // to the source

    private int _queuedBytes;
    private int _suspended;

    protected ConnectionFraming(
        IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
    {
        Owner = owner;
        Decoder = decoder;
        Handler = handler;
        Settings = settings;
        Connection = connection;
    }

    /// <summary>Takes the reports of the stages.</summary>
    public IFramingOwner Owner { get; }

    public InboundDecoder Decoder { get; }

    /// <summary>The registration that is in force. The sink changes over when it gets <see cref="Register"/>.</summary>
    public Mqtt.Register Handler { get; private set; }

    public MqttConnectionSettings Settings { get; }

    /// <summary>The connection actor, sender of everything that is delivered.</summary>
    public IActorRef Connection { get; }

    /// <summary>What the connection actor must lock while it handles a message, because the decoder runs on another thread; null if it does not.</summary>
    public virtual object? Gate => null;

    /// <summary>Nothing more is delivered.</summary>
    public bool IsStopped { get; protected set; }

    /// <summary>Set by the stage when it is made.</summary>
    public TransportSource.Logic Source { protected get; set; } = null!;

    /// <summary>Set by the stage when it is made.</summary>
    public HandlerSink.Logic Sink { protected get; set; } = null!;

    /// <summary>Bytes that were decoded since the last batch: the size of the next one. A packet may have come in many chunks.</summary>
    public long UndeliveredBytes { get; set; }

    /// <summary>Whether packets or bytes wait because the handler is behind.</summary>
    public bool IsPaused => Volatile.Read(ref _queuedBytes) > 0 || Sink.IsWaiting;

    /// <summary>Packets that were decoded and that the handler has not asked for; when the stages have stopped.</summary>
    public MqttList<MqttPacket> Undelivered => Sink.Undelivered;

    /// <summary>The next chunk from the transport.</summary>
    public void Received(ReadOnlyMemory<byte> chunk)
    {
        Interlocked.Add(ref _queuedBytes, chunk.Length);
        Enter(chunk);
    }

    /// <summary>
    /// Whether <c>max-queued-read-bytes</c> wait to be decoded. Then the connection stops reading, until <see cref="IFramingOwner.ResumeReading"/>.
    /// </summary>
    public bool TrySuspend()
    {
        if (Volatile.Read(ref _queuedBytes) < Settings.MaxQueuedReadBytes || Interlocked.Exchange(ref _suspended, 1) == 1)
            return false;
        // The stage may have taken everything meanwhile, without seeing the mark.
        return Volatile.Read(ref _queuedBytes) > Settings.MaxQueuedReadBytes / 2 || Interlocked.Exchange(ref _suspended, 0) == 0;
    }

    /// <summary>The decoder takes a chunk.</summary>
    public void Taken(int length)
    {
        var left = Interlocked.Add(ref _queuedBytes, -length);
        if (Volatile.Read(ref _suspended) == 1 && left <= Settings.MaxQueuedReadBytes / 2 && Interlocked.Exchange(ref _suspended, 0) == 1)
            Owner.ResumeReading();
    }

    /// <summary>The transport has ended; <see cref="IFramingOwner.InboundDrained"/> follows when all before it has been delivered.</summary>
    public void Complete()
    {
        ToSink(NoMoreInput);
        ToSource(EndOfInput);
    }

    /// <summary>Another handler registers: it gets what waits.</summary>
    public void Register(Mqtt.Register handler)
    {
        Handler = handler;
        ToSink(handler);
    }

    /// <summary>The handler asks for packets, or suspends or resumes reading.</summary>
    public void Control(Mqtt.Command command) => ToSink(command);

    /// <summary>The handler has taken everything up to the last probe from its mailbox.</summary>
    public void Confirmed(ActorIdentity identity) => ToSink(identity);

    /// <summary>Takes a message of the stream interpreter to itself; false if it is none.</summary>
    public virtual bool TryResume(object message) => false;

    /// <summary>A stage starts, on the thread that runs the stages.</summary>
    public virtual void Started(TransportSource.Logic source)
    {
    }

    /// <summary>A stage starts, on the thread that runs the stages.</summary>
    public virtual void Started(HandlerSink.Logic sink)
    {
    }

    /// <summary>Ends the stages; nothing more is delivered.</summary>
    public abstract void Stop();

    protected abstract void Enter(ReadOnlyMemory<byte> chunk);

    protected abstract void ToSource(object message);

    protected abstract void ToSink(object message);

    /// <summary>What was sent to a stage, on the thread that runs the stages.</summary>
    protected void Take(object message)
    {
        switch (message)
        {
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
            default:
                if (ReferenceEquals(message, NoMoreInput))
                    Sink.TakeRest();
                else if (ReferenceEquals(message, EndOfInput))
                    Source.End();
                break;
        }
    }

    /// <summary>Tells the stages, which are made from one blueprint for all connections, which connection they belong to.</summary>
    internal sealed class Attribute(ConnectionFraming framing) : Attributes.IAttribute
    {
        public ConnectionFraming Framing { get; } = framing;
    }
}
