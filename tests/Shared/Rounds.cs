using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// Figures for a noisy machine: rounds of some milliseconds, the sides in turn, of each side the best round. Whatever else runs can only make a
/// round slower. Warm-up runs all sides until they are at the highest tier.
/// </summary>
internal static class Rounds
{
    private const int Count = 40;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Visit = TimeSpan.FromMilliseconds(3);

    /// <summary>Measures sides; each runs its operation as often as it is told.</summary>
    /// <returns>Nanoseconds and bytes allocated an operation, side by side.</returns>
    public static (double Nanoseconds, double Bytes)[] Compare(params Action<int>[] sides)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < WarmUp;)
            Warm(sides);
        var counts = Array.ConvertAll(sides, Calibrate);
        var best = new (double Nanoseconds, double Bytes)[sides.Length];
        Array.Fill(best, (double.MaxValue, 0));
        for (var number = 0; number < Count; number++)
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

    private static int Calibrate(Action<int> side)
    {
        for (var count = 1; ; count *= 2)
        {
            var start = Stopwatch.GetTimestamp();
            side(count);
            var took = Stopwatch.GetElapsedTime(start);
            if (took > Round / 4)
                return Math.Max(1, (int)(count * (Round / took)));
        }
    }

    // Tier 0, then instrumentation, then tier 1 with what was learnt: many short calls, with pauses for the compiler's thread.
    private static void Warm(Action<int>[] sides)
    {
        foreach (var side in sides)
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Visit;)
                side(4);
            Thread.Sleep(1);
        }
    }
}
