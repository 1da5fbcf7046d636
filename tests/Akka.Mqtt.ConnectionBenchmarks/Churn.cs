using System.Diagnostics;
using System.Globalization;
using Akka.Actor;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>Connects and disconnects in great numbers: what stays behind is a leak.</summary>
internal static class Churn
{
    public static async Task RunAsync(int connections)
    {
        Peer.Pin(Process.GetCurrentProcess(), 0);
        using var system = ActorSystem.Create("churn", "akka.loglevel = WARNING\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var counter = new Counter();
        var port = new TaskCompletionSource<int>();
        system.ActorOf(Props.Create(() => new RuntimeServer(MqttDelivery.EachPacket, counter, port)));
        var listening = await port.Task;
        var step = Math.Max(connections / 10, 1);
        for (var done = 0; done <= connections; done += step)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{done,8} connections: heap {Heap() / 1024} KB, resident {Idle.Resident() / 1024} KB, {Descriptors()} descriptors"));
            if (done < connections)
                await CycleAsync(listening, Math.Min(step, connections - done));
        }

        await system.Terminate();
    }

    private static async Task CycleAsync(int port, int connections)
    {
        using var peer = Peer.Start($"cycle --port {port} --connections {connections}");
        if (await peer.StandardOutput.ReadLineAsync() != "cycled")
            throw new InvalidOperationException("The peer failed.");
        peer.Kill();
        await peer.WaitForExitAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
    }

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(true);
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : -1;
}
