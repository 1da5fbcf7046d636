namespace Akka.Mqtt.Server.Shared;

/// <summary>Where a server stands between its start and its end, for health checks. Thread safe.</summary>
internal sealed class ServerLifecycle
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isDraining;

    /// <summary>Cancelled when nothing of the server is left.</summary>
    public CancellationTokenSource Stopped { get; } = new();

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
