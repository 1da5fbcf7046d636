using System.IO.Pipelines;

namespace Akka.Mqtt.Transport;

/// <summary>A duplex pipe as a stream. Owned by the stream connection actor.</summary>
internal sealed class DuplexPipeStream : AsyncOnlyStream, IControlledStream
{
    private readonly IDuplexPipe _pipe;
    private readonly Action? _abort;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes over a pipe.</summary>
    /// <param name="pipe">The pipe.</param>
    /// <param name="abort">Resets the transport below the pipe; null completes the pipe with an error.</param>
    public DuplexPipeStream(IDuplexPipe pipe, Action? abort = null)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        _pipe = pipe;
        _abort = abort;
        Control = new PipeControl(this);
    }

    public StreamControl Control { get; }

    /// <summary>Completes when the stream is disposed.</summary>
    public Task Disposed => _disposed.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await _pipe.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var count = PipeBytes.Take(_pipe.Input, result, buffer.Span);
            if (count > 0 || buffer.IsEmpty || result.IsCompleted)
                return count;
            if (result.IsCanceled)
                throw new OperationCanceledException("The read was cancelled.");
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _pipe.Output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted)
            throw new IOException("The peer closed the connection.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            End(null);
            _disposed.TrySetResult();
        }

        base.Dispose(disposing);
    }

    private void End(Exception? error)
    {
        _pipe.Output.CancelPendingFlush();
        _pipe.Output.Complete(error);
        _pipe.Input.CancelPendingRead();
        _pipe.Input.Complete(error);
    }

    private sealed class PipeControl(DuplexPipeStream stream) : StreamControl
    {
        public override bool WaitsOnEmptyRead => true;

        public override ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
        {
            stream._pipe.Output.Complete();
            return new ValueTask<bool>(true);
        }

        public override void Abort()
        {
            if (stream._abort is null)
                stream.End(new IOException("The peer reset the connection."));
            else
                stream._abort();
        }
    }
}
