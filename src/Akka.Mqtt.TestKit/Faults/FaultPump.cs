namespace Akka.Mqtt.TestKit.Faults;

/// <summary>
/// Forwards one direction and applies its rule, in one loop. <see cref="Stall"/> and <see cref="Release"/> may be called on any thread.
/// </summary>
internal sealed class FaultPump(DuplexStream source, DuplexStream target, FaultRule rule, int seed, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private TaskCompletionSource? _gate;
    private int _pieceLeft;
    private long _forwarded;

    public long Forwarded => Interlocked.Read(ref _forwarded);

    public void Stall()
    {
        lock (_lock)
            _gate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        lock (_lock)
        {
            _gate?.TrySetResult();
            _gate = null;
        }
    }

    /// <summary>Runs until the source ends or the rule ends it.</summary>
    /// <returns>
    /// How it ended: as the rule requires; <see cref="FaultEnd.HalfClose"/> after the end of the source; <see cref="FaultEnd.Reset"/>
    /// after its failure.
    /// </returns>
    public async Task<FaultEnd> RunAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                if (rule.CutAfter is { } limit && _forwarded >= limit)
                    return await EndAsync(cancellationToken).ConfigureAwait(false);
                var read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    await OpenAsync(cancellationToken).ConfigureAwait(false);
                    return FaultEnd.HalfClose;
                }

                if (!await ForwardAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false))
                    return await EndAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            return FaultEnd.Reset;
        }
        catch (OperationCanceledException)
        {
            return FaultEnd.Close;
        }
    }

    private async Task<bool> ForwardAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var size = (int)Math.Min(NextPiece(bytes.Length), (rule.CutAfter ?? long.MaxValue) - _forwarded);
            if (size == 0)
                return false;
            await HoldAsync(cancellationToken).ConfigureAwait(false);
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            await target.WriteAsync(bytes[..size], cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _forwarded, size);
            _pieceLeft -= size;
            bytes = bytes[size..];
        }

        return true;
    }

    /// <summary>The positions of cuts depend only on the seed and the offset in the stream, not on how the bytes arrived.</summary>
    private int NextPiece(int available)
    {
        if (rule.MaxPiece <= 0)
            return _pieceLeft = available;
        if (_pieceLeft <= 0)
            _pieceLeft = _random.Next(rule.MinPiece, rule.MaxPiece + 1);
        return Math.Min(_pieceLeft, available);
    }

    private Task HoldAsync(CancellationToken cancellationToken)
    {
        if (rule.Delay <= TimeSpan.Zero && rule.Jitter <= TimeSpan.Zero)
            return Task.CompletedTask;
        // Sizes and delays use one random source. Without jitter no number is drawn for it, so that the positions of the cuts do not
        // change.
        var jitter = rule.Jitter > TimeSpan.Zero ? rule.Jitter * _random.NextDouble() : TimeSpan.Zero;
        return Task.Delay(rule.Delay + jitter, time, cancellationToken);
    }

    private Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _gate?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    private async Task<FaultEnd> EndAsync(CancellationToken cancellationToken)
    {
        if (rule.End != FaultEnd.Stall)
            return rule.End;
        // Reads and discards everything without an error.
        var sink = new byte[16 * 1024];
        while (await source.ReadAsync(sink, cancellationToken).ConfigureAwait(false) > 0)
        {
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        return FaultEnd.Stall;
    }
}
