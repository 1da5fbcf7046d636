using Akka.Event;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Watches the user's code that runs where messages are handled: authorizer, interceptors of publishing, subscribing and delivering, and
/// <see cref="IAuthenticator.MayStay"/>. While it runs, all
/// clients of that thread wait. Calls that take longer than <c>slow-hook-threshold</c> are counted, and the log says so, but not for each. Thread safe.
/// </summary>
/// <param name="threshold">How long a call may take; null when nobody measures.</param>
/// <param name="clock">The clock.</param>
internal sealed class HookWatch(TimeSpan? threshold, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _slow;
    private long _told; // of those
    private long _toldAt;

    /// <summary>Calls that took too long.</summary>
    public long SlowCalls => Volatile.Read(ref _slow);

    /// <summary>A call begins.</summary>
    /// <returns>What <see cref="End"/> is to be given.</returns>
    public long Begin() => threshold is null ? 0 : clock.GetTimestamp();

    /// <summary>The call has ended, in whatever way.</summary>
    /// <param name="began">What <see cref="Begin"/> gave.</param>
    /// <param name="hook">The object that was called.</param>
    /// <param name="log">Where to say so.</param>
    public void End(long began, object hook, ILoggingAdapter log)
    {
        if (threshold is { } limit && clock.GetElapsedTime(began) is var took && took > limit)
            Count(hook, took, log);
    }

    private void Count(object hook, TimeSpan took, ILoggingAdapter log)
    {
        var slow = Interlocked.Increment(ref _slow);
        var toldAt = Volatile.Read(ref _toldAt);
        var now = clock.GetTimestamp();
        if ((toldAt != 0 && clock.GetElapsedTime(toldAt, now) < Interval) || Interlocked.CompareExchange(ref _toldAt, now, toldAt) != toldAt)
            return;
        var untold = slow - Interlocked.Exchange(ref _told, slow);
        log.Warning(
            "{Hook} took {Milliseconds} ms, and clients waited meanwhile: {Count} calls took longer than slow-hook-threshold = {Threshold} ms since the last of these lines",
            hook.GetType(),
            (long)took.TotalMilliseconds,
            untold,
            threshold!.Value.TotalMilliseconds);
    }
}
