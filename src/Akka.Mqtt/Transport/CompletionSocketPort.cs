using System.Net.Sockets;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Mqtt.Dispatch;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A socket with reads and writes that .NET completes; works on any system. While nothing arrives it holds a small buffer. The
/// threads that complete reads and writes only change the state of the wait, and send a message to the actor.
/// </summary>
internal sealed class CompletionSocketPort(Socket socket, IActorRef connection, int chunkSize) : SocketPort(socket, connection, chunkSize)
{
    /// <summary>Bytes of the buffer that a connection waits with until that has been full once. CONNACK and PINGRESP fit into it: an idle client has no other.</summary>
    private const int FirstWaitingSize = 128;

    /// <summary>Bytes of the buffer that it waits with from then on. Small messages fit into it, so that they are read without another system call.</summary>
    private const int WaitingSize = 512;

    /// <summary>After a chunk of this size, more data is probably available: the socket is read again before the next wait.</summary>
    private const int BurstSize = 8 * 1024;

    private Operation? _wait;
    private Operation? _write;
    private Deferral? _deferral;
    private byte[]? _waiting;
    private int _waitingSize = FirstWaitingSize; // of the buffer for the next wait
    private SocketError? _held; // what followed directly after the delivered bytes; success means the end
    private Reading _reading = Reading.Suspended;
    private bool _bursting;

    private enum Reading
    {
        Suspended,
        Idle,
        Announced, // Readable is in the mailbox
        Deferred, // WaitNow is in the mailbox
        Waiting,
        WaitingSuspended,
    }

    public override void Register()
    {
        Socket.Blocking = false;
        ResumeReading();
    }

    public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
    {
        chunk = default;
        if (ReferenceEquals(message, Readable.WaitNow))
        {
            if (_reading == Reading.Deferred)
                Announce(lookFirst: false);
            return false;
        }

        var wait = _reading is Reading.Waiting or Reading.WaitingSuspended ? _wait : null;
        _reading = _reading == Reading.WaitingSuspended ? Reading.Suspended : Reading.Idle;
        if (InputEnded)
            return false;
        var count = 0;
        if (wait is not null)
        {
            if (wait.SocketError != SocketError.Success || wait.BytesTransferred == 0)
                return EndOfInput(wait.SocketError);
            count = wait.BytesTransferred;
            if (count < _waiting!.Length)
            {
                _bursting = false;
                chunk = _waiting.AsSpan(0, count).ToArray();
                return true;
            }

            _waitingSize = WaitingSize;
        }

        return _held is { } end ? EndOfInput(end) : TryReadMore(count, out chunk);
    }

    /// <summary>
    /// Waiting is a system call. The actors that the chunk has woken, and their writes, run before it.
    /// </summary>
    public override void ReadOn(int taken, bool suspended)
    {
        if (suspended)
            SuspendReading();
        else if (_reading != Reading.Idle)
            return;
        else if (!_bursting && _held is null && RunQueue.TryAddLast(_deferral ??= new Deferral(Connection)))
            _reading = Reading.Deferred;
        else
            Announce(lookFirst: _bursting || _held is not null);
    }

    public override void SuspendReading() => _reading = _reading switch
    {
        Reading.Waiting => Reading.WaitingSuspended,
        Reading.Idle or Reading.Deferred => Reading.Suspended,
        var other => other,
    };

    public override void ResumeReading()
    {
        if (_reading == Reading.WaitingSuspended)
            _reading = Reading.Waiting;
        else if (_reading is Reading.Suspended or Reading.Idle)
            Announce(lookFirst: _bursting || _held is not null);
    }

    public override void Dispose()
    {
        base.Dispose();
        _wait?.Release();
        _write?.Release();
    }

    protected override bool WriteRest(in OutgoingChunk chunk, int sent)
    {
        _write ??= new Operation(this, isRead: false);
        if (chunk.Segments is { } segments)
        {
            _write.SetBuffer(null);
            _write.BufferList = Rest(segments, sent);
        }
        else
        {
            _write.BufferList = null;
            _write.SetBuffer(chunk.Bytes, sent, chunk.Count - sent);
        }

        if (_write.Start())
            return false;
        if (_write.SocketError == SocketError.Success)
            return true;
        Fail(_write.SocketError);
        return false;
    }

    /// <summary>Reads the available bytes after those of a wait, up to a chunk.</summary>
    private bool TryReadMore(int count, out ReadOnlyMemory<byte> chunk)
    {
        var more = Receive(_waiting.AsSpan(0, count), out chunk, out var error);
        if (error == SocketError.WouldBlock)
        {
            if (count == 0)
            {
                _bursting = false;
                Announce(lookFirst: false);
                return false;
            }
        }
        else if (error != SocketError.Success || more == 0)
        {
            if (count == 0)
                return EndOfInput(error);
            _held = error;
        }

        _bursting = count + more >= BurstSize;
        return true;
    }

    /// <summary>
    /// Waits for input, and sends <see cref="SocketPort.Readable"/> when there is some; or reads again after the messages in the mailbox.
    /// </summary>
    private void Announce(bool lookFirst)
    {
        if (InputEnded)
            return;
        if (lookFirst)
        {
            _reading = Reading.Announced;
            Connection.Tell(Readable.Instance, ActorRefs.NoSender);
            return;
        }

        _reading = Reading.Waiting;
        _wait ??= new Operation(this, isRead: true);
        if (_waiting?.Length != _waitingSize)
        {
            _waiting = new byte[_waitingSize];
            _wait.SetBuffer(_waiting);
        }

        try
        {
            if (!_wait.Start())
                Connection.Tell(Readable.Instance, ActorRefs.NoSender);
        }
        catch (ObjectDisposedException)
        {
            // We reset the connection, and have already reported the end.
        }
    }

    /// <summary>A message of the actor to itself, handled when no other actor is left to run.</summary>
    private sealed class Deferral(IActorRef connection) : IRunnable
    {
        public void Run() => connection.Tell(Readable.WaitNow, ActorRefs.NoSender);

        public void Execute() => Run();
    }

    /// <summary>A read or write that the kernel completes. Reused, one operation at a time; released when none is in progress.</summary>
    private sealed class Operation(CompletionSocketPort port, bool isRead) : SocketAsyncEventArgs(true)
    {
        private const int Idle = 0;
        private const int UnderWay = 1;
        private const int Released = 2;

        private int _state;

        /// <summary>True: the completion will be reported. False: it has already completed.</summary>
        public bool Start()
        {
            Volatile.Write(ref _state, UnderWay);
            if (isRead ? port.Socket.ReceiveAsync(this) : port.Socket.SendAsync(this))
                return true;
            Volatile.Write(ref _state, Idle);
            return false;
        }

        public void Release()
        {
            if (Interlocked.Exchange(ref _state, Released) == Idle)
                Dispose();
        }

        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            if (Interlocked.CompareExchange(ref _state, Idle, UnderWay) != UnderWay)
                Dispose();
            else
                RunQueue.TellAndRun(port.Connection, isRead ? Readable.Instance : SocketError == SocketError.Success ? WriteDone.Instance : Closed(SocketError));
        }
    }
}
