using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Benchmarks;

/// <summary>Our codec beside MQTTnet's, by <see cref="Rounds"/>. Prints a line for each comparison.</summary>
internal sealed class CodecComparison(int rounds, TimeSpan round)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);

    /// <summary>Runs the comparisons whose name contains the filter. All run once beforehand, so that tier 1 is optimised for all of them.</summary>
    public void Run(string filter)
    {
        var lines = Lines().Where(line => line.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        Rounds.WarmUp(WarmUp, 16, [.. lines.SelectMany(line => line.Sides)]);

        Console.WriteLine($"best of {rounds} rounds of {round.TotalMilliseconds} ms, the sides in turn, one process");
        Console.WriteLine($"{"",-24}{"MQTTnet",18}{"MQTTnet joined",20}{"Akka.Mqtt",20}   times  joined   allocation");
        foreach (var (name, sides) in lines)
            Print(name, Rounds.Measure(rounds, round, sides));
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
