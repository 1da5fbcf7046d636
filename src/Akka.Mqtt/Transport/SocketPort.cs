using System.Net.Sockets;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Akka.IO;

namespace Akka.Mqtt;

/// <summary>
/// A connected TCP or unix socket that its connection actor reads and writes itself, in the order and with the events of Akka.IO's <c>Tcp</c>
/// (docs/adr/0014). While nothing comes it holds a buffer of half a KiB; what is larger is read into an array of the thread. Writes go to the
/// kernel at once; only what that does not take waits. The threads that complete input and output touch nothing here but the state of the wait, and tell.
/// </summary>
internal sealed class SocketPort : TransportPort, IRunnable
{
    /// <summary>What small messages fit into, and all that an idle connection holds.</summary>
    private const int WaitingSize = 512;

    /// <summary>After a chunk of this size more is likely to be there already: it is looked for before it is waited for.</summary>
    private const int BurstSize = 8 * 1024;

    [ThreadStatic]
    private static byte[]? _ofThread;

    private readonly Socket _socket;
    private readonly IActorRef _connection;
    private readonly int _chunkSize;
    private Operation? _wait;
    private Operation? _write;
    private Deferral? _deferral;
    private byte[]? _waiting;
    private SocketError? _held; // what came right behind the bytes that were delivered; success is the end
    private Reading _reading = Reading.Suspended;
    private bool _bursting;
    private bool _inputEnded;
    private bool _outputEnded;

    public SocketPort(Socket socket, IActorRef connection, int chunkSize)
    {
        _socket = socket;
        _connection = connection;
        _chunkSize = chunkSize;
    }

    private enum Reading
    {
        Suspended,
        Idle,
        Announced, // Readable is in the mailbox
        Deferred, // WaitNow will come
        Waiting,
        WaitingSuspended,
    }

    public override bool TryGather()
    {
        if (!RunQueue.TryAddLast(this))
            _connection.Tell(FlushNow.Instance, ActorRefs.NoSender);
        return true;
    }

    public override void Register()
    {
        _socket.Blocking = false;
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
        if (_inputEnded)
            return false;
        var count = 0;
        if (wait is not null)
        {
            if (wait.SocketError != SocketError.Success || wait.BytesTransferred == 0)
                return EndOfInput(wait.SocketError);
            count = wait.BytesTransferred;
            if (count < WaitingSize)
            {
                _bursting = false;
                chunk = _waiting.AsSpan(0, count).ToArray();
                return true;
            }
        }

        return _held is { } end ? EndOfInput(end) : TryReadMore(count, out chunk);
    }

    /// <summary>
    /// To wait is a system call: what the chunk has woken, and what that writes, goes first.
    /// </summary>
    public override void ReadOn(int taken, bool suspended)
    {
        if (suspended)
            SuspendReading();
        else if (_reading != Reading.Idle)
            return;
        else if (!_bursting && _held is null && RunQueue.TryAddLast(_deferral ??= new Deferral(_connection)))
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

    public override bool Write(in OutgoingChunk chunk)
    {
        try
        {
            var sent = chunk.Segments is { } segments
                ? _socket.Send(segments, SocketFlags.None, out var error)
                : _socket.Send(chunk.Bytes.AsSpan(0, chunk.Count), SocketFlags.None, out error);
            switch (error)
            {
                case SocketError.Success when sent == (chunk.Segments is null ? chunk.Count : Sum(chunk.Segments)):
                    return true;
                case SocketError.Success or SocketError.WouldBlock or SocketError.IOPending:
                    return WriteRest(chunk, sent);
                default:
                    Fail(error);
                    return false;
            }
        }
        catch (ObjectDisposedException)
        {
            return false; // reset by us: the end is told already
        }
    }

    public override void ConfirmedClose()
    {
        _outputEnded = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _inputEnded = true; // the peer is gone: nothing more can come
        }

        if (_inputEnded)
            _connection.Tell(Tcp.ConfirmedClosed.Instance, ActorRefs.NoSender);
        else
            ResumeReading(); // to see the peer's end
    }

    public override void Close() => Dispose();

    /// <summary>The end of <see cref="TryGather"/>.</summary>
    void IRunnable.Run() => _connection.Tell(FlushNow.Instance, ActorRefs.NoSender);

    void IThreadPoolWorkItem.Execute() => _connection.Tell(FlushNow.Instance, ActorRefs.NoSender);

    public override void Abort()
    {
        _inputEnded = true;
        SocketControl.Reset(_socket);
    }

