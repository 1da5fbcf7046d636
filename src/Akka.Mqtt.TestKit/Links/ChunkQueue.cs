namespace Akka.Mqtt.TestKit.Links;

/// <summary>
/// One direction of an in-memory link. It is bounded, and keeps writes separate, so that a reader gets the chunks as they were written. A
/// <c>System.IO.Pipelines.Pipe</c> would join them, and a test of split packets would depend on timing. Thread safe.
/// </summary>
internal sealed class ChunkQueue(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<ReadOnlyMemory<byte>> _chunks = new();
    private TaskCompletionSource _changed = New();
    private int _queued;
    private End _end;
    private bool _readerGone;

    private enum End
    {
        None,
        Completed,
        Aborted,
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_readerGone, typeof(DuplexStream));
                if (_end == End.Aborted)
                    throw DuplexStream.ResetException();
                if (buffer.IsEmpty)
                    return 0;
                if (_chunks.Count > 0)
                    return Take(buffer);
                if (_end == End.Completed)
                    return 0;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits while the queue is full; bytes that exceed the size of the queue are written in parts.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_end == End.Completed)
                    throw new IOException("This side has finished writing.");
                if (_end == End.Aborted || _readerGone)
                    throw DuplexStream.ResetException();
                if (bytes.IsEmpty)
                    return;
                var room = capacity - _queued;
                if (room > 0 && (bytes.Length <= room || bytes.Length > capacity))
                {
                    var count = Math.Min(room, bytes.Length);
                    _chunks.Enqueue(bytes[..count].ToArray());
                    _queued += count;
                    bytes = bytes[count..];
                    Changed();
                    if (bytes.IsEmpty)
                        return; // the accepted bytes count as written, even if the reader closes right now
                    continue;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Complete() => EndWith(End.Completed);

    public void Abort() => EndWith(End.Aborted);

    public void CloseReader()
    {
        lock (_lock)
        {
            _readerGone = true;
            _chunks.Clear();
            _queued = 0;
            Changed();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Take(Memory<byte> buffer)
    {
        var chunk = _chunks.Peek();
        var count = Math.Min(chunk.Length, buffer.Length);
        chunk[..count].CopyTo(buffer);
        _chunks.Dequeue();
        if (count < chunk.Length)
            PutBack(chunk[count..]);
        _queued -= count;
        Changed();
        return count;
    }

    private void PutBack(ReadOnlyMemory<byte> rest)
    {
        var later = _chunks.ToArray();
        _chunks.Clear();
        _chunks.Enqueue(rest);
        foreach (var chunk in later)
            _chunks.Enqueue(chunk);
    }

    private void EndWith(End end)
    {
        lock (_lock)
        {
            if (_end == End.Aborted || (_end == End.Completed && end == End.Completed))
                return;
            _end = end;
            Changed();
        }
    }

    private void Changed()
    {
        var changed = _changed;
        _changed = New();
        changed.TrySetResult();
    }
}
