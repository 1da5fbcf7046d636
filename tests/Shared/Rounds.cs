using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt;

/// <summary>
/// Measures on a noisy machine: rounds of some milliseconds, the sides in turn, and of each side the best round. Whatever else runs can only make a
/// round slower. The warm-up runs all sides until they are at the highest tier.
/// </summary>
internal static class Rounds
{
    private static readonly TimeSpan Visit = TimeSpan.FromMilliseconds(3);

    /// <summary>Warms up for two seconds and measures 40 rounds of 8 ms. Each side runs its operation as often as it is told.</summary>
    /// <returns>Nanoseconds and bytes allocated an operation, side by side.</returns>
    public static (double Nanoseconds, double Bytes)[] Compare(params Action<int>[] sides)
    {
        WarmUp(TimeSpan.FromSeconds(2), 4, sides);
        return Measure(40, TimeSpan.FromMilliseconds(8), sides);
    }

    /// <summary>Measures sides that are warm.</summary>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="round">How long each takes, about.</param>
    /// <param name="sides">What is compared.</param>
    /// <returns>Nanoseconds and bytes allocated an operation, side by side.</returns>
    public static (double Nanoseconds, double Bytes)[] Measure(int rounds, TimeSpan round, params Action<int>[] sides)
    {
        var counts = Array.ConvertAll(sides, side => Calibrate(side, round));
        var best = new (double Nanoseconds, double Bytes)[sides.Length];
        Array.Fill(best, (double.MaxValue, 0));
        for (var number = 0; number < rounds; number++)
        {
            for (var side = 0; side < sides.Length; side++)
            {
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                var start = Stopwatch.GetTimestamp();
                sides[side](counts[side]);
                var took = Stopwatch.GetElapsedTime(start).TotalNanoseconds / counts[side];
                allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
                best[side] = (Math.Min(best[side].Nanoseconds, took), (double)allocated / counts[side]);
            }
        }

        return best;
    }

    /// <summary>Runs all sides in turn, many short calls with pauses for the compiler's thread: tier 0, instrumentation, then tier 1 with what was learnt.</summary>
    /// <param name="time">How long.</param>
    /// <param name="calls">How often a side is told to run its operation in one call.</param>
    /// <param name="sides">What is compared.</param>
    public static void WarmUp(TimeSpan time, int calls, IReadOnlyCollection<Action<int>> sides)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
        {
            foreach (var side in sides)
            {
                for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Visit;)
                    side(calls);
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Live bytes after a full collection.</summary>
    public static long Live()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Runs something once.</summary>
    /// <returns>Nanoseconds for each of <paramref name="operations"/>.</returns>
    public static double Once(int operations, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
    }

    public static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>How often an operation fits into a round.</summary>
    private static int Calibrate(Action<int> side, TimeSpan round)
    {
        for (var count = 1; ; count *= 2)
        {
            var start = Stopwatch.GetTimestamp();
            side(count);
            var took = Stopwatch.GetElapsedTime(start);
            if (took > round / 4)
                return Math.Max(1, (int)(count * (round / took)));
        }
    }
}
