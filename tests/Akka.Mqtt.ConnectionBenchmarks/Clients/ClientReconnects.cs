using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>
/// Clients whose server accepts each connection and ends it at once, in the memory of this process: the heap must stay flat. It is measured ten times, while all
/// clients are connected and nothing else happens.
/// </summary>
internal static class ClientReconnects
{
    private const int Clients = 500;
    private const int Steps = 10;

    // Akka's scheduler finds a cancelled timer when its wheel comes round, after 512 ticks of 10 ms, and holds until then what the timer would have told. Without
    // this wait the figure would rise with the rate of reconnects.
    private static readonly TimeSpan WheelRound = TimeSpan.FromSeconds(6);

    /// <summary>Runs the reconnects.</summary>
    /// <param name="reconnects">How many, of all clients together.</param>
    /// <returns>0 when the heap stayed flat, else 1.</returns>
    public static async Task<int> RunAsync(int reconnects)
    {
        var system = ActorSystem.Create("reconnects", "akka.loglevel = ERROR\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var counter = new Counter();
        var bound = new TaskCompletionSource();
        var server = system.ActorOf(Props.Create(() => new Ender(bound)));
        await bound.Task;
        var wait = TimeSpan.FromMilliseconds(1);
        var settings = MqttClientSettings.Create(system) with { Servers = [new Uri("memory://reconnects")], FirstWait = wait, LongestWait = wait };
        var handler = system.ActorOf(Props.Create(() => new Handler(counter)));
        for (var count = 0; count < Clients; count++)
            system.ActorOf(MqttClient.Props(settings, handler));
        var began = Stopwatch.GetTimestamp();
        var heaps = new List<long>();
        for (var step = 1; step <= Steps; step++)
        {
            while (Volatile.Read(ref counter.Ended) < (long)reconnects * step / Steps)
                await Task.Delay(10);
            var held = new TaskCompletionSource();
            server.Tell(held);
            await held.Task;
            await Task.Delay(WheelRound);
            heaps.Add(Heap());
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Volatile.Read(ref counter.Ended),8} reconnects after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: heap {heaps[^1] / 1024} KB, resident {Idle.Resident() / 1024} KB"));
            if (step == Steps && Environment.GetEnvironmentVariable("BENCH_WAIT") is not null) // for a heap dump
                await Task.Delay(Timeout.Infinite);
            server.Tell(EndAll.Instance);
        }
        // Until the half of it pools fill and code is compiled. From one figure to the next pools of buffers differ by a MiB or so.
        var grown = heaps[^1] - heaps[(Steps / 2) - 1];
        var isFlat = grown <= Math.Max(2 * 1024 * 1024, 16L * reconnects / 2);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"The heap {(isFlat ? "stayed flat" : "grew")}: {grown / (reconnects / 2.0):0.0} bytes a reconnect in the second half."));
        await system.Terminate();
        return isFlat ? 0 : 1;
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

    private sealed class EndAll
    {
        public static readonly EndAll Instance = new();
    }

    /// <summary>Accepts clients, answers CONNECT, and closes; while it holds them, it does not close, and says when it has all.</summary>
    private sealed class Ender : UntypedActor
    {
        private readonly TaskCompletionSource _bound;
        private readonly List<IActorRef> _held = [];
        private TaskCompletionSource? _holds;

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
                    if (_holds is null)
                        Sender.Tell(Mqtt.Close.Instance);
                    else
                        Hold(Sender);
                    break;
                case TaskCompletionSource holds:
                    _holds = holds;
                    break;
                case EndAll:
                    _holds = null;
                    _held.ForEach(each => each.Tell(Mqtt.Close.Instance));
                    _held.Clear();
                    break;
            }
        }

        private void Hold(IActorRef connection)
        {
            _held.Add(connection);
            if (_held.Count == Clients)
                _holds!.SetResult();
        }
    }
}
