using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Uses the messages of <see cref="Link"/> for any stream, so that the connection is independent of the transport. It is a child of the
/// connection actor, which registers itself as its handler. It owns the stream and never restarts; every end uses <see cref="StopWith"/>.
/// Reading is in <see cref="StreamReadLoop"/>, writing in <see cref="StreamWrites"/>.
/// </summary>
internal sealed class StreamConnectionActor : UntypedActor
{
    private static readonly IOException ConnectionIsClosing = new("The write was dropped because the connection is closing.");
    private static readonly IOException QueueFull = new("The write was dropped because the write queue is full.");

    private readonly StreamLink _link;
    private readonly MqttConnectionSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly StreamReadLoop _reads;
    private readonly StreamWrites _writes;

    private Conversation _state;
    private IActorRef? _handler;

    /// <summary>The event of the end, and its receiver besides the handler. If no command has set it, it is a reset.</summary>
    private (Link.Event Event, IActorRef? Commander) _end = (Link.Aborted.Instance, null);

    private StreamConnectionActor(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit)
    {
        _link = link;
        _settings = settings;
        _reads = new StreamReadLoop(link, settings.ReadChunkSize, credit, Self);
        _writes = new StreamWrites(link, settings, Self);
    }

    /// <summary>
    /// The props of the actor for an open stream. Without a credit, only <see cref="Link.SuspendReading"/> limits reading.
    /// </summary>
    public static Props Props(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit = null) =>
        Actor.Props.CreateBy(new Producer(link, settings, credit)).WithDeploy(Deploy.Local);

    /// <summary>Handles messages before <see cref="Link.Register"/>: nothing is read, and writes wait.</summary>
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
                _reads.IsSuspended = true;
                break;
            case Link.ResumeReading:
                _reads.IsSuspended = false;
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
                OnRead(_reads.Complete(_handler));
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

    /// <summary>Handles the messages that every state after the registration accepts.</summary>
    private void Flow(object message)
    {
        switch (message)
        {
            case Link.ResumeReading:
                _reads.IsSuspended = false;
                ReadOn();
                break;
            case Link.SuspendReading:
                _reads.IsSuspended = true;
                break;
            case CreditReturned:
                ReadOn();
                break;
            case StreamReadLoop.Continue:
                OnRead(_reads.ContinueReading(_handler));
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

    private void ReadOn() => OnRead(_reads.Read(_handler));

    /// <summary>Handles the end of the stream, if reading has reached it.</summary>
    private void OnRead(StreamEnd? end)
    {
        if (end is not { } how)
            return;
        if (how.Error is { } error && !_state.EndingOutput)
            Fail(error);
        else
            OnEndOfStream();
    }

    private void OnEndOfStream()
    {
        if (!_reads.HasReceived && !_state.Closing && _link.Control.SilentEnd is { } meaning)
            Fail(new IOException(meaning));
        else if (_state.OutputShutdown)
            StopWith(Link.ConfirmedClosed.Instance, _end.Commander);
        else if (_state.Closing)
            return; // we are already closing the stream
        else if (_state.KeepOpenOnPeerClosed)
            _handler?.Tell(Link.PeerClosed.Instance, Self);
        else
            BeginClose(null, Link.PeerClosed.Instance);
    }

    /// <summary>Closes the connection: at once for a reset, otherwise when everything queued is written.</summary>
    private void BeginClose(IActorRef? commander, Link.ConnectionClosed closed)
    {
        if (closed is Link.Aborted)
        {
            StopWith(closed, commander);
            return;
        }

        _state = _state with { Closing = true };
        _end = (_end.Event, commander);
        if (_handler is not null)
            Context.Unwatch(_handler);
        Become(message => Flushing(message, closed, commander));
        WriteOn();
        if (!_writes.HasPending)
            ShutDown(closed, commander);
    }

    /// <summary>The state after a close command, or after the peer has closed: everything queued is written first.</summary>
    private void Flushing(object message, Link.ConnectionClosed closed, IActorRef? commander)
    {
        if (message is not StreamWrites.Completed)
        {
            WhileClosing(message);
            return;
        }

        OnWritten();
        if (!_writes.HasPending)
            ShutDown(closed, commander);
    }

    /// <summary>Closes our half, then the connection. <see cref="Link.ConfirmedClose"/> waits until the peer has closed its half.</summary>
    private void ShutDown(Link.ConnectionClosed closed, IActorRef? commander)
    {
        if (_state.Stopping)
            return;
        // All our data is written. A peer that closes without waiting for the end of our output is not an error.
        _state = _state with { EndingOutput = true };
        Become(message => ShuttingDown(message, closed, commander));
        ShutDownOutputAsync().PipeTo(Self);
    }

    private async Task<ShutDownDone> ShutDownOutputAsync()
    {
        using var timeout = new CancellationTokenSource(_settings.CloseTimeout);
        try
        {
            return new ShutDownDone(await _link.Control.ShutdownOutputAsync(timeout.Token).ConfigureAwait(false));
        }
        catch (Exception)
        {
            // The peer has closed or reads nothing: close the connection without notifying it.
            return new ShutDownDone(false);
        }
    }

    private void ShuttingDown(object message, Link.ConnectionClosed closed, IActorRef? commander)
    {
        if (message is not ShutDownDone done)
        {
            WhileClosing(message);
        }
        else if (closed is Link.ConfirmedClosed && done.PeerKnows && !_reads.HasEnded)
        {
            _state = _state with { OutputShutdown = true, EndingOutput = false };
            ReadOn();
        }
        else
        {
            StopWith(closed, commander);
        }
    }

    /// <summary>The state while we close: further input is still delivered to the handler, and nothing more is written.</summary>
    private void WhileClosing(object message)
    {
        switch (message)
        {
            case StreamReads.Completed:
                OnRead(_reads.Complete(_handler));
                break;
            case Link.Write write:
                Sender.Tell(new Link.CommandFailed(write, ConnectionIsClosing));
                break;
            case Link.Abort abort:
                StopWith(abort.Event, Sender);
                break;
            case Link.CloseCommand:
                break; // A close is already in progress.
            default:
                Flow(message);
                break;
        }
    }

    private void Fail(Exception error)
    {
        var reason = TransportErrors.Describe(error);
        _log.Debug("{Transport} failed: {Reason}", _link.Info, reason);
        StopWith(new Link.ErrorClosed(reason), null);
    }

    /// <summary>Stops the actor. All ends use this method; the first reason counts.</summary>
    private void StopWith(Link.Event closed, IActorRef? commander)
    {
        if (_state.Stopping)
            return;
        _state = _state with { Stopping = true };
        _reads.Stop();
        _end = (closed, commander);
        Context.Stop(Self);
    }

    /// <summary>State that changes together, message by message.</summary>
    private readonly record struct Conversation(
        bool OutputShutdown,
        bool KeepOpenOnPeerClosed,
        bool Closing,
        bool EndingOutput,
        bool Stopping);

    private sealed class Producer(StreamLink link, MqttConnectionSettings settings, ReadCredit? credit) : IIndirectActorProducer
    {
        public Type ActorType => typeof(StreamConnectionActor);

        public ActorBase Produce() => new StreamConnectionActor(link, settings, credit);

        public void Release(ActorBase actor)
        {
        }
    }

    /// <summary>The connection has taken the chunks that it was behind with.</summary>
    public sealed class CreditReturned : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly CreditReturned Instance = new();
    }

    private sealed class HandlerDied : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandlerDied Instance = new();
    }

    private sealed record ShutDownDone(bool PeerKnows) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
