using System.Net.Sockets;
using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A socket that an <see cref="EpollLoop"/> watches. It holds no buffer and no asynchronous socket objects of .NET, and waiting is not a
/// system call. Used for accepted sockets only: .NET already watches those that we dialled.
/// </summary>
internal sealed class ReadinessSocketPort(Socket socket, IActorRef connection, int chunkSize) : SocketPort(socket, connection, chunkSize)
{
    private Readiness _input;
    private Readiness _output;
    private Reading _reading = Reading.Suspended;
    private Unwritten? _unwritten;
    private int _handle = -1;
    private bool _hasMore; // whether the last read may have left bytes
    private volatile bool _hungUp;

    private enum Reading
    {
        Suspended,
        Idle,
        Announced, // Readable is in the mailbox
        Awaiting,
    }

    /// <summary>Handles a change that the kernel reports. Runs on the thread of the loop.</summary>
    public void Ready(bool input, bool output, bool hungUp)
    {
        if (hungUp)
        {
            // Written before the signal, with a full fence between them: a thread that reads or clears the signal must see this value.
            _hungUp = true;
            Interlocked.MemoryBarrier();
        }

        if (input && _input.Signal())
            Connection.Tell(Readable.Instance, ActorRefs.NoSender);
        if (output && _output.Signal())
            WriteOn();
    }

    /// <summary>Handles that the loop cannot watch this socket.</summary>
    public void Refused() => Fail(SocketError.NoBufferSpaceAvailable);

    public override void Register()
    {
        Socket.Blocking = false;
        try
        {
            _handle = (int)Socket.Handle;
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        _reading = Reading.Idle;
        Await(); // the loop also reports input that is already available
        EpollLoop.Add(this, _handle);
    }

    public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
    {
        chunk = default;
        if (_reading == Reading.Suspended || InputEnded)
            return false;
        _reading = Reading.Idle;
        _input.BeginTry();
        var received = Receive([], out chunk, out var error);
        if (received > 0)
        {
            // Fewer bytes than requested means that no more were available [epoll(7)]. But an end after them is not reported again.
            _hasMore = received == ChunkSize || _hungUp;
            return true;
        }

        if (error != SocketError.WouldBlock)
            return EndOfInput(error);
        _hasMore = false;
        Await();
        return false;
    }

    public override void ReadOn(int taken, bool suspended)
    {
        if (suspended)
            SuspendReading();
        else if (_reading == Reading.Idle)
            Continue();
    }

    public override void SuspendReading()
    {
        if (_reading == Reading.Awaiting)
            _input.Cancel();
        _hasMore = true; // signals are not handled in the meantime
        _reading = Reading.Suspended;
    }

    public override void ResumeReading()
    {
        if (_reading is not (Reading.Suspended or Reading.Idle))
            return;
        _reading = Reading.Idle;
        Continue();
    }

    protected override void Leave()
    {
        if (_handle >= 0)
            EpollLoop.Remove(this, _handle);
        _handle = -1;
    }

    protected override bool WriteRest(in OutgoingChunk chunk, int sent)
    {
        _unwritten = chunk.Segments is { } segments
            ? new Unwritten(chunk with { Segments = Rest(segments, sent) }, 0)
            : new Unwritten(chunk, sent);
        if (_output.TryAwait() || !TryWriteOn(out var error))
            return false;
        if (error == SocketError.Success)
            return true;
        Fail(error);
        return false;
    }

    /// <summary>
    /// Continues the write after an awaited signal of output, on the thread of the loop. Until this write has ended, the actor does not
    /// use it.
    /// </summary>
    private void WriteOn()
    {
        try
        {
            if (TryWriteOn(out var error))
                Connection.Tell(error == SocketError.Success ? WriteDone.Instance : Closed(error), ActorRefs.NoSender);
        }
        catch (ObjectDisposedException)
        {
            // We reset the connection, and have already reported the end.
        }
    }

    /// <summary>
    /// Writes until the kernel has accepted everything, or the write fails. False: the kernel accepts no more now, and its signal is
    /// awaited.
    /// </summary>
    private bool TryWriteOn(out SocketError error)
    {
        do
        {
            _output.BeginTry();
            if (_unwritten!.Send(Socket, out error))
            {
                _unwritten = null;
                return true;
            }
        }
        while (!_output.TryAwait());
        return false;
    }

    private void Continue()
    {
        if (_hasMore)
            Announce();
        else
            Await();
    }

    private void Await()
    {
        _reading = Reading.Awaiting;
        if (!_input.TryAwait())
            Announce();
    }

    private void Announce()
    {
        _reading = Reading.Announced;
        Connection.Tell(Readable.Instance, ActorRefs.NoSender);
    }

    /// <summary>A write that the kernel did not accept completely, because the peer is slow.</summary>
    private sealed class Unwritten(OutgoingChunk chunk, int sent)
    {
        private List<ArraySegment<byte>>? _segments = chunk.Segments;
        private int _sent = sent;

        /// <summary>True: the write has completed or failed. False: not yet.</summary>
        public bool Send(Socket socket, out SocketError error)
        {
            int sent;
            if (_segments is null)
            {
                sent = socket.Send(chunk.Bytes.AsSpan(_sent, chunk.Count - _sent), SocketFlags.None, out error);
                _sent += Math.Max(sent, 0);
            }
            else
            {
                sent = socket.Send(_segments, SocketFlags.None, out error);
                _segments = Rest(_segments, Math.Max(sent, 0));
            }

            return error switch
            {
                SocketError.Success => _segments is null ? _sent == chunk.Count : _segments.Count == 0,
                SocketError.WouldBlock or SocketError.IOPending => false,
                _ => true,
            };
        }
    }
}
