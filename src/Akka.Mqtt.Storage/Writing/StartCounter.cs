using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>Counts once, on the thread pool, the messages that were queued in all sessions at the start; stops when the writer ends. Thread safe.</summary>
internal sealed class StartCounter : IAsyncDisposable
{
    private readonly IStorageDatabase _database;
    private readonly StorageOptions _options;
    private readonly CancellationTokenSource _end = new();
    private IStartCount? _count;
    private Task<(long Messages, long Bytes)> _counting = Task.FromResult((0L, 0L));

    private StartCounter(IStorageDatabase database, StorageOptions options) => (_database, _options) = (database, options);

    /// <summary>Takes the snapshot that is counted, if the server asks for it.</summary>
    /// <param name="database">The database; nothing is written yet.</param>
    /// <param name="options">The options of the server.</param>
    /// <returns>The counter.</returns>
    public static StartCounter Begin(IStorageDatabase database, StorageOptions options)
    {
        var counter = new StartCounter(database, options);
        if (options.Found is null)
            return counter;
        try
        {
            counter._count = database.BeginCount();
        }
        catch (Exception error)
        {
            counter.Log(error);
        }
        return counter;
    }

    /// <summary>Counts at the first call.</summary>
    /// <returns>Messages and bytes; 0 when they cannot be counted.</returns>
    public Task<(long Messages, long Bytes)> CountAsync()
    {
        if (Interlocked.Exchange(ref _count, null) is { } count)
            _counting = Task.Run(() => Count(count));
        return _counting;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _count, null)?.Dispose();
        await _counting.ConfigureAwait(false);
        _end.Dispose();
    }

    private (long Messages, long Bytes) Count(IStartCount count)
    {
        try
        {
            using (count)
                return count.Count(_end.Token);
        }
        catch (OperationCanceledException)
        {
            return default;
        }
        catch (Exception error)
        {
            Log(error);
            return default;
        }
    }

    private void Log(Exception error) => _options.Log(
        LogLevel.WarningLevel,
        $"The queued messages of all sessions cannot be counted. The totals include each session from its first message on. {_database.Explain(error)}");
}
