using System.Diagnostics;
using System.Globalization;
using Akka.Actor;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>What an idle client costs: many of our clients in this process, connected by TCP to a server in another process.</summary>
internal static class ClientIdle
{
    private static readonly TimeSpan WheelRound = TimeSpan.FromSeconds(6); // until then Akka's scheduler holds the timers of the attempts: see ClientReconnects

    public static async Task RunAsync(int clients)
    {
        using var server = await BenchServer.StartAsync("own");
        var system = ActorSystem.Create("idle", "akka.loglevel = WARNING\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var settings = MqttClientSettings.Create(system) with { Servers = [new Uri($"mqtt://127.0.0.1:{server.Port}")] };
        await ConnectAsync(system, settings, 200); // warm: code compiled, pools filled
        var (heap, resident) = (Heap(), Idle.Resident());
        await ConnectAsync(system, settings, clients);
        var (after, grown) = (Heap(), Idle.Resident());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clients} idle clients: {(after - heap) / (double)clients:0} bytes of heap a client, {(grown - resident) / (double)clients:0} bytes of resident memory a client"));
        if (Environment.GetEnvironmentVariable("BENCH_WAIT") is not null) // for a heap dump
            await Task.Delay(Timeout.Infinite);
        Process.GetCurrentProcess().Kill(); // not 10,000 orderly ends
    }

    private static long Heap()
    {
        for (var round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(true);
    }

    private static async Task ConnectAsync(ActorSystem system, MqttClientSettings settings, int clients)
    {
        var counter = new Counter();
        var handler = system.ActorOf(Props.Create(() => new Connections(counter)));
        for (var count = 0; count < clients; count++)
        {
            system.ActorOf(MqttClient.Props(settings, handler));
            while (count - Volatile.Read(ref counter.Connected) > 100)
                await Task.Delay(1);
        }
        while (Volatile.Read(ref counter.Connected) < clients)
            await Task.Delay(10);
        await Task.Delay(WheelRound);
    }

    private sealed class Connections(Counter counter) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is MqttClient.Connected)
                counter.Connected++;
        }
    }
}
