using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;

namespace Akka.Mqtt.Tests;

/// <summary>The scheduler of Akka.TestKit with a monotonic clock that is virtual too: there it is the real one.</summary>
public sealed class VirtualScheduler : TestScheduler, IScheduler
{
    /// <summary>What a test puts in its configuration.</summary>
    public const string Use = "akka.scheduler.implementation = \"Akka.Mqtt.Tests.VirtualScheduler, Akka.Mqtt.Tests\"";

    private readonly DateTimeOffset _start;

    public VirtualScheduler(Config config, ILoggingAdapter log)
        : base(config, log) => _start = Now;

    TimeSpan ITimeProvider.MonotonicClock => Now - _start;

    TimeSpan ITimeProvider.HighResMonotonicClock => Now - _start;
}
