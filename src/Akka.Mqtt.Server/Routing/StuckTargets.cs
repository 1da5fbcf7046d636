namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The number of targets that have been behind for longer than <c>delivery-timeout</c>. While it is 0, publishers check it once a chunk
/// and need not check any target. Thread safe.
/// </summary>
internal sealed class StuckTargets
{
    private int _count;

    /// <summary>Whether at least one target is stuck.</summary>
    public bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>Adds a target.</summary>
    public void Add() => Interlocked.Increment(ref _count);

    /// <summary>Removes a target that has caught up or ended.</summary>
    public void Remove() => Interlocked.Decrement(ref _count);
}
