using System.Diagnostics;
using System.Globalization;
using Akka.Actor;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>Resident memory and CPU of connections that have said CONNECT and then nothing.</summary>
internal static class Idle
{
    public static async Task RunAsync(string kind, int connections)
    {
        Peer.Pin(Process.GetCurrentProcess(), 0);
        foreach (var name in new[] { "inline", "island" })
        {
            if (kind == name)
                await MeasureAsync(name, connections);
            else if (kind == "all")
                await RunSelfAsync($"idle --kind {name} --connections {connections}"); // a process each: memory is not given back
        }
    }

    /// <summary>Resident memory of this process, in bytes.</summary>
    public static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static async Task RunSelfAsync(string command)
    {
        using var process = Process.Start(Environment.ProcessPath!, command);
        await process.WaitForExitAsync();
    }

    private static async Task MeasureAsync(string kind, int connections)
    {
        using var system = ActorSystem.Create("idle", "akka.loglevel = WARNING\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var counter = new Counter();
        var port = new TaskCompletionSource<int>();
        system.ActorOf(kind == "island"
            ? Props.Create(() => new RuntimeServer(MqttDelivery.Batches, counter, port))
            : Props.Create(() => new BareServer(true, counter, port)));
        var listening = await port.Task;
        await HoldAsync(listening, 500); // warm: code compiled, pools filled
        var before = Resident();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var began = Stopwatch.GetTimestamp();
        using var peer = Peer.Start($"hold --port {listening} --connections {connections}");
        await peer.StandardOutput.ReadLineAsync();
        var elapsed = Stopwatch.GetElapsedTime(began);
        using var process = Process.GetCurrentProcess();
        var spent = process.TotalProcessorTime - cpu;
        await Task.Delay(TimeSpan.FromSeconds(2));
        var after = Resident();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var heap = GC.GetTotalMemory(true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{kind,-7} {connections} connections: {(after - before) / 1024.0 / connections:0.0} KB resident each ({(Resident() - before) / 1024.0 / connections:0.0} after a collection, heap {heap / 1024.0 / connections:0.0}), {spent.TotalMilliseconds / connections:0.000} ms CPU a connect, {connections / elapsed.TotalSeconds:0} connects a second"));
        peer.Kill();
        await system.Terminate();
    }

    private static async Task HoldAsync(int port, int connections)
    {
        using var peer = Peer.Start($"hold --port {port} --connections {connections}");
        await peer.StandardOutput.ReadLineAsync();
        peer.Kill();
        await peer.WaitForExitAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
    }
}
