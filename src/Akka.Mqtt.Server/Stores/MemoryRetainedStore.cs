namespace Akka.Mqtt.Server.Stores;

/// <summary>Retained messages end with the process: nothing is written and everything is safe at once.</summary>
internal sealed class MemoryRetainedStore : IRetainedStore
{
    public static readonly MemoryRetainedStore Instance = new();

    private MemoryRetainedStore()
    {
    }

    public void Set(RetainedRecord record)
    {
    }

    public void Remove(string topic)
    {
    }

    public bool IsSafe(IStoreReceipt? receipt) => true;

    public IAsyncEnumerable<RetainedRecord> LoadAsync(CancellationToken cancel = default) => AsyncEnumerable.Empty<RetainedRecord>();
}
