using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>Our client under load, as an actor or with tasks.</summary>
internal sealed class OwnLoad : IAsyncDisposable
{
    /// <summary>Commands under way at once, for QoS 1 and 2 as for QoS 0. MQTTnet's client gets the same number of tasks.</summary>
    public const int Parallel = 64;

    private readonly ActorSystem _system;

    private OwnLoad(ActorSystem system) => _system = system;

    public static async Task<IAsyncDisposable> StartAsync(ClientCase what, Counter counter)
    {
        var system = ActorSystem.Create("client", "akka.loglevel = WARNING\n" + Environment.GetEnvironmentVariable("BENCH_HOCON"));
        var settings = MqttClientSettings.Create(system) with { Servers = [new Uri($"mqtt://127.0.0.1:{what.Port}")] };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (what.Client == "actor")
        {
            system.ActorOf(what.Direction == "publish"
                ? Props.Create(() => new Publisher(what, settings, counter, ready))
                : Props.Create(() => new Receiver(what, settings, counter, ready)));
            await ready.Task;
            return new OwnLoad(system);
        }
        var client = await MqttClient.ConnectAsync(settings, system);
        if (what.Direction == "receive")
        {
            _ = Task.Run(async () =>
            {
                await foreach (var message in client.SubscribeAsync(what.Topic, (QualityOfService)what.QoS))
                    counter.Messages++;
            });
            return new OwnLoad(system);
        }
        var packet = new Publish(what.Topic, new byte[what.Size]) { QoS = (QualityOfService)what.QoS };
        for (var task = 0; task < Parallel; task++)
        {
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    await client.PublishAsync(packet);
                    Interlocked.Increment(ref counter.Messages);
                }
            });
        }
        return new OwnLoad(system);
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private abstract class Load : UntypedActor
    {
        private readonly TaskCompletionSource _ready;

        protected Load(ClientCase what, MqttClientSettings settings, TaskCompletionSource ready)
        {
            Case = what;
            _ready = ready;
            Client = Context.ActorOf(MqttClient.Props(settings, Self));
        }

        protected ClientCase Case { get; }

        protected IActorRef Client { get; }

        protected abstract void Connected();

        protected abstract void Handle(object message);

        protected override void OnReceive(object message)
        {
            if (message is MqttClient.Connected)
            {
                Connected();
                _ready.TrySetResult();
            }
            else
            {
                Handle(message);
            }
        }
    }

    private sealed class Publisher(ClientCase what, MqttClientSettings settings, Counter counter, TaskCompletionSource ready) : Load(what, settings, ready)
    {
        private readonly MqttClient.Publish _command = new(new Publish(what.Topic, new byte[what.Size]) { QoS = (QualityOfService)what.QoS });

        protected override void Connected()
        {
            for (var count = 0; count < Parallel; count++)
                Client.Tell(_command);
        }

        protected override void Handle(object message)
        {
            if (message is not (MqttClient.Sent or MqttClient.Acked))
                return;
            counter.Messages++;
            Client.Tell(_command);
        }
    }

    private sealed class Receiver(ClientCase what, MqttClientSettings settings, Counter counter, TaskCompletionSource ready) : Load(what, settings, ready)
    {
        protected override void Connected() => Client.Tell(new MqttClient.Subscribe([new Subscription(Case.Topic, (QualityOfService)Case.QoS)]));

        protected override void Handle(object message)
        {
            if (message is not MqttClient.Received received)
                return;
            counter.Messages += received.Messages.Count;
            Client.Tell(received.Acknowledge());
        }
    }
}
