namespace Akka.Mqtt.Server.Shared;

/// <summary>The state of a server between its start and its end, for health checks. Thread safe.</summary>
internal sealed class ServerLifecycle
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isDraining;

    /// <summary>Cancelled when all parts of the server have stopped.</summary>
    public CancellationTokenSource Stopped { get; } = new();

    /// <summary>Whether the server disconnects its clients, or has done so.</summary>
    public bool IsDraining => Volatile.Read(ref _isDraining) != 0;

    /// <summary>Completes when no client is connected any more after a drain, or when its time limit is over.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Notes that the server starts to disconnect its clients.</summary>
    /// <returns>Whether this is the first call.</returns>
    public bool TryBeginDrain() => Interlocked.Exchange(ref _isDraining, 1) == 0;

    /// <summary>See <see cref="Drained"/>.</summary>
    public void EndDrain() => _drained.TrySetResult();
}
