namespace Akka.Mqtt.Server.Shared;

/// <summary>Where a server stands between its start and its end, for health checks. Thread safe.</summary>
internal sealed class ServerLifecycle
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _missing;
    private volatile string? _trouble;
    private int _isDraining;

    /// <summary>Cancelled when nothing of the server is left.</summary>
    public CancellationTokenSource Stopped { get; } = new();

    /// <summary>What a node of a cluster still needs before it should get clients; null for nothing.</summary>
    public string? Missing
    {
        get => _missing;
        set => _missing = value;
    }

    /// <summary>What does not work as it should while the node can serve clients; null for nothing.</summary>
    public string? Trouble
    {
        get => _trouble;
        set => _trouble = value;
    }

    /// <summary>Whether the server disconnects its clients, or has done so.</summary>
    public bool IsDraining => Volatile.Read(ref _isDraining) != 0;

    /// <summary>Completed when no client is connected any more after a drain, or its time is over.</summary>
    public Task Drained => _drained.Task;

    /// <summary>The server begins to disconnect its clients.</summary>
    /// <returns>Whether it had not begun before.</returns>
    public bool TryBeginDrain() => Interlocked.Exchange(ref _isDraining, 1) == 0;

    /// <summary>See <see cref="Drained"/>.</summary>
    public void EndDrain() => _drained.TrySetResult();
}
