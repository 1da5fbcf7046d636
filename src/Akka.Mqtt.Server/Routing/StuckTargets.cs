namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// How many targets have been behind for longer than <c>delivery-timeout</c>. While there is none, publishers ask once a chunk and look at no target. Thread safe.
/// </summary>
internal sealed class StuckTargets
{
    private int _count;

    /// <summary>Whether there is one.</summary>
    public bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>One more is stuck.</summary>
    public void Add() => Interlocked.Increment(ref _count);

    /// <summary>One has caught up, or has ended.</summary>
    public void Remove() => Interlocked.Decrement(ref _count);
}
