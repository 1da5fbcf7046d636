using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>The process of one client: runs it, and prints one <see cref="ClientFigure"/>.</summary>
internal static class ClientRun
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(ClientCase what)
    {
        var counter = new Counter();
        await using (what.Client == "mqttnet" ? await MqttNetLoad.StartAsync(what, counter) : await OwnLoad.StartAsync(what, counter))
        {
            Console.WriteLine("ready"); // a publisher for it may start
            await Task.Delay(WarmUp);
            using var process = Process.GetCurrentProcess();
            var (cpu, before, began) = (process.TotalProcessorTime, Volatile.Read(ref counter.Messages), Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(what.Seconds));
            var (messages, elapsed) = (Volatile.Read(ref counter.Messages) - before, Stopwatch.GetElapsedTime(began));
            process.Refresh();
            var spent = process.TotalProcessorTime - cpu;
            Console.WriteLine(new ClientFigure(messages / elapsed.TotalSeconds, spent.TotalMicroseconds / messages));
            if (Environment.GetEnvironmentVariable("BENCH_ALLOCATIONS") is not null)
            {
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{GC.GetTotalAllocatedBytes() / (double)Volatile.Read(ref counter.Messages):0} bytes allocated a message, start included"));
            }
        }
    }

    /// <summary>Publishes to the client under test until its process is killed.</summary>
    public static async Task LoadAsync(ClientCase what)
    {
        await using var load = await OwnLoad.StartAsync(what with { Client = "actor", Direction = "publish" }, new Counter());
        await Task.Delay(Timeout.Infinite);
    }
}
