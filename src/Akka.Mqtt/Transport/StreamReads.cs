using System.Buffers;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Reads a stream for its connection actor, one chunk at a time. It waits without a buffer if the stream can do that, rents one when input
/// is available, copies the received bytes and returns the buffer. Owned by the actor between reads, and by the completing thread during
/// one; a message passes the ownership back. A result is always observed, even when the actor has stopped.
/// </summary>
internal sealed class StreamReads
{
    private const int WaitingBufferSize = 2048;

    private readonly Stream _stream;
    private readonly bool _waitsOnEmptyRead;
    private readonly int _chunkSize;
    private readonly IActorRef _owner;
    private readonly Action _onCompleted;

    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _read;
    private byte[]? _buffer;
    private bool _more;
    private Outcome _outcome;

    public StreamReads(StreamLink link, int chunkSize, IActorRef owner)
    {
        _stream = link.Stream;
        _waitsOnEmptyRead = link.Control.WaitsOnEmptyRead;
        _chunkSize = chunkSize;
        _owner = owner;
        _onCompleted = OnCompleted;
    }

    /// <summary>
    /// Starts a read. True: it has already completed, see <see cref="TakeOutcome"/>. False: <see cref="Completed"/> will be sent.
    /// </summary>
    public bool Start() => _waitsOnEmptyRead && !_more ? Issue(0) : Issue(_waitsOnEmptyRead || _more ? _chunkSize : WaitingBufferSize);

    /// <summary>The result of the read.</summary>
    public Outcome TakeOutcome()
    {
        var outcome = _outcome;
        _outcome = default;
        return outcome;
    }

    private bool Issue(int size)
    {
        try
        {
            while (true)
            {
                _buffer = size == 0 ? null : ArrayPool<byte>.Shared.Rent(size);
                var memory = _buffer is null ? Memory<byte>.Empty : _buffer.AsMemory(0, Math.Min(_buffer.Length, Math.Max(size, _chunkSize)));
#pragma warning disable CA2012 // Consumed once: by Finish.
                _read = _stream.ReadAsync(memory).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                if (!_read.IsCompleted)
                {
                    _read.UnsafeOnCompleted(_onCompleted);
                    return false;
                }

                if (Finish())
                    return true;
                size = _chunkSize;
            }
        }
        catch (Exception e)
        {
            Fail(e);
            return true;
        }
    }

    /// <summary>Takes the result of a read. Returns false when it was the wait without a buffer, and the real read must follow.</summary>
    private bool Finish()
    {
        try
        {
            var count = _read.GetResult();
            if (_buffer is null)
                return false;
            var buffer = _buffer;
            _buffer = null;
            _more = _waitsOnEmptyRead ? count == _chunkSize : count >= WaitingBufferSize;
            if (count == 0)
                ArrayPool<byte>.Shared.Return(buffer);
            _outcome = count == 0
                ? default
                : new Outcome(new Link.Received(Take(buffer, count)), null);
        }
        catch (Exception e)
        {
            Fail(e);
        }

        return true;
    }

    /// <summary>
    /// The received bytes in an array of their own. A buffer that is nearly full becomes that array; other buffers are returned to the
    /// pool.
    /// </summary>
    private static ReadOnlyMemory<byte> Take(byte[] buffer, int count)
    {
        if (count > buffer.Length / 4 * 3)
            return buffer.AsMemory(0, count); // the packets keep it
        var exact = GC.AllocateUninitializedArray<byte>(count);
        buffer.AsSpan(0, count).CopyTo(exact);
        ArrayPool<byte>.Shared.Return(buffer);
        return exact;
    }

    private void Fail(Exception e)
    {
        // The buffer is left to the garbage collector, because the failed stream may still use it.
        _buffer = null;
        _outcome = new Outcome(null, e);
    }

    private void OnCompleted()
    {
        if (Finish() || Issue(_chunkSize))
            _owner.Tell(Completed.Instance, ActorRefs.NoSender);
    }

    /// <summary>The result of a read: bytes, or an error; the end of the stream when both are null.</summary>
    public readonly record struct Outcome(Link.Received? Received, Exception? Error);

    /// <summary>Sent to the owner when a read has completed.</summary>
    public sealed class Completed : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Completed Instance = new();
    }
}
