using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// A TCP connection between two nodes: frames in one direction, their confirmations in the other. Akka.Remote would copy each frame
/// several times at both ends. If it fails nothing is lost, because the link sends frames again that are not confirmed. Thread safe.
/// </summary>
internal sealed class FrameConnection(Socket socket) : IDisposable
{
    private const byte FrameKind = 1;
    private const byte TakenKind = 2;
    private const byte SafeKind = 3;
    private const int FrameHead = 1 + 8 + 8 + 1 + 4; // the kind, the link, the number, whether it continues, the length of the content
    private const int ConfirmationSize = 1 + 8 + 8; // the kind, the link, the number
    private const int MostContent = 64 << 20; // more than twice the largest frame-size
    private const int MostPieces = 256; // in one call; the operating system accepts 1,024
    private const int TcpProtocol = 6;
    private const int UserTimeout = 18; // TCP_USER_TIMEOUT of Linux
    private const int PatienceInMilliseconds = 10_000;

    private readonly Lock _lock = new();
    private List<ArraySegment<byte>> _waiting = [];
    private bool _isSending;
    private bool _isClosed;

    /// <summary>The settings of the socket: small frames are sent at once, and a peer that vanished is detected.</summary>
    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 5);
        if (OperatingSystem.IsLinux())
        {
            Span<byte> patience = stackalloc byte[4];
            BitConverter.TryWriteBytes(patience, PatienceInMilliseconds);
            socket.SetRawSocketOption(TcpProtocol, UserTimeout, patience);
        }
    }

    /// <summary>Starts reading. The owner receives all messages and the end of the connection.</summary>
    /// <param name="owner">
    /// Receives <see cref="Frame"/>, <see cref="FrameTaken"/>, <see cref="FrameSafe"/>, and at the end <see cref="Closed"/>.
    /// </param>
    public void Start(IActorRef owner) => _ = ReadAllAsync(owner);

    /// <summary>Sends a frame.</summary>
    public void Send(Frame frame)
    {
        var head = new byte[FrameHead];
        head[0] = FrameKind;
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(1), frame.Link);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(9), frame.Number);
        head[17] = frame.Continues ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(18), frame.Content.Length);
        if (!MemoryMarshal.TryGetArray(frame.Content, out var content))
            content = frame.Content.ToArray();
        Send(head, content);
    }

    /// <summary>Confirms frames up to one.</summary>
    public void Send(FrameTaken taken) => SendConfirmation(TakenKind, taken.Link, taken.Number);

    /// <summary>Confirms one frame.</summary>
    public void Send(FrameSafe safe) => SendConfirmation(SafeKind, safe.Link, safe.Number);

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        lock (_lock)
            _isClosed = true;
        socket.Dispose();
    }

    private void SendConfirmation(byte kind, long link, long number)
    {
        var bytes = new byte[ConfirmationSize];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), link);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), number);
        Send(bytes, default);
    }

    private void Send(ArraySegment<byte> head, ArraySegment<byte> content)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _waiting.Add(head);
            if (content.Count > 0)
                _waiting.Add(content);
            if (_isSending)
                return;
            _isSending = true;
        }
        _ = SendAllAsync();
    }

    /// <summary>Sends the waiting data, and data that is added in the meantime.</summary>
    private async Task SendAllAsync()
    {
        var spare = new List<ArraySegment<byte>>();
        try
        {
            while (true)
            {
                List<ArraySegment<byte>> sending;
                lock (_lock)
                {
                    if (_waiting.Count == 0)
                    {
                        _isSending = false;
                        return;
                    }
                    (sending, _waiting) = (_waiting, spare);
                }
                for (var from = 0; from < sending.Count; from += MostPieces)
                {
                    var pieces = sending.Count <= MostPieces ? sending : sending.GetRange(from, Math.Min(MostPieces, sending.Count - from));
                    var size = pieces.Sum(static each => (long)each.Count);
                    if (await socket.SendAsync(pieces, SocketFlags.None).ConfigureAwait(false) != size)
                        throw new IOException("The socket sent only a part.");
                }
                sending.Clear();
                spare = sending;
            }
        }
        catch (Exception error) when (IsEnd(error))
        {
            Dispose(); // this ends the reader, which reports to the owner
        }
    }

    private async Task ReadAllAsync(IActorRef owner)
    {
        try
        {
            await ReadFramesAsync(owner).ConfigureAwait(false);
        }
        catch (Exception error) when (IsEnd(error))
        {
        }
        finally
        {
            Dispose();
            owner.Tell(new Closed(this), ActorRefs.NoSender);
        }
    }

    private async Task ReadFramesAsync(IActorRef owner)
    {
        var buffer = new byte[64 << 10];
        var (start, end) = (0, 0);
        while (true)
        {
            await FillAsync(1).ConfigureAwait(false);
            switch (buffer[start])
            {
                case TakenKind or SafeKind:
                    await FillAsync(ConfirmationSize).ConfigureAwait(false);
                    object confirmation = buffer[start] == TakenKind ? new FrameTaken(Long(1), Long(9)) : new FrameSafe(Long(1), Long(9));
                    owner.Tell(confirmation, ActorRefs.NoSender);
                    start += ConfirmationSize;
                    break;
                case FrameKind:
                    await FillAsync(FrameHead).ConfigureAwait(false);
                    var (link, number, continues) = (Long(1), Long(9), buffer[start + 17] != 0);
                    var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start + 18));
                    if (length is < 0 or > MostContent)
                        return;
                    start += FrameHead;
                    var content = GC.AllocateUninitializedArray<byte>(length); // its messages point into it
                    var have = Math.Min(length, end - start);
                    buffer.AsSpan(start, have).CopyTo(content);
                    start += have;
                    while (have < length)
                        have += await ReceiveAsync(content.AsMemory(have)).ConfigureAwait(false);
                    owner.Tell(new Frame(link, number, continues, content), ActorRefs.NoSender);
                    break;
                default:
                    return;
            }
        }

        long Long(int at) => BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(start + at));

        async ValueTask FillAsync(int count)
        {
            if (end - start >= count)
                return;
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            while (end < count)
                end += await ReceiveAsync(buffer.AsMemory(end)).ConfigureAwait(false);
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> bytes)
    {
        var count = await socket.ReceiveAsync(bytes, SocketFlags.None).ConfigureAwait(false);
        return count > 0 ? count : throw new EndOfStreamException();
    }

    private static bool IsEnd(Exception error) => error is SocketException or IOException or ObjectDisposedException or OperationCanceledException;

    /// <summary>The connection has ended.</summary>
    /// <param name="Connection">The connection.</param>
    public sealed record Closed(FrameConnection Connection) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
