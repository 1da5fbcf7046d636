using System.Runtime;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Has the code of a server compiled before clients come: the first thousand of them would find it slow, and compiling is half of the work that they
/// would make. Plays clients against a server of its own, on a port of loopback that the system picks and in an actor system of its own, which ends
/// with it: the server that serves never hears of them. Over when they have all been played, when the server has work, or when its time is.
/// </summary>
internal static class WarmUp
{
    /// <summary>Clients at a time.</summary>
    private const int Players = 16;

    /// <summary>So many real clients, or packets of theirs, warm the server up themselves, and need its core.</summary>
    private const int BusyClients = 16;

    private const int BusyPackets = 256;

    /// <summary>
    /// Clients in all: what happens once in the life of each is compiled then, and compiled again with what was learnt. Twice the
    /// <c>CallCountThreshold</c> of the project file, and some.
    /// </summary>
    private const int Lives = 640;

    /// <summary>Nothing happens so long: who starts a server and loads it at once needs the core.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const string Configuration = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          mqtt.server {
            listeners.tcp { host = 127.0.0.1, port = 0 }
            drain-timeout = 1 s
          }
        }
        """;

    /// <summary>Warms up. Whatever goes wrong, it only ends.</summary>
    /// <param name="most">The longest that it may take.</param>
    /// <param name="isBusy">Whether there is other work.</param>
    /// <param name="end">Ends it before its time.</param>
    /// <returns>How many clients it has played, each to its end.</returns>
    public static async Task<int> RunAsync(TimeSpan most, Func<bool> isBusy, CancellationToken end)
    {
        if (most <= TimeSpan.Zero)
            return 0;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(end);
        deadline.CancelAfter(most);
        var played = 0;
        try
        {
            await UntilAsync(Task.Delay(Quiet, deadline.Token), isBusy, deadline.Token).ConfigureAwait(false);
            using var system = ActorSystem.Create("warm-up", ConfigurationFactory.ParseString(Configuration).WithFallback(MqttServer.DefaultConfig()).WithFallback(MqttExt.DefaultConfig()));
            try
            {
                var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(system), cancellationToken: deadline.Token).ConfigureAwait(false);
                var dial = new Mqtt.Connect(server.Endpoints[0].Address);
                while (played < Lives)
                {
                    await UntilAsync(PlayAsync(system, dial), isBusy, deadline.Token).ConfigureAwait(false);
                    played += Players;
                    await CompiledAsync(isBusy, deadline.Token).ConfigureAwait(false);
                }
            }
            finally
            {
                await system.Terminate().ConfigureAwait(false);
            }
        }
        catch (Exception) // its time is over, or there is other work, or no port, or no descriptor: no reason for the server that serves to fail
        {
            // The real clients warm it up.
        }
        return played;
    }

    /// <summary>Whether a server has work of its own.</summary>
    public static bool IsBusy(MqttServer server)
    {
        var stats = server.Context.Stats;
        return stats.Connected >= BusyClients || stats.Traffic.Sum().PacketsReceived >= BusyPackets;
    }

    /// <summary>One round: every player to its end.</summary>
    private static Task PlayAsync(ActorSystem system, Mqtt.Connect dial)
    {
        var lives = new List<Task>(Players);
        for (var i = 0; i < Players; i++)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var hello = new Connect { ClientId = $"warm-up-{i}", Version = i % 2 == 0 ? MqttVersion.V5 : MqttVersion.V311 };
            system.ActorOf(Props.Create<Player>(dial, hello, over));
            lives.Add(over.Task);
        }
        return Task.WhenAll(lives);
    }

    /// <summary>The compiler does one method after the other on its own thread: no more is played before it has caught up, which would only take its core.</summary>
    private static async Task CompiledAsync(Func<bool> isBusy, CancellationToken end)
    {
        long methods;
        do
        {
            methods = JitInfo.GetCompiledMethodCount();
            await UntilAsync(Task.Delay(Pause, end), isBusy, end).ConfigureAwait(false);
        }
        while (JitInfo.GetCompiledMethodCount() > methods);
    }

    private static async Task UntilAsync(Task done, Func<bool> isBusy, CancellationToken end)
    {
        while (!done.IsCompleted)
        {
            if (isBusy())
                throw new OperationCanceledException();
            await Task.WhenAny(done, Task.Delay(Pause, end)).ConfigureAwait(false);
            end.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Connects, subscribes, sends itself messages of every QoS, acknowledges them, disconnects.</summary>
    private sealed class Player(Mqtt.Connect dial, Connect hello, TaskCompletionSource over) : UntypedActor
    {
        private const int PlainMessages = 8;
        private static readonly MqttBinary Payload = MqttBinary.FromText(new string('x', 64));

        private readonly string _topic = $"warm-up/{hello.ClientId}";
        private IActorRef _connection = ActorRefs.Nobody;
        private int _awaited;

        protected override void PreStart() => Context.System.Mqtt().Tell(dial, Self);

        protected override void PostStop() => over.TrySetResult();

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Mqtt.Connected:
                    _connection = Sender;
                    _connection.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Batches });
                    _connection.Tell(hello);
                    break;
                case Mqtt.Received batch:
                    foreach (var packet in batch.Packets.Span)
                        Answer(packet);
                    break;
                case Mqtt.ConnectionClosed or Mqtt.CommandFailed:
                    Context.Stop(Self);
                    break;
            }
        }

        private void Answer(MqttPacket packet)
        {
            switch (packet)
            {
                case ConnAck:
                    _connection.Tell(new Subscribe(1, new Subscription(_topic, QualityOfService.ExactlyOnce)));
                    break;
                case SubAck:
                    Send();
                    return;
                case Publish { QoS: QualityOfService.AtLeastOnce } message:
                    _connection.Tell(new PubAck(message.PacketId));
                    break;
                case Publish { QoS: QualityOfService.ExactlyOnce } message:
                    _connection.Tell(new PubRec(message.PacketId));
                    return; // when PUBREL has come
                case PubRec received:
                    _connection.Tell(new PubRel(received.PacketId));
                    return; // when PUBCOMP has come
                case PubRel release:
                    _connection.Tell(new PubComp(release.PacketId));
                    break;
            }
            if (packet is not ConnAck && --_awaited == 0)
            {
                _connection.Tell(new Unsubscribe(4, _topic));
                _connection.Tell(new Disconnect());
                _connection.Tell(Mqtt.Close.Instance);
            }
        }

        private void Send()
        {
            var packets = new MqttPacket[PlainMessages + 2];
            for (var i = 0; i < PlainMessages; i++)
                packets[i] = new Publish(_topic, Payload);
            packets[^2] = new Publish(_topic, Payload) { QoS = QualityOfService.AtLeastOnce, PacketId = 2 };
            packets[^1] = new Publish(_topic, Payload) { QoS = QualityOfService.ExactlyOnce, PacketId = 3 };
            _awaited = packets.Length + 2; // PUBACK and PUBCOMP too
            _connection.Tell(new Mqtt.WriteBatch(MqttList.Create<MqttPacket>(packets)));
        }
    }
}
