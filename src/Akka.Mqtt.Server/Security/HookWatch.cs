using Akka.Event;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Measures user code that runs on the threads that handle messages: authorizer, interceptors of publishing, subscribing and delivering,
/// and <see cref="IAuthenticator.MayStay"/>. While such code runs, all clients of that thread wait. Calls that take longer than
/// <c>slow-hook-threshold</c> are counted; a log line reports several of them together. Thread safe.
/// </summary>
/// <param name="threshold">How long a call may take; null to measure nothing.</param>
/// <param name="clock">The clock.</param>
internal sealed class HookWatch(TimeSpan? threshold, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _slow;
    private long _told; // how many of them have been logged
    private long _toldAt;

    /// <summary>The number of calls that took too long.</summary>
    public long SlowCalls => Volatile.Read(ref _slow);

    /// <summary>Starts the measurement of a call.</summary>
    /// <returns>A value for <see cref="End"/>.</returns>
    public long Begin() => threshold is null ? 0 : clock.GetTimestamp();

    /// <summary>Ends the measurement, whether the call returned or threw.</summary>
    /// <param name="began">The value of <see cref="Begin"/>.</param>
    /// <param name="hook">The object that was called.</param>
    /// <param name="log">The log for warnings.</param>
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
            "{Hook} took {Milliseconds} ms, and clients waited for it: {Count} calls took longer than slow-hook-threshold = {Threshold} ms since the last of these lines",
            hook.GetType(),
            (long)took.TotalMilliseconds,
            untold,
            threshold!.Value.TotalMilliseconds);
    }
}
