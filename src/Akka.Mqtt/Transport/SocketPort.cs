using System.Net.Sockets;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Akka.Mqtt.Dispatch;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A connected TCP or unix socket that its connection actor reads and writes itself, in the order and with the events of Akka.IO's
/// <c>Tcp</c> (docs/adr/0014). Input is read into an array of the thread. Writes are given to the kernel at once, and only the bytes that
/// it does not accept wait. The two derived types differ in how they wait.
/// </summary>
internal abstract class SocketPort : TransportPort, IRunnable
{
    [ThreadStatic]
    private static byte[]? _ofThread;

    [ThreadStatic]
    private static long _receivedByThread;

    private bool _outputEnded;

    protected SocketPort(Socket socket, IActorRef connection, int chunkSize)
    {
        Socket = socket;
        Connection = connection;
        ChunkSize = chunkSize;
    }

    protected Socket Socket { get; }

    protected IActorRef Connection { get; }

    protected int ChunkSize { get; }

    /// <summary>Whether nothing more is read, because the end was reported or we reset the connection.</summary>
    protected bool InputEnded { get; private set; }

    public override bool TryGather()
    {
        if (!RunQueue.TryAddLast(this))
            Connection.Tell(FlushNow.Instance, ActorRefs.NoSender);
        return true;
    }

    public override bool Write(in OutgoingChunk chunk)
    {
        try
        {
            var sent = chunk.Segments is { } segments
                ? Socket.Send(segments, SocketFlags.None, out var error)
                : Socket.Send(chunk.Bytes.AsSpan(0, chunk.Count), SocketFlags.None, out error);
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
            return false; // we reset the connection and have already reported the end
        }
    }

    public override void ConfirmedClose()
    {
        _outputEnded = true;
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            InputEnded = true; // the peer has closed: no more input can arrive
        }

        if (InputEnded)
            Connection.Tell(Link.ConfirmedClosed.Instance, ActorRefs.NoSender);
        else
            ResumeReading(); // to notice when the peer closes
    }

    public override void Close() => Dispose();

    /// <summary>Runs at the end of <see cref="TryGather"/>.</summary>
    void IRunnable.Run() => Connection.Tell(FlushNow.Instance, ActorRefs.NoSender);

    void IThreadPoolWorkItem.Execute() => Connection.Tell(FlushNow.Instance, ActorRefs.NoSender);

    public override void Abort()
    {
        InputEnded = true;
        Leave();
        SocketControl.Reset(Socket);
    }

    public override void Dispose()
    {
        InputEnded = true;
        Leave();
        Socket.Dispose();
        base.Dispose();
    }

    /// <summary>Called before the socket is closed. May be called twice.</summary>
    protected virtual void Leave()
    {
    }

    /// <summary>
    /// Continues a write when the kernel accepts more. True: it has accepted the rest. False: the end of the write will be reported.
    /// </summary>
    protected abstract bool WriteRest(in OutgoingChunk chunk, int sent);

    /// <summary>
    /// Reads the available bytes, up to a chunk, after bytes that were already read. If there were none, a result of 0 means the end or an
    /// error.
    /// </summary>
    protected int Receive(ReadOnlySpan<byte> before, out ReadOnlyMemory<byte> chunk, out SocketError error)
    {
        chunk = default;
        var bytes = _ofThread is { } own && own.Length >= ChunkSize ? own : GC.AllocateUninitializedArray<byte>(ChunkSize);
        _ofThread = bytes;
        before.CopyTo(bytes);
        var received = Socket.Receive(bytes.AsSpan(before.Length, ChunkSize - before.Length), SocketFlags.None, out error);
        if (error == SocketError.IOPending)
            error = SocketError.WouldBlock;
        _receivedByThread += received;
        var count = before.Length + received;
        if (count > ChunkSize / 4 * 3)
        {
            chunk = bytes.AsMemory(0, count);
            _ofThread = null; // the packets keep it
        }
        else if (count > 0)
        {
            var exact = GC.AllocateUninitializedArray<byte>(count);
            bytes.AsSpan(0, count).CopyTo(exact);
            chunk = exact;
        }

        return received;
    }

    /// <summary>How many bytes this thread has received since the last call.</summary>
    public static long TakeReceivedByThread()
    {
        var received = _receivedByThread;
        _receivedByThread = 0;
        return received;
    }

    protected bool EndOfInput(SocketError error)
    {
        if (error != SocketError.Success)
        {
            Fail(error);
            return false;
        }

        InputEnded = true;
        Connection.Tell(_outputEnded ? Link.ConfirmedClosed.Instance : Link.PeerClosed.Instance, ActorRefs.NoSender);
        return false;
    }

    protected void Fail(SocketError error)
    {
        InputEnded = true;
        Connection.Tell(Closed(error), ActorRefs.NoSender);
    }

    protected static Link.ErrorClosed Closed(SocketError error) => new(TransportErrors.Describe(new SocketException((int)error)));

    protected static List<ArraySegment<byte>> Rest(List<ArraySegment<byte>> segments, int sent)
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

    private static int Sum(List<ArraySegment<byte>> segments)
    {
        var sum = 0;
        foreach (var segment in segments)
            sum += segment.Count;
        return sum;
    }

    /// <summary>Input is, or may be, available.</summary>
    public sealed class Readable : IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly Readable Instance = new();

        /// <summary>A message of the connection to itself: wait for more input.</summary>
        public static readonly Readable WaitNow = new();
    }
}