    public override void Dispose()
    {
        _inputEnded = true;
        _socket.Dispose();
        _wait?.Release();
        _write?.Release();
        base.Dispose();
    }

    private static int Sum(List<ArraySegment<byte>> segments)
    {
        var sum = 0;
        foreach (var segment in segments)
            sum += segment.Count;
        return sum;
    }

    private static List<ArraySegment<byte>> Rest(List<ArraySegment<byte>> segments, int sent)
    {
        var rest = new List<ArraySegment<byte>>(segments.Count);
        foreach (var segment in segments)
        {
            var skipped = Math.Min(sent, segment.Count);
            sent -= skipped;
            if (skipped < segment.Count)
                rest.Add(segment[skipped..]);
        }

        return rest;
    }

    /// <summary>Reads behind what a wait has brought, as much as there is, up to a chunk.</summary>
    private bool TryReadMore(int count, out ReadOnlyMemory<byte> chunk)
    {
        chunk = default;
        var bytes = _ofThread is { } own && own.Length >= _chunkSize ? own : GC.AllocateUninitializedArray<byte>(_chunkSize);
        _ofThread = bytes;
        _waiting.AsSpan(0, count).CopyTo(bytes);
        var more = _socket.Receive(bytes.AsSpan(count, _chunkSize - count), SocketFlags.None, out var error);
        if (error is SocketError.WouldBlock or SocketError.IOPending)
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

        count += more;
        _bursting = count >= BurstSize;
        if (count > _chunkSize / 4 * 3)
        {
            chunk = bytes.AsMemory(0, count);
            _ofThread = null; // it is the packets' now
        }
        else
        {
            var exact = GC.AllocateUninitializedArray<byte>(count);
            bytes.AsSpan(0, count).CopyTo(exact);
            chunk = exact;
        }

        return true;
    }

    /// <summary>Sees to it that <see cref="Readable"/> comes when there is something to read, or that it is looked for in the next turn.</summary>
    private void Announce(bool lookFirst)
    {
        if (_inputEnded)
            return;
        if (lookFirst)
        {
            _reading = Reading.Announced;
            _connection.Tell(Readable.Instance, ActorRefs.NoSender);
            return;
        }

        _reading = Reading.Waiting;
        if (_wait is null)
        {
            _waiting = new byte[WaitingSize];
            _wait = new Operation(this, isRead: true);
            _wait.SetBuffer(_waiting);
        }

        try
        {
            if (!_wait.Start())
                _connection.Tell(Readable.Instance, ActorRefs.NoSender);
        }
        catch (ObjectDisposedException)
        {
            // Reset by us: the end is told already.
        }
    }

    private bool WriteRest(in OutgoingChunk chunk, int sent)
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

    private bool EndOfInput(SocketError error)
    {
        if (error != SocketError.Success)
        {
            Fail(error);
            return false;
        }

        _inputEnded = true;
        _connection.Tell(_outputEnded ? Tcp.ConfirmedClosed.Instance : Tcp.PeerClosed.Instance, ActorRefs.NoSender);
        return false;
    }

    private void Fail(SocketError error)
    {
        _inputEnded = true;
        _connection.Tell(Closed(error), ActorRefs.NoSender);
    }

    private static Tcp.ErrorClosed Closed(SocketError error) => new(TransportErrors.Describe(new SocketException((int)error)));

    /// <summary>There is, or may be, something to read.</summary>
    public sealed class Readable : IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly Readable Instance = new();

        /// <summary>Time to wait for more.</summary>
        public static readonly Readable WaitNow = new();
    }

    /// <summary>Comes back when there is nothing else to run.</summary>
    private sealed class Deferral(IActorRef connection) : IRunnable
    {
        public void Run() => connection.Tell(Readable.WaitNow, ActorRefs.NoSender);

        public void Execute() => Run();
    }

    /// <summary>A read or write that the kernel completes. Used again and again, one at a time; given back when it is not under way.</summary>
    private sealed class Operation(SocketPort port, bool isRead) : SocketAsyncEventArgs(true)
    {
        private const int Idle = 0;
        private const int UnderWay = 1;
        private const int Released = 2;

        private int _state;

        /// <summary>True: its end will be told. False: it has ended already.</summary>
        public bool Start()
        {
            Volatile.Write(ref _state, UnderWay);
            if (isRead ? port._socket.ReceiveAsync(this) : port._socket.SendAsync(this))
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
                RunQueue.TellAndRun(port._connection, isRead ? Readable.Instance : SocketError == SocketError.Success ? WriteDone.Instance : Closed(SocketError));
        }
    }
}
