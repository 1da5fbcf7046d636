using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Decides when <see cref="StreamConnectionActor"/> reads its stream, and sends what was read to the handler. Reading waits while it is
/// suspended, and while the connection has not taken enough of the previous chunks. Owned by the actor.
/// </summary>
internal sealed class StreamReadLoop
{
    private readonly StreamReads _reads;
    private readonly ReadCredit? _credit;
    private readonly int _chunkSize;
    private readonly IActorRef _owner;
    private bool _isReading;

    /// <summary>Creates a loop that has not started.</summary>
    /// <param name="link">The stream.</param>
    /// <param name="chunkSize">The highest number of bytes of one read, and of all reads during one message of the actor.</param>
    /// <param name="credit">How far the connection is behind; with null, only <see cref="IsSuspended"/> stops reading.</param>
    /// <param name="owner">The actor, which receives <see cref="StreamReads.Completed"/> and <see cref="Continue"/>.</param>
    public StreamReadLoop(StreamLink link, int chunkSize, ReadCredit? credit, IActorRef owner)
    {
        _reads = new StreamReads(link, chunkSize, owner);
        _credit = credit;
        _chunkSize = chunkSize;
        _owner = owner;
    }

    /// <summary>Whether reading waits for <see cref="Link.ResumeReading"/>.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>Whether anything was received.</summary>
    public bool HasReceived { get; private set; }

    /// <summary>Whether the stream has ended or failed, or reading was stopped. If so, nothing more is read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Stops reading.</summary>
    public void Stop() => HasEnded = true;

    /// <summary>
    /// Reads while data is available, up to one chunk for each message of the actor so that commands are not delayed; then waits for more.
    /// </summary>
    /// <returns>How reading ended, returned once; null while it continues.</returns>
    public StreamEnd? Read(IActorRef? handler)
    {
        var budget = _chunkSize;
        while (!IsSuspended && !_isReading && !HasEnded && _credit?.MayRead() != false)
        {
            _isReading = true;
            if (budget <= 0)
            {
                _owner.Tell(Continue.Instance, ActorRefs.NoSender);
                return null;
            }

            if (!_reads.Start())
                return null;
            if (Take(handler, out var count) is { } end)
                return end;
            budget -= count;
        }

        return null;
    }

    /// <summary>Call it on <see cref="StreamReads.Completed"/>: takes what was read, and continues.</summary>
    public StreamEnd? Complete(IActorRef? handler) => Take(handler, out _) ?? Read(handler);

    /// <summary>Call it on <see cref="Continue"/>: continues reading.</summary>
    public StreamEnd? ContinueReading(IActorRef? handler)
    {
        _isReading = false;
        return Read(handler);
    }

    private StreamEnd? Take(IActorRef? handler, out int count)
    {
        count = 0;
        _isReading = false;
        var (received, error) = _reads.TakeOutcome();
        if (received is null)
        {
            HasEnded = true;
            return new StreamEnd(error);
        }

        HasReceived = true;
        count = received.Bytes.Length;
        _credit?.Take(count);
        handler?.Tell(received, _owner);
        return null;
    }

    /// <summary>A message of the actor to itself: continue reading after the messages that are in the mailbox.</summary>
    public sealed class Continue : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Continue Instance = new();
    }
}

/// <summary>How reading a stream ended.</summary>
/// <param name="Error">The error; null when the peer sends no more.</param>
internal readonly record struct StreamEnd(Exception? Error);
