using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The framing of one connection: TransportSource ▸ MqttDecoderStage ▸ HandlerSink, an Akka.Streams graph. <see cref="FusedFraming"/> runs
/// it inside the connection actor, <see cref="StreamFraming"/> in an actor of Akka.Streams. Only the connection actor and the stages call
/// it.
/// </summary>
internal abstract class ConnectionFraming
{
    private static readonly object NoMoreInput = new(); // for the sink: deliver the waiting packets
    private static readonly object EndOfInput = new(); // for the source

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

    /// <summary>Receives the reports of the stages.</summary>
    public IFramingOwner Owner { get; }

    public InboundDecoder Decoder { get; }

    /// <summary>The current registration. The sink switches to a new one when it receives <see cref="Register"/>.</summary>
    public Mqtt.Register Handler { get; private set; }

    public MqttConnectionSettings Settings { get; }

    /// <summary>The connection actor, which is the sender of everything that is delivered.</summary>
    public IActorRef Connection { get; }

    /// <summary>
    /// The lock that the connection actor must hold while it handles a message, because the decoder runs on another thread; null when it
    /// does not.
    /// </summary>
    public virtual object? Gate => null;

    /// <summary>Whether delivery has stopped.</summary>
    public bool IsStopped { get; protected set; }

    /// <summary>Set by the stage when it is created.</summary>
    public TransportSource.Logic Source { protected get; set; } = null!;

    /// <summary>Set by the stage when it is created.</summary>
    public HandlerSink.Logic Sink { protected get; set; } = null!;

    /// <summary>Bytes that were decoded since the last batch: the size of the next one. A packet may have arrived in many chunks.</summary>
    public long UndeliveredBytes { get; set; }

    /// <summary>Whether packets or bytes wait because the handler is behind.</summary>
    public bool IsPaused => Volatile.Read(ref _queuedBytes) > 0 || Sink.IsWaiting;

    /// <summary>Decoded packets that the handler has not requested; valid when the stages have stopped.</summary>
    public MqttList<MqttPacket> Undelivered => Sink.Undelivered;

    /// <summary>Passes the next chunk of the transport to the stages.</summary>
    public void Received(ReadOnlyMemory<byte> chunk)
    {
        Interlocked.Add(ref _queuedBytes, chunk.Length);
        Enter(chunk);
    }

    /// <summary>
    /// Whether <c>max-queued-read-bytes</c> wait to be decoded. If so, the connection stops reading until
    /// <see cref="IFramingOwner.ResumeReading"/>.
    /// </summary>
    public bool TrySuspend()
    {
        if (Volatile.Read(ref _queuedBytes) < Settings.MaxQueuedReadBytes || Interlocked.Exchange(ref _suspended, 1) == 1)
            return false;
        // The stage may have taken everything in the meantime, without seeing the mark.
        return Volatile.Read(ref _queuedBytes) > Settings.MaxQueuedReadBytes / 2 || Interlocked.Exchange(ref _suspended, 0) == 0;
    }

    /// <summary>Notes that the decoder has taken a chunk.</summary>
    public void Taken(int length)
    {
        var left = Interlocked.Add(ref _queuedBytes, -length);
        if (Volatile.Read(ref _suspended) == 1 && left <= Settings.MaxQueuedReadBytes / 2 && Interlocked.Exchange(ref _suspended, 0) == 1)
            Owner.ResumeReading();
    }

    /// <summary>
    /// Notes that the transport has ended. <see cref="IFramingOwner.InboundDrained"/> follows when everything received before has been
    /// delivered.
    /// </summary>
    public void Complete()
    {
        ToSink(NoMoreInput);
        ToSource(EndOfInput);
    }

    /// <summary>Registers another handler, which receives the waiting packets.</summary>
    public void Register(Mqtt.Register handler)
    {
        Handler = handler;
        ToSink(handler);
    }

    /// <summary>Passes on a request for packets, or a suspension or resumption of reading.</summary>
    public void Control(Mqtt.Command command) => ToSink(command);

    /// <summary>Notes that the handler has handled everything up to the last probe.</summary>
    public void Confirmed(ActorIdentity identity) => ToSink(identity);

    /// <summary>Handles a message of the stream interpreter to itself; returns false for other messages.</summary>
    public virtual bool TryResume(object message) => false;

    /// <summary>Called when the stage starts, on the thread that runs the stages.</summary>
    public virtual void Started(TransportSource.Logic source)
    {
    }

    /// <summary>Called when the stage starts, on the thread that runs the stages.</summary>
    public virtual void Started(HandlerSink.Logic sink)
    {
    }

    /// <summary>Stops the stages and the delivery.</summary>
    public abstract void Stop();

    protected abstract void Enter(ReadOnlyMemory<byte> chunk);

    protected abstract void ToSource(object message);

    protected abstract void ToSink(object message);

    /// <summary>Handles a message to a stage, on the thread that runs the stages.</summary>
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

    /// <summary>Tells the stages to which connection they belong: they are created from one blueprint for all connections.</summary>
    internal sealed class Attribute(ConnectionFraming framing) : Attributes.IAttribute
    {
        public ConnectionFraming Framing { get; } = framing;
    }
}
