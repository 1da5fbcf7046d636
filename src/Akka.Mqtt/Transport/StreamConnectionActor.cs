using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Speaks the conversation of <see cref="Link"/> over any stream, so that everything above it is the same for all transports. A child of the
/// connection actor, which registers itself as its handler. It owns the stream and never restarts; every end goes through
/// <see cref="StopWith"/>.
/// </summary>
internal sealed partial class StreamConnectionActor : UntypedActor
{
    private static readonly IOException ConnectionIsClosing = new("The write was dropped because the connection is closing.");
    private static readonly IOException QueueFull = new("The write was dropped because the write queue is full.");

    private readonly StreamLink _link;
    private readonly MqttConnectionSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly StreamReads _reads;
    private readonly StreamWrites _writes;
    private readonly ReadCredit? _credit;

    private Conversation _state;
    private IActorRef? _handler;

    /// <summary>The event of the end, and who gets it besides the handler. Without a command that chose the end, it is a reset.</summary>
    private (Link.Event Event, IActorRef? Commander) _end = (Link.Aborted.Instance, null);

    private StreamConnectionActor(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit)
    {
        _credit = credit;
        _link = link;
        _settings = settings;
        _reads = new StreamReads(link, settings.ReadChunkSize, Self);
        _writes = new StreamWrites(link, settings, Self);
    }

    /// <summary>Makes the actor for a stream that is open; without a credit reading is bounded by <see cref="Link.SuspendReading"/> alone.</summary>
    public static Props Props(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit = null) =>
        Actor.Props.CreateBy(new Producer(link, settings, credit)).WithDeploy(Deploy.Local);

    /// <summary>Before <see cref="Link.Register"/>: nothing is read, and writes wait.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Link.Register register:
                OnRegister(register);
                break;
            case Link.Write write:
                Enqueue(write);
                break;
            case Link.SuspendReading:
                _state = _state with { ReadingSuspended = true };
                break;
            case Link.ResumeReading:
                _state = _state with { ReadingSuspended = false };
                break;
            case Link.CloseCommand close:
                BeginClose(Sender, close.Event);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostRestart(Exception reason) => throw new InvalidOperationException("A connection actor does not restart.");

    protected override void PostStop()
    {
        if (_end.Event is Link.Aborted)
            _link.Control.Abort();
        try
        {
            _link.Stream.Dispose();
        }
        catch (Exception e)
        {
            _log.Debug("Closing {Transport} failed: {Reason}", _link.Info, e.Message);
        }

        _writes.FailQueued(ConnectionIsClosing);
        _handler?.Tell(_end.Event, Self);
        if (_end.Commander is { } commander && !commander.Equals(_handler))
            commander.Tell(_end.Event, Self);
    }

    private void OnRegister(Link.Register register)
    {
        _handler = register.Handler;
        Context.WatchWith(_handler, HandlerDied.Instance);
        _state = _state with { KeepOpenOnPeerClosed = register.KeepOpenOnPeerClosed };
        Become(Open);
        ReadOn();
        WriteOn();
    }

    private void Open(object message)
    {
        switch (message)
        {
            case StreamReads.Completed:
                OnRead();
                break;
            case StreamWrites.Completed:
                OnWritten();
                break;
            case Link.Write write:
                Enqueue(write);
                WriteOn();
                break;
            case Link.CloseCommand close:
                BeginClose(Sender, close.Event);
                break;
            default:
                Flow(message);
                break;
        }
    }

    /// <summary>What every state after registration takes.</summary>
    private void Flow(object message)
    {
        switch (message)
        {
            case Link.ResumeReading:
                _state = _state with { ReadingSuspended = false };
                ReadOn();
                break;
            case Link.SuspendReading:
                _state = _state with { ReadingSuspended = true };
                break;
            case CreditReturned:
                ReadOn();
                break;
            case ReadOnWithin:
                _state = _state with { IsReading = false };
                ReadOn();
                break;
            case HandlerDied:
                _log.Debug("Handler {Handler} died: {Transport} is reset", _handler, _link.Info);
                StopWith(Link.Aborted.Instance, null);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Enqueue(Link.Write write)
    {
        if (!_writes.TryEnqueue(write, Sender))
            Sender.Tell(new Link.CommandFailed(write, QueueFull));
    }

    private void WriteOn()
    {
        if (_writes.Start() is { } error)
            Fail(error);
    }

    private void OnWritten()
    {
        if (_writes.Complete() is { } error)
            Fail(error);
        else
            WriteOn();
    }

    /// <summary>Reads while data is there, up to one chunk a turn so that commands are not held up; then waits for more.</summary>
    private void ReadOn()
    {
        var budget = _settings.ReadChunkSize;
        while (_state is { ReadingSuspended: false, IsReading: false, PeerClosed: false, Stopping: false }
            && _credit?.MayRead() != false)
        {
            _state = _state with { IsReading = true };
            if (budget <= 0)
            {
                Self.Tell(ReadOnWithin.Instance, ActorRefs.NoSender);
                return;
            }

            if (!_reads.Start())
                return;
            budget -= TakeRead();
        }
    }

    private void OnRead()
    {
        TakeRead();
        ReadOn();
    }

    private int TakeRead()
    {
        _state = _state with { IsReading = false };
        var (received, error) = _reads.TakeOutcome();
        if (received is not null)
        {
            if (!_state.HasReceived)
                _state = _state with { HasReceived = true };
            _credit?.Take(received.Bytes.Length);
            _handler?.Tell(received, Self);
            return received.Bytes.Length;
        }

        if (error is not null && !_state.SayingGoodbye)
            Fail(error);
        else
            OnEndOfStream();
        return 0;
    }

    private void Fail(Exception error)
    {
        var reason = TransportErrors.Describe(error);
        _log.Debug("{Transport} failed: {Reason}", _link.Info, reason);
        StopWith(new Link.ErrorClosed(reason), null);
    }

    /// <summary>The one way to die: the first reason wins.</summary>
    private void StopWith(Link.Event closed, IActorRef? commander)
    {
        if (_state.Stopping)
            return;
        _state = _state with { Stopping = true };
        _end = (closed, commander);
        Context.Stop(Self);
    }

    /// <summary>What changes together, message by message.</summary>
    private readonly record struct Conversation(
        bool IsReading,
        bool HasReceived,
        bool ReadingSuspended,
        bool PeerClosed,
        bool OutputShutdown,
        bool KeepOpenOnPeerClosed,
        bool Closing,
        bool SayingGoodbye,
        bool Stopping);

    private sealed class Producer(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit) : IIndirectActorProducer
    {
        public Type ActorType => typeof(StreamConnectionActor);

        public ActorBase Produce() => new StreamConnectionActor(link, settings, credit);

        public void Release(ActorBase actor)
        {
        }
    }

    /// <summary>The connection has taken what it was behind with.</summary>
    public sealed class CreditReturned : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly CreditReturned Instance = new();
    }

    private sealed class HandlerDied : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandlerDied Instance = new();
    }

    private sealed class ReadOnWithin : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly ReadOnWithin Instance = new();
    }
}
