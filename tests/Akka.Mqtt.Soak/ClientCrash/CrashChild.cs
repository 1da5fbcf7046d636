using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Storage;

namespace Akka.Mqtt.Soak.ClientCrash;

/// <summary>The process that is killed.</summary>
internal static class CrashProcess
{
    /// <summary>Runs until it is killed; the last one of a run ends when its queue is empty.</summary>
    public static async Task<int> RunAsync(string file, int port, int seed, bool v5, bool isLast)
    {
        using var system = ActorSystem.Create("child", ConfigurationFactory.ParseString("akka.loglevel = ERROR\nakka.log-dead-letters = off"));
        var settings = MqttClientSettings.Create(system) with
        {
            Servers = [new Uri($"mqtt://127.0.0.1:{port}")], ClientId = "crash", Version = v5 ? MqttVersion.V5 : MqttVersion.V311, CleanStart = false,
            SessionExpiry = TimeSpan.FromHours(1), ReceiveMaximum = 20, Queue = new SqliteClientQueue(file),
        };
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new CrashChild(settings, seed, isLast, end)));
        await end.Task;
        await using var queue = await settings.Queue.OpenAsync(default);
        Console.WriteLine($"left {queue.State.Messages.Count}");
        return 0;
    }
}

/// <summary>A client with a queue in a file publishes numbered messages, and handles what is sent to it. It writes a line for each outcome and message.</summary>
internal sealed class CrashChild : UntypedActor
{
    private const int MostOpen = 200;

    private readonly MqttClientSettings _settings;
    private readonly Random _random;
    private readonly bool _isLast;
    private readonly TaskCompletionSource _end;
    private IActorRef _client = ActorRefs.Nobody;
    private int _next;
    private int _open;

    public CrashChild(MqttClientSettings settings, int seed, bool isLast, TaskCompletionSource end)
    {
        _settings = settings;
        _random = new Random(seed);
        _isLast = isLast;
        _end = end;
        _next = seed * 100_000;
    }

    protected override void PreStart()
    {
        _client = Context.ActorOf(MqttClient.Props(_settings, Self));
        _client.Tell(new MqttClient.Subscribe([new Subscription("crash/child/#", QualityOfService.ExactlyOnce)], "subscribe"));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Acked { Correlation: "subscribe" }:
                Console.WriteLine("subscribed");
                if (_isLast)
                    _client.Tell(new MqttClient.Publish(new Publish("crash/end", "") { QoS = QualityOfService.ExactlyOnce }, "end"));
                else
                    Publish();
                break;
            case MqttClient.Acked { Correlation: "end" }: // what was stored before has been sent before; its last acknowledgements follow
                Context.SetReceiveTimeout(TimeSpan.FromSeconds(1));
                break;
            case ReceiveTimeout: // nothing more comes
                Context.SetReceiveTimeout(null);
                _client.Tell(new MqttClient.Disconnect());
                break;
            case MqttClient.Outcome { Correlation: int number } outcome:
                Console.WriteLine($"{(outcome is MqttClient.Stored ? "stored" : outcome is MqttClient.Acked ? "acked" : $"fault {outcome}")} {number}");
                _open--;
                Publish();
                break;
            case MqttClient.Received received:
                foreach (var each in received.Messages)
                    Console.WriteLine($"handled {each.Payload.ToText()}");
                if (_random.Next(4) > 0)
                    _client.Tell(received.Acknowledge());
                else
                    Context.System.Scheduler.ScheduleTellOnce(_random.Next(1, 20), _client, received.Acknowledge(), Self);
                break;
            case MqttClient.Undelivered or MqttClient.GaveUp or MqttClient.QueueFailing or MqttClient.Disconnected:
                Console.WriteLine($"fault {message}");
                break;
            case MqttClient.Stopped:
                _end.TrySetResult();
                break;
        }
    }

    private void Publish()
    {
        while (_open < MostOpen)
        {
            _open++;
            var qos = _random.Next(3) == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce;
            var packet = new Publish($"crash/parent/{(int)qos}/{_random.Next(3)}", $"{_next}") { QoS = qos };
            _client.Tell(new MqttClient.Publish(packet, _next) { CompleteWhenStored = _random.Next(3) > 0 });
            _next++;
        }
    }
}
