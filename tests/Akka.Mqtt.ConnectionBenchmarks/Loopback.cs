using System.Diagnostics;
using System.Globalization;
using Akka.Actor;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>How many 64-byte publishes a second one connection takes on one core, and how many the bare Akka.IO connection would.</summary>
internal static class Loopback
{
    private const int MessageSize = 76;

    public static async Task RunAsync(string receiver, double seconds)
    {
        Peer.Pin(Process.GetCurrentProcess(), 0);
        (double Rate, double Cpu) bare = default;
        foreach (var name in new[] { "bare", "batches", "each", "pull" })
        {
            if (receiver != "all" && receiver != name)
                continue;
            var (rate, cpu) = await MeasureAsync(name, seconds);
            bare = name == "bare" ? (rate, cpu) : bare;
            var share = bare.Rate > 0 ? string.Create(CultureInfo.InvariantCulture, $", {rate / bare.Rate:P0} of the bare rate at {cpu / bare.Cpu:0.00} of its CPU a message") : "";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-8} {rate / 1e6,6:0.00} million messages a second, {cpu * 1e9,5:0} ns CPU each{share}"));
        }
    }

    private static async Task<(double Rate, double Cpu)> MeasureAsync(string receiver, double seconds)
    {
        using var system = ActorSystem.Create("loopback", "akka.loglevel = WARNING\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var counter = new Counter();
        var port = new TaskCompletionSource<int>();
        system.ActorOf(receiver switch
        {
            "bare" => Props.Create(() => new BareServer(false, counter, port)),
            "batches" => Props.Create(() => new RuntimeServer(MqttDelivery.Batches, counter, port)),
            "pull" => Props.Create(() => new RuntimeServer(MqttDelivery.Pull, counter, port)),
            _ => Props.Create(() => new RuntimeServer(MqttDelivery.EachPacket, counter, port)),
        });
        var listening = await port.Task;
        using var peer = Peer.Start(string.Create(CultureInfo.InvariantCulture, $"blast --port {listening} --seconds {seconds}"));
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var (before, bytesBefore, began) = (Volatile.Read(ref counter.Messages), Volatile.Read(ref counter.Bytes), Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var messages = Volatile.Read(ref counter.Messages) - before + ((Volatile.Read(ref counter.Bytes) - bytesBefore) / MessageSize);
        process.Refresh();
        var cpu = (process.TotalProcessorTime - cpuBefore).TotalSeconds;
        peer.Kill();
        await system.Terminate();
        return (messages / elapsed, cpu / messages);
    }
}
