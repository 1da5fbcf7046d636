using System.Globalization;
using System.Text;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>The process that is killed: appends without end, and writes a line for each receipt that was completed.</summary>
internal static class CrashChild
{
    private const int MostUnderWay = 300;

    public static async Task<int> Run(string place, int seed)
    {
        using var output = Console.OpenStandardOutput();
        await using var engine = await CrashRound.Storage(place).OpenAsync(CrashRound.Options(CrashRound.LimitsOf(seed)));
        var (firstSession, firstMessage) = (engine.NextSession(), engine.NextMessages(1));
        Say(output, $"first {firstSession} {firstMessage}");
        var round = new CrashRound(seed, engine.NextSession, engine.NextMessages);
        using var room = new SemaphoreSlim(MostUnderWay);
        var chunk = new Random(seed);
        for (var step = 0; ;)
        {
            // Made before they are appended, in chunks: what makes them is slower than the disk, and commits are to have many of them.
            var steps = Enumerable.Range(0, chunk.Next(1, 60)).Select(_ => round.Next()).ToList();
            foreach (var (unit, taken) in steps)
            {
                step++;
                if (unit is null)
                {
                    engine.Take(taken, new Reader());
                    continue;
                }
                await room.WaitAsync();
                engine.Append(new StoreUnit(unit, new Line(output, step, room)));
            }
        }
    }

    private static void Say(Stream output, string line)
    {
        var bytes = Encoding.ASCII.GetBytes(line + "\n");
        lock (output)
            output.Write(bytes); // one system call: the line is whole or missing
    }

    private sealed class Line(Stream output, int step, SemaphoreSlim room) : IStoreReceipt
    {
        public void Complete()
        {
            Say(output, step.ToString(CultureInfo.InvariantCulture));
            room.Release();
        }
    }

    private sealed class Reader : IStoredReader
    {
        public void Read(StoredState? state)
        {
        }

        public void Failed(Exception cause) => throw cause;
    }
}
