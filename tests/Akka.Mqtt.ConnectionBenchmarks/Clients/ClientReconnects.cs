using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>Clients whose server accepts each connection and ends it at once, in the memory of this process: the heap must stay flat.</summary>
internal static class ClientReconnects
{
    private const int Clients = 500;

    public static async Task RunAsync(int reconnects)
    {
        var system = ActorSystem.Create("reconnects", "akka.loglevel = ERROR\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var counter = new Counter();
        var bound = new TaskCompletionSource();
        system.ActorOf(Props.Create(() => new Ender(bound)));
        await bound.Task;
        var wait = TimeSpan.FromMilliseconds(1);
        var settings = MqttClientSettings.Create(system) with { Servers = [new Uri("memory://reconnects")], FirstWait = wait, LongestWait = wait };
        var handler = system.ActorOf(Props.Create(() => new Handler(counter)));
        for (var count = 0; count < Clients; count++)
            system.ActorOf(MqttClient.Props(settings, handler));
        var began = Stopwatch.GetTimestamp();
        var step = Math.Max(reconnects / 10, 1);
        for (var next = 0; next <= reconnects; next += step)
        {
            while (Volatile.Read(ref counter.Ended) < next)
                await Task.Delay(10);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{next,8} reconnects after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: heap {GC.GetTotalMemory(true) / 1024} KB, resident {Idle.Resident() / 1024} KB"));
        }
        Process.GetCurrentProcess().Kill(); // 500 clients would log their end
    }

    private sealed class Handler(Counter counter) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is MqttClient.Connected)
                counter.Connected++;
            else if (message is MqttClient.Disconnected && counter.Connected > 0)
                counter.Ended++;
        }
    }

    /// <summary>Accepts clients, answers CONNECT, and closes.</summary>
    private sealed class Ender : UntypedActor
    {
        private readonly TaskCompletionSource _bound;

        public Ender(TaskCompletionSource bound)
        {
            _bound = bound;
            Context.System.Mqtt().Tell(new Mqtt.Bind(Self, new InMemoryEndPoint("reconnects")));
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Mqtt.Bound:
                    _bound.SetResult();
                    break;
                case Mqtt.Connected connected:
                    connected.Connection.Tell(new Mqtt.Register(Self));
                    break;
                case Connect:
                    Sender.Tell(new ConnAck());
                    Sender.Tell(Mqtt.Close.Instance);
                    break;
            }
        }
    }
}
