using System.IO.Pipelines;

namespace Akka.Mqtt.Transport;

/// <summary>
/// One side of a connection in memory. Bytes are copied, the buffer is bounded, and each direction ends separately. One reader and one
/// writer at a time, on any threads.
/// </summary>
internal sealed class InMemoryStream : AsyncOnlyStream, IControlledStream
{
    // Continuations run on the thread of the other side. Ours only send a message to an actor.
    private static readonly PipeOptions Buffering = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 256 * 1024,
        resumeWriterThreshold: 128 * 1024,
        minimumSegmentSize: 4096,
        useSynchronizationContext: false);

    private readonly PipeReader _input;
    private readonly PipeWriter _output;

    private InMemoryStream(PipeReader input, PipeWriter output)
    {
        _input = input;
        _output = output;
        Control = new InMemoryControl(this);
    }

    public StreamControl Control { get; }

    /// <summary>Creates both sides of a new connection.</summary>
    public static (InMemoryStream Client, InMemoryStream Server) CreatePair()
    {
        var up = new Pipe(Buffering);
        var down = new Pipe(Buffering);
        return (new InMemoryStream(down.Reader, up.Writer), new InMemoryStream(up.Reader, down.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var count = PipeBytes.Take(_input, result, buffer.Span);
            if (count > 0 || buffer.IsEmpty || result.IsCompleted)
                return count;
            if (result.IsCanceled)
                throw new OperationCanceledException("The read was cancelled.");
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted)
            throw new IOException("The peer closed the connection.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            End(null);
        base.Dispose(disposing);
    }

    private void End(Exception? error)
    {
        _output.CancelPendingFlush();
        _output.Complete(error);
        _input.CancelPendingRead();
        _input.Complete(error);
    }

    private sealed class InMemoryControl(InMemoryStream stream) : StreamControl
    {
        public override bool WaitsOnEmptyRead => true;

        public override ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
        {
            stream._output.Complete();
            return new ValueTask<bool>(true);
        }

        public override void Abort() => stream.End(new IOException("The peer reset the connection."));
    }
}
