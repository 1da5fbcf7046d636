using System.Collections.Concurrent;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>The end of an actor system unbinds listeners and closes connections in good order, by the phases of CoordinatedShutdown.</summary>
public sealed class ShutdownSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_system_that_ends_sends_what_is_queued_tells_clients_0x8B_and_closes(bool byCoordinatedShutdown)
    {
        using var served = new Served();
        var peer = await ConnectAsync(served, MqttVersion.V5);
        for (var at = 0; at < 50; at++)
            served.Connection!.Tell(new Publish("t", new byte[10_000]), served.Handler);
        CoordinatedShutdown.Get(served.System).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "test", async () =>
        {
            await served.EndedAsync(); // before the system stops the handler
            return Done.Instance;
        });
        var ended = byCoordinatedShutdown
            ? CoordinatedShutdown.Get(served.System).Run(CoordinatedShutdown.ClrExitReason.Instance)
            : served.System.Terminate();
        for (var at = 0; at < 50; at++)
            await peer.ExpectPacketAsync<Publish>();
        Assert.Equal(ReasonCode.ServerShuttingDown, (await peer.ExpectPacketAsync<Disconnect>()).ReasonCode);
        await peer.ExpectEndAsync();
        peer.Dispose();
        await ended;
        Assert.Equal([Mqtt.Closed.Instance], served.Ends);
    }

    [Fact]
    public async Task A_client_of_3_1_1_is_closed_without_a_word()
    {
        using var served = new Served();
        var peer = await ConnectAsync(served, MqttVersion.V311);
        var ended = served.System.Terminate();
        await peer.ExpectEndAsync();
        peer.Dispose();
        await ended;
    }

    [Fact]
    public async Task A_normal_end_leaves_no_dead_letters()
    {
        using var served = new Served();
        var peer = await ConnectAsync(served, MqttVersion.V5);
        var ended = served.System.Terminate();
        await peer.ExpectPacketAsync<Disconnect>();
        await peer.ExpectEndAsync();
        peer.Dispose();
        await ended;
        Assert.Empty(served.Letters);
    }

    [Fact]
    public async Task Listeners_accept_no_more_before_connections_close()
    {
        using var served = new Served();
        using var peer = await ConnectAsync(served, MqttVersion.V5);
        var unbound = new TaskCompletionSource();
        var goOn = new TaskCompletionSource<Done>();
        CoordinatedShutdown.Get(served.System).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "test", () =>
        {
            unbound.SetResult();
            return goOn.Task;
        });
        var ended = served.System.Terminate();
        await unbound.Task.WaitAsync(Soon);
        Sys.Mqtt().Tell(new Mqtt.Connect(served.Address!), TestActor);
        await ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        served.Connection!.Tell(new Publish("t", "still here"));
        await peer.ExpectPacketAsync(new Publish("t", "still here"));
        goOn.SetResult(Done.Instance);
        await peer.ExpectPacketAsync<Disconnect>();
        await peer.ExpectEndAsync();
        peer.Dispose();
        await ended;
    }

    [Fact]
    public async Task A_system_that_does_not_run_CoordinatedShutdown_at_its_end_stops_connections_at_once()
    {
        using var served = new Served("akka.coordinated-shutdown.run-by-actor-system-terminate = off");
        using var peer = await ConnectAsync(served, MqttVersion.V5);
        await served.System.Terminate();
        await peer.ExpectEndAsync();
    }

    private async Task<MqttProbe> ConnectAsync(Served served, MqttVersion version)
    {
        served.Address = await served.BoundAsync();
        var peer = await this.ConnectMqttProbeAsync(served.Address);
        await peer.SendPacketAsync(new Connect { ClientId = "c", Version = version });
        await peer.ExpectPacketAsync<ConnAck>();
        return peer;
    }

    /// <summary>An actor system with a listener, of which a test is the peer.</summary>
    private sealed class Served : IDisposable
    {
        private readonly ConcurrentQueue<AllDeadLetters> _letters = new();
        private readonly TaskCompletionSource<EndPoint> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Served(string config = "")
        {
            System = TestSystem.Create("served", ConfigurationFactory.ParseString(config));
            Handler = System.ActorOf(Props.Create(() => new Accepting(this)).WithDeploy(Deploy.Local), "handler");
            System.EventStream.Subscribe(System.ActorOf(Props.Create(() => new Collecting(_letters)).WithDeploy(Deploy.Local), "letters"), typeof(DeadLetter));
            System.Mqtt().Tell(new Mqtt.Bind(Handler, new IPEndPoint(IPAddress.Loopback, 0)), Handler);
        }

        public ActorSystem System { get; }

        public IActorRef Handler { get; }

        public IActorRef? Connection { get; private set; }

        public EndPoint? Address { get; set; }

        /// <summary>What the handler was told of the end of its connection.</summary>
        public ConcurrentQueue<Mqtt.ConnectionClosed> Ends { get; } = new();

        public Task EndedAsync() => _ended.Task.WaitAsync(Soon);

        /// <summary>Messages that nobody took.</summary>
        public IEnumerable<AllDeadLetters> Letters => _letters;

        public Task<EndPoint> BoundAsync() => _bound.Task.WaitAsync(Soon);

        public void Dispose() => System.Terminate().Wait(Soon);

        private sealed class Accepting : ReceiveActor
        {
            public Accepting(Served served)
            {
                Receive<Mqtt.Bound>(bound => served._bound.SetResult(bound.LocalAddress));
                Receive<Mqtt.Connected>(connected =>
                {
                    served.Connection = connected.Connection;
                    connected.Connection.Tell(new Mqtt.Register(Self));
                });
                Receive<Connect>(_ => Sender.Tell(new ConnAck()));
                Receive<Mqtt.ConnectionClosed>(closed =>
                {
                    served.Ends.Enqueue(closed);
                    served._ended.TrySetResult();
                });
            }
        }

        private sealed class Collecting : ReceiveActor
        {
            public Collecting(ConcurrentQueue<AllDeadLetters> letters) => Receive<AllDeadLetters>(letters.Enqueue);
        }
    }
}
