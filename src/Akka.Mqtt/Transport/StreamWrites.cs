using System.Buffers;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Writes to a stream for its connection actor, one write at a time. What is queued during a write is written together, up to the chunk
/// size. Owned by the actor; during a write, the completing thread uses only the awaiter, the rented buffer and the error.
/// </summary>
internal sealed class StreamWrites
{
    private readonly Stream _stream;
    private readonly bool _needsFlush;
    private readonly int _chunkSize;
    private readonly int _maxQueuedBytes;
    private readonly IActorRef _owner;
    private readonly Action _onCompleted;
    private readonly Queue<(Link.Write Write, IActorRef Sender)> _queue = new();
    private readonly List<(object Ack, IActorRef Sender)> _acks = [];

    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _write;
    private byte[]? _buffer;
    private Exception? _error;
    private long _queuedBytes;

    public StreamWrites(StreamLink link, MqttConnectionSettings settings, IActorRef owner)
    {
        _stream = link.Stream;
        _needsFlush = link.Control.NeedsFlush;
        _chunkSize = settings.WriteChunkSize;
        _maxQueuedBytes = settings.MaxQueuedWriteBytes;
        _owner = owner;
        _onCompleted = OnCompleted;
    }

    /// <summary>Whether a write is in progress.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>Whether a write is queued or in progress.</summary>
    public bool HasPending => IsWriting || _queue.Count > 0;

    /// <summary>
    /// Queues a write. Returns false when the queue is full. A write that is larger than the limit is accepted when the queue is empty.
    /// </summary>
    public bool TryEnqueue(Link.Write write, IActorRef sender)
    {
        var length = write.Chunk.Length;
        if (_queuedBytes > 0 && _queuedBytes + length > _maxQueuedBytes)
            return false;
        _queuedBytes += length;
        _queue.Enqueue((write, sender));
        return true;
    }

    /// <summary>Starts a write when none is in progress and something is queued. Returns the error if it failed at once.</summary>
    public Exception? Start()
    {
        while (!IsWriting && _queue.Count > 0)
        {
            try
            {
                if (_queue.Peek().Write.Chunk.Length == 0)
                {
                    Dequeue();
                    TellAcks();
                    continue;
                }

                IsWriting = true;
#pragma warning disable CA2012 // Consumed once: by TakeResult.
                _write = WriteNext().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                if (!_write.IsCompleted)
                {
                    _write.UnsafeOnCompleted(_onCompleted);
                    return null;
                }

                TakeResult();
            }
            catch (Exception e)
            {
                _buffer = null;
                _error = e;
            }

            if (Complete() is { } error)
                return error;
        }

        return null;
    }

    /// <summary>Call it on <see cref="Completed"/>: sends the acknowledgements. Returns the error if the write failed.</summary>
    public Exception? Complete()
    {
        IsWriting = false;
        if (_error is null)
            TellAcks();
        return _error;
    }

    /// <summary>Fails everything that is queued.</summary>
    public void FailQueued(Exception cause)
    {
        while (_queue.TryDequeue(out var queued))
            queued.Sender.Tell(new Link.CommandFailed(queued.Write, cause), _owner);
        _queuedBytes = 0;
    }

    private void TellAcks()
    {
        foreach (var (ack, sender) in _acks)
            sender.Tell(ack, _owner);
        _acks.Clear();
    }

    /// <summary>Writes one chunk directly, or several together from a rented buffer.</summary>
    private ValueTask WriteNext()
    {
        var first = Dequeue();
        if (first.Length > _chunkSize && first.Segments is { } segments)
            return WriteSegmentsAsync(segments);
        if (first.Segments is null && (_queue.Count == 0 || first.Count + _queue.Peek().Write.Chunk.Length > _chunkSize))
            return WriteAsync(first.Bytes.AsMemory(0, first.Count));

        _buffer = ArrayPool<byte>.Shared.Rent(_chunkSize);
        var length = Append(first, 0);
        while (_queue.Count > 0 && length + _queue.Peek().Write.Chunk.Length <= _chunkSize)
            length = Append(Dequeue(), length);
        return WriteAsync(_buffer.AsMemory(0, length));
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> chunk) => _needsFlush ? WriteAndFlushAsync(chunk) : _stream.WriteAsync(chunk);

    /// <summary>Writes what does not fit into one buffer: small segments combined, large ones directly.</summary>
    private async ValueTask WriteSegmentsAsync(List<ArraySegment<byte>> segments)
    {
        var buffer = _buffer = ArrayPool<byte>.Shared.Rent(_chunkSize);
        var length = 0;
        foreach (var segment in segments)
        {
            if (length > 0 && length + segment.Count > _chunkSize)
            {
                await _stream.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
                length = 0;
            }

            if (segment.Count > _chunkSize)
            {
                await _stream.WriteAsync(segment).ConfigureAwait(false);
            }
            else
            {
                segment.AsSpan().CopyTo(buffer.AsSpan(length));
                length += segment.Count;
            }
        }

        if (length > 0)
            await _stream.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
        if (_needsFlush)
            await _stream.FlushAsync().ConfigureAwait(false);
    }

    private int Append(in OutgoingChunk chunk, int at)
    {
        if (chunk.Segments is null)
        {
            chunk.Bytes.AsSpan(0, chunk.Count).CopyTo(_buffer.AsSpan(at));
            return at + chunk.Count;
        }

        foreach (var segment in chunk.Segments)
        {
            segment.AsSpan().CopyTo(_buffer.AsSpan(at));
            at += segment.Count;
        }

        return at;
    }

    private OutgoingChunk Dequeue()
    {
        var (write, sender) = _queue.Dequeue();
        _queuedBytes -= write.Chunk.Length;
        if (write.Ack is { } ack)
            _acks.Add((ack, sender));
        return write.Chunk;
    }

    private async ValueTask WriteAndFlushAsync(ReadOnlyMemory<byte> chunk)
    {
        await _stream.WriteAsync(chunk).ConfigureAwait(false);
        await _stream.FlushAsync().ConfigureAwait(false);
    }

    private void TakeResult()
    {
        try
        {
            _write.GetResult();
            if (_buffer is not null)
                ArrayPool<byte>.Shared.Return(_buffer);
        }
        catch (Exception e)
        {
            // The buffer is left to the garbage collector, because the failed stream may still use it.
            _error = e;
        }

        _buffer = null;
    }

    private void OnCompleted()
    {
        TakeResult();
        _owner.Tell(Completed.Instance, ActorRefs.NoSender);
    }

    /// <summary>Sent to the owner when a write has completed.</summary>
    public sealed class Completed : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Completed Instance = new();
    }
}
