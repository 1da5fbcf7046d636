using System.Buffers;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Reads a stream for its connection actor, one chunk at a time: waits without a buffer where the stream can, rents one when there is
/// something, copies what arrived and gives the buffer back. Owned by the actor between reads and by the completing thread during one; the
/// mailbox hands it over. A result is always observed, also when the actor is gone.
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

    /// <summary>Starts a read. True: it has ended already, see <see cref="TakeOutcome"/>. False: <see cref="Completed"/> will be sent.</summary>
    public bool Start() => _waitsOnEmptyRead && !_more ? Issue(0) : Issue(_waitsOnEmptyRead || _more ? _chunkSize : WaitingBufferSize);

    /// <summary>How the read ended.</summary>
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

    /// <summary>Takes the result of a read; false when it was the wait without a buffer and the real one has to follow.</summary>
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

    /// <summary>What was received, in an array of its own; a buffer that is nearly full is that array, the others go back.</summary>
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
        // The buffer is left to the garbage collector: the stream that failed may still use it.
        _buffer = null;
        _outcome = new Outcome(null, e);
    }

    private void OnCompleted()
    {
        if (Finish() || Issue(_chunkSize))
            _owner.Tell(Completed.Instance, ActorRefs.NoSender);
    }

    /// <summary>How a read ended: with bytes, with an error, or, when both are null, at the end of the stream.</summary>
    public readonly record struct Outcome(Link.Received? Received, Exception? Error);

    /// <summary>Tells the owner that a read has ended.</summary>
    public sealed class Completed : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Completed Instance = new();
    }
}
