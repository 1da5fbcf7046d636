using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A receipt that a test can await.</summary>
internal sealed class AwaitedReceipt : IStoreReceipt
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _completions;

    public bool IsComplete => _done.Task.IsCompleted;

    public int Completions => Volatile.Read(ref _completions);

    public Task Task => _done.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Complete()
    {
        Interlocked.Increment(ref _completions);
        _done.TrySetResult();
    }
}

/// <summary>A reader that a test can await.</summary>
internal sealed class AwaitedReader : IStoredReader
{
    private readonly TaskCompletionSource<StoredState?> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<StoredState?> Task => _read.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public bool IsDone => _read.Task.IsCompleted;

    public void Read(StoredState? state) => Assert.True(_read.TrySetResult(state), "read twice");

    public void Failed(Exception cause) => Assert.True(_read.TrySetException(cause), "read twice");
}

internal static class EngineExtensions
{
    /// <summary>Appends and waits for the commit.</summary>
    public static async Task Write(this IStorageEngine engine, params StoreOp[] ops)
    {
        var receipt = new AwaitedReceipt();
        engine.Append(new StoreUnit(ops, receipt));
        await receipt.Task;
    }

    public static Task<StoredState?> Read(this IStorageEngine engine, long session)
    {
        var reader = new AwaitedReader();
        engine.Take(session, reader);
        return reader.Task;
    }

    public static async Task<List<T>> All<T>(this IAsyncEnumerable<T> rows)
    {
        List<T> all = [];
        await foreach (var row in rows)
            all.Add(row);
        return all;
    }
}
