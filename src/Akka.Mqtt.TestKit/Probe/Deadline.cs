namespace Akka.Mqtt.TestKit.Probe;

/// <summary>The time until which a probe waits, by the wall clock like all time-outs of Akka.TestKit.</summary>
internal readonly struct Deadline(TimeSpan timeout)
{
    private readonly long _end = Environment.TickCount64 + (long)Math.Min(timeout.TotalMilliseconds, int.MaxValue);

    public TimeSpan Timeout { get; } = timeout;

    public TimeSpan Remaining => TimeSpan.FromMilliseconds(Math.Max(0, _end - Environment.TickCount64));
}
