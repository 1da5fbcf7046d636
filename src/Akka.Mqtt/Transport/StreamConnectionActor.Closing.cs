using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

internal sealed partial class StreamConnectionActor
{
    private void OnEndOfStream()
    {
        _state = _state with { PeerClosed = true };
        if (!_state.HasReceived && !_state.Closing && _link.Control.SilentEnd is { } meaning)
            Fail(new IOException(meaning));
        else if (_state.OutputShutdown)
            StopWith(Link.ConfirmedClosed.Instance, _end.Commander);
        else if (_state.Closing)
            return; // Our own goodbye is on its way and ends it.
        else if (_state.KeepOpenOnPeerClosed)
            _handler?.Tell(Link.PeerClosed.Instance, Self);
        else
            BeginClose(null, Link.PeerClosed.Instance);
    }

    /// <summary>Ends the connection: at once for a reset, else when everything queued is written.</summary>
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

    /// <summary>A close was asked for, or the peer closed, and writes are still queued: they go out first.</summary>
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

    /// <summary>Says goodbye to the peer, then closes, or waits for its goodbye when that was asked for.</summary>
    private void ShutDown(Link.ConnectionClosed closed, IActorRef? commander)
    {
        if (_state.Stopping)
            return;
        // From here on everything of ours is written: a peer that is gone before it has our goodbye is no error.
        _state = _state with { SayingGoodbye = true };
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
            // The peer is gone or takes nothing; what was promised is a close, and it follows now.
            return new ShutDownDone(false);
        }
    }

    private void ShuttingDown(object message, Link.ConnectionClosed closed, IActorRef? commander)
    {
        if (message is not ShutDownDone done)
        {
            WhileClosing(message);
        }
        else if (closed is Link.ConfirmedClosed && done.PeerKnows && !_state.PeerClosed)
        {
            _state = _state with { OutputShutdown = true, SayingGoodbye = false };
            ReadOn();
        }
        else
        {
            StopWith(closed, commander);
        }
    }

    /// <summary>While we close, what the peer still sends goes to the handler, and nothing more is written.</summary>
    private void WhileClosing(object message)
    {
        switch (message)
        {
            case StreamReads.Completed:
                OnRead();
                break;
            case Link.Write write:
                Sender.Tell(new Link.CommandFailed(write, ConnectionIsClosing));
                break;
            case Link.Abort abort:
                StopWith(abort.Event, Sender);
                break;
            case Link.CloseCommand:
                break; // One is under way.
            default:
                Flow(message);
                break;
        }
    }

    private sealed record ShutDownDone(bool PeerKnows) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
