using System.Buffers;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Probe;

/// <summary>
/// Reads packets and bytes on demand. Only one read is in progress at a time, and none is ever cancelled: a read that outlives a time-out
/// is continued by the next call, so that no byte is lost. Owned by its probe; one call at a time.
/// </summary>
internal sealed class ProbeReader(DuplexStream stream, MqttDecoder decoder)
{
    private readonly byte[] _chunk = new byte[32 * 1024];
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private Task<int>? _pending;

    internal enum Outcome
    {
        Packet,
        Bytes,
        TimedOut,
        Ended,
        Malformed,
    }

    internal readonly record struct Result(Outcome Outcome, MqttPacket? Packet, ReadOnlyMemory<byte> Bytes, string? Error = null);

    public ConnectionEnd? End { get; private set; }

    public Exception? EndCause { get; private set; }

    /// <summary>Bytes that were received and not expected yet.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start.._end);

    public async Task<Result> ReadPacketAsync(Deadline deadline)
    {
        while (true)
        {
            if (TryDecode() is { } result)
                return result;
            if (await FillAsync(deadline).ConfigureAwait(false) is { } failed)
                return new Result(failed, null, Unread);
        }
    }

    public async Task<Result> ReadBytesAsync(int count, Deadline deadline)
    {
        while (Unread.Length < count)
        {
            if (await FillAsync(deadline).ConfigureAwait(false) is { } failed)
                return new Result(failed, null, Unread);
        }

        return new Result(Outcome.Bytes, null, Take(count));
    }

    /// <summary>Waits for one more chunk.</summary>
    /// <returns>Null when one arrived.</returns>
    public async Task<Outcome?> FillAsync(Deadline deadline)
    {
        if (End is not null)
            return Outcome.Ended;
        try
        {
            _pending ??= stream.ReadAsync(_chunk).AsTask();
            var read = await _pending.WaitAsync(deadline.Remaining).ConfigureAwait(false);
            _pending = null;
            if (read > 0)
            {
                Append(_chunk.AsSpan(0, read));
                return null;
            }

            End = ConnectionEnd.Closed;
        }
        catch (TimeoutException)
        {
            return Outcome.TimedOut;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            _pending = null;
            End = ConnectionEnd.Reset;
            EndCause = e;
        }

        return Outcome.Ended;
    }

    /// <summary>Ignores the result of a remaining read after the stream is closed.</summary>
    public void Forget() => _pending?.ContinueWith(static read => read.Exception, TaskScheduler.Default);

    private Result? TryDecode()
    {
        var unread = Unread;
        if (unread.IsEmpty)
            return null;
        var size = Wire.FrameSize(unread.Span);
        if (size == 0 || (size > unread.Length && size <= decoder.MaxPacketSize))
            return null;
        // A copy of its own: the packet may outlive the buffer.
        var frame = unread[..(size < 0 ? unread.Length : Math.Min(size, unread.Length))].ToArray();
        var status = decoder.Decode(frame, out var consumed, out var packet);
        if (status != OperationStatus.Done)
            return new Result(Outcome.Malformed, null, frame, decoder.Error.ToString());
        Take(consumed);
        return new Result(Outcome.Packet, packet, frame);
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        var bytes = Unread[..count].ToArray();
        _start += count;
        if (_start == _end)
            (_start, _end) = (0, 0);
        return bytes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _buffer.Length)
        {
            var unread = Unread;
            var larger = new byte[Math.Max(unread.Length + bytes.Length, unread.Length * 2)];
            unread.CopyTo(larger);
            (_buffer, _start, _end) = (larger, 0, unread.Length);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }
}
