using System.Diagnostics;
using Akka.Actor;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// Time-outs of very many connections and sessions: what a pending timer costs in memory and in CPU while it waits, and what a received packet
/// costs: cancelled and scheduled anew, as one does first, or noted by the clock, as connections do: a timer that goes off looks at the clock and winds itself
/// up for what is left. A million resets are one timer.
/// </summary>
internal static class TimersAtScale
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int count)
    {
        var system = ActorSystem.Create("timers", Configuration.ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        var sink = new Sink("sink");
        var nothing = await IdleAsync();
        var pending = new ICancelable[count];

        var before = Rounds.Live();
        var schedule = Rounds.Once(count, () =>
        {
            for (var at = 0; at < count; at++)
                pending[at] = system.Scheduler.ScheduleTellOnceCancelable(KeepAlive, sink, "timeout", ActorRefs.NoSender);
        });
        var idle = await IdleAsync();
        var bytes = Rounds.Live() - before;

        var clock = TimeProvider.System;
        var lastReceived = new long[count];
        var random = new Random(1);
        var sides = Rounds.Compare(
            times =>
            {
                for (; times > 0; times--)
                {
                    var at = random.Next(count);
                    pending[at].Cancel();
                    pending[at] = system.Scheduler.ScheduleTellOnceCancelable(KeepAlive, sink, "timeout", ActorRefs.NoSender);
                }
            },
            times =>
            {
                for (; times > 0; times--)
                    lastReceived[random.Next(count)] = clock.GetTimestamp();
            });
        var naive = await IdleAsync();
        Rounds.Print($"{count:N0} timers of {KeepAlive.TotalSeconds} s on the scheduler of Akka");
        Rounds.Print($"  pending: {bytes / count} bytes each; to schedule {schedule:F0} ns; CPU {Percent(idle)} of a core, without any {Percent(nothing)}");
        Rounds.Print($"  a packet arrives: cancel and schedule {sides[0].Nanoseconds:F0} ns, {sides[0].Bytes:F0} B; note the time {sides[1].Nanoseconds:F0} ns, {sides[1].Bytes:F0} B");
        Rounds.Print($"  CPU with what cancelling left behind: {Percent(naive)}");
        foreach (var each in pending)
            each.Cancel();

        // Of sessions: expiry, delay of a will. One timer of the clock for each, started again when it goes off too early.
        var timers = new ClockTimer[count];
        before = Rounds.Live();
        var start = Rounds.Once(count, () =>
        {
            for (var at = 0; at < count; at++)
            {
                timers[at] = new ClockTimer(clock, sink, "timeout");
                timers[at].Start(KeepAlive);
            }
        });
        bytes = Rounds.Live() - before;
        idle = await IdleAsync();
        var restart = Rounds.Compare(times =>
        {
            for (; times > 0; times--)
                timers[random.Next(count)].Start(KeepAlive);
        });
        var stop = Rounds.Once(count, () =>
        {
            foreach (var timer in timers)
                timer.Dispose();
        });
        Rounds.Print($"{count:N0} timers of the system clock, as sessions have them for expiry and wills");
        Rounds.Print($"  pending: {bytes / count} bytes each; to start {start:F0} ns, again {restart[0].Nanoseconds:F0} ns, to stop {stop:F0} ns; CPU {Percent(idle)} of a core");
        await system.Terminate();
    }

    // What the process takes by itself, once what was just done has settled.
    private static async Task<double> IdleAsync()
    {
        await Task.Delay(Watch / 2);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await Task.Delay(Watch);
        process.Refresh();
        return (process.TotalProcessorTime - before) / Watch;
    }

    private static string Percent(double share) => (share * 100).ToString("F1", System.Globalization.CultureInfo.InvariantCulture) + " %";
}
