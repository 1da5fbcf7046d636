using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Benchmarks;

/// <summary>
/// The figures for a noisy machine: rounds of some milliseconds, the sides in turn, and of each side the best round. Whatever else runs can
/// only make a round slower. Warm-up runs all sides for seconds, until they are at the highest tier.
/// </summary>
internal sealed class BestOf(int rounds, TimeSpan round)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Visit = TimeSpan.FromMilliseconds(3);

    /// <summary>Measures the sides of one comparison; each runs its operation as often as it is told.</summary>
    /// <returns>Nanoseconds and bytes allocated per operation, side by side.</returns>
    public (double Nanoseconds, double Bytes)[] Compare(params Action<int>[] sides)
    {
        var counts = Array.ConvertAll(sides, Calibrate);
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

    /// <summary>How often a side fits into a round.</summary>
    private int Calibrate(Action<int> side)
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

    // Tier 0, then instrumentation, then tier 1 with what was learnt: many short calls of all sides, with pauses for the compiler's thread.
    private static void Warm(IEnumerable<Action<int>> sides)
    {
        foreach (var side in sides)
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Visit;)
                side(16);
            Thread.Sleep(1);
        }
    }

    /// <summary>Runs the comparisons whose name contains the filter. All run once beforehand, so that tier 1 is optimised for all of them.</summary>
    public void Run(string filter)
    {
        var lines = Lines().Where(line => line.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < WarmUp;)
            Warm(lines.SelectMany(line => line.Sides));

        Console.WriteLine($"best of {rounds} rounds of {round.TotalMilliseconds} ms, the sides in turn, one process");
        Console.WriteLine($"{"",-24}{"MQTTnet",18}{"MQTTnet joined",20}{"Akka.Mqtt",20}   times  joined   allocation");
        foreach (var (name, sides) in lines)
            Print(name, Compare(sides));
    }

    private static IEnumerable<(string Name, Action<int>[] Sides)> Lines()
    {
        foreach (var wireCase in Enum.GetValues<WireCase>())
        {
            var decode = new CodecDecode { Case = wireCase };
            decode.Setup();
            yield return ($"decode {wireCase}", [decode.LoopMQTTnet, decode.LoopAkkaMqtt]);
        }

        foreach (var version in (MqttVersion[])[MqttVersion.V311, MqttVersion.V5])
        {
            foreach (var topics in (int[])[20, 1])
            {
                var chunk = new CodecChunk { Version = version, Topics = topics };
                chunk.Setup();
                yield return ($"decode Chunk{version}{(topics == 1 ? "OneTopic" : "")}", [chunk.LoopMQTTnet, chunk.LoopAkkaMqtt]);
            }
        }

        foreach (var wireCase in Enum.GetValues<WireCase>())
        {
            var encode = new CodecEncode { Case = wireCase };
            encode.Setup();
            yield return ($"encode {wireCase}", [encode.LoopMQTTnet, encode.LoopAkkaMqtt, encode.LoopMQTTnetJoined]);
            if (wireCase.ToString().StartsWith("Publish", StringComparison.Ordinal))
                yield return ($"head   {wireCase}", [encode.LoopMQTTnet, encode.LoopAkkaMqttHead]);
        }
    }

    private static void Print(string name, (double Nanoseconds, double Bytes)[] best)
    {
        var (other, ours, joined) = (best[0], best[1], best[^1]);
        var hasJoined = best.Length == 3;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-24}{Figures(other)}{(hasJoined ? Figures(joined) : ""),20}{Figures(ours)} {other.Nanoseconds / ours.Nanoseconds,6:F2}x ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{(hasJoined ? $"{joined.Nanoseconds / ours.Nanoseconds:F2}x" : ""),7} {Share(ours.Bytes, hasJoined ? joined.Bytes : other.Bytes),10}"));
    }

    private static string Figures((double Nanoseconds, double Bytes) side) =>
        string.Create(CultureInfo.InvariantCulture, $"{side.Nanoseconds,10:F1} ns {side.Bytes,5:F0} B");

    private static string Share(double ours, double other) =>
        other < 1 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * ours / other:F0} %");
}
