using System.Runtime;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cli;

/// <summary>
/// Compiles the hot paths of the server before real clients connect: compiling is half of the work that the first thousand clients cause. It runs simulated
/// clients against a second server, with its own actor system and loopback port, so that they never reach the real server.
/// It stops when all clients have run, when the real server has work, or when its time limit has passed.
/// </summary>
internal static class WarmUp
{
    /// <summary>How many clients run at a time.</summary>
    private const int ClientsAtATime = 16;

    /// <summary>With this number of real clients, or of their packets, the server has work, and the warm-up stops.</summary>
    private const int BusyClients = 16;

    private const int BusyPackets = 256;

    /// <summary>
    /// How many clients run in all. Code that runs once for each client has to be compiled, and compiled again with its profile: more than twice the
    /// <c>CallCountThreshold</c> of the project file.
    /// </summary>
    private const int Clients = 640;

    /// <summary>How long the server has to be idle before the warm-up starts.</summary>
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

    /// <summary>Warms up. An error ends it and has no other effect.</summary>
    /// <param name="most">The time limit.</param>
    /// <param name="isBusy">Whether the real server has work.</param>
    /// <param name="end">Stops the warm-up.</param>
    /// <returns>How many clients have finished.</returns>
    public static async Task<int> RunAsync(TimeSpan most, Func<bool> isBusy, CancellationToken end)
    {
        if (most <= TimeSpan.Zero)
            return 0;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(end);
        deadline.CancelAfter(most);
        var finished = 0;
        try
        {
            await UntilAsync(Task.Delay(Quiet, deadline.Token), isBusy, deadline.Token).ConfigureAwait(false);
            using var system = ActorSystem.Create("warm-up", ConfigurationFactory.ParseString(Configuration).WithFallback(MqttServer.DefaultConfig()).WithFallback(MqttExt.DefaultConfig()));
            try
            {
                var server = await MqttServer.StartAsync(
                    system, ServerContext.Create(MqttServerSettings.Create(system)) with { IsMeasured = false }, deadline.Token).ConfigureAwait(false);
                var dial = new Mqtt.Connect(server.Endpoints[0].Address);
                while (finished < Clients)
                {
                    await UntilAsync(RunClientsAsync(system, dial), isBusy, deadline.Token).ConfigureAwait(false);
                    finished += ClientsAtATime;
                    await CompiledAsync(isBusy, deadline.Token).ConfigureAwait(false);
                }
            }
            finally
            {
                await system.Terminate().ConfigureAwait(false);
            }
        }
        catch (Exception) // the time limit, real work, or no free port or descriptor must not disturb the real server
        {
            // Then real clients cause the compilation.
        }
        return finished;
    }

    /// <summary>Whether a server has work.</summary>
    public static bool IsBusy(MqttServer server)
    {
        var stats = server.Context.Stats;
        return stats.Connected >= BusyClients || stats.Traffic.Sum().PacketsReceived >= BusyPackets;
    }

    /// <summary>Runs one group of clients until all have finished.</summary>
    private static Task RunClientsAsync(ActorSystem system, Mqtt.Connect dial)
    {
        var clients = new List<Task>(ClientsAtATime);
        for (var i = 0; i < ClientsAtATime; i++)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var hello = new Connect { ClientId = $"warm-up-{i}", Version = i % 2 == 0 ? MqttVersion.V5 : MqttVersion.V311 };
            system.ActorOf(Props.Create<SimulatedClient>(dial, hello, over).WithDeploy(Deploy.Local));
            clients.Add(over.Task);
        }
        return Task.WhenAll(clients);
    }

    /// <summary>Waits until the compiler, which runs on its own thread, has no more work; more clients would only use its core.</summary>
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
    private sealed class SimulatedClient(Mqtt.Connect dial, Connect hello, TaskCompletionSource over) : UntypedActor
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
                    return; // counted when PUBREL arrives
                case PubRec received:
                    _connection.Tell(new PubRel(received.PacketId));
                    return; // counted when PUBCOMP arrives
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
