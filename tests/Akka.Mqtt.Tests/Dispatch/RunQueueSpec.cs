using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Dispatch;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Dispatch;

/// <summary>The dispatcher of connections: what one chunk wakes runs on one thread, everything runs in the end, and order is kept.</summary>
public sealed class RunQueueSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private const string Dispatcher = "akka.mqtt.dispatcher";

    [Fact]
    public async Task Connections_run_on_the_dispatcher_that_their_settings_name()
    {
        var commander = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Attach(new MemoryStream(), Akka.Mqtt.Protocol.MqttRole.Client), commander);
        var connected = await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        Assert.Equal(Dispatcher, ((ActorRefWithCell)connected.Connection).Underlying.Props.Dispatcher);

        var settings = MqttConnectionSettings.Create(Sys) with { Dispatcher = "" };
        Sys.Mqtt().Tell(new Mqtt.Attach(new MemoryStream(), Akka.Mqtt.Protocol.MqttRole.Client) { Settings = settings }, commander);
        connected = await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        Assert.Equal(Akka.Dispatch.Dispatchers.DefaultDispatcherId, ((ActorRefWithCell)connected.Connection).Underlying.Props.Dispatcher);
    }

    [Fact]
    public async Task A_dispatcher_that_is_not_configured_fails_the_command_and_nothing_else()
    {
        var commander = CreateTestProbe();
        var command = new Mqtt.Attach(new MemoryStream(), Akka.Mqtt.Protocol.MqttRole.Client)
        {
            Settings = MqttConnectionSettings.Create(Sys) with { Dispatcher = "nowhere" },
        };
        Sys.Mqtt().Tell(command, commander);
        var failed = await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Told.AssertSame(command, failed.Command);
        Assert.Contains("nowhere", failed.Message, StringComparison.Ordinal);
        Sys.Mqtt().Tell(command with { Settings = null }, commander);
        await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
    }

    [Fact]
    public async Task What_writes_last_goes_behind_everything_else_and_the_last_first()
    {
        _ = Sys.Mqtt();
        var order = new ConcurrentQueue<string>();
        var next = Sys.ActorOf(Props.Create(() => new Recorder(order)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        var first = Sys.ActorOf(Props.Create(() => new Latecomer(order, next)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        next.Tell("started");
        first.Tell("started");
        await AwaitConditionAsync(() => Task.FromResult(order.Count == 2), Soon);
        order.Clear();
        RunQueue.TellAndRun(first, "go");
        Assert.Equal(["go", "go", "late 2", "late 1"], order);
        Assert.False(RunQueue.TryAddLast(new Late(order, "never")));
    }

    [Fact]
    public void What_a_message_wakes_runs_on_the_thread_that_told_it_before_it_goes_on()
    {
        _ = Sys.Mqtt();
        var threads = new ConcurrentQueue<int>();
        IActorRef next = ActorRefs.Nobody;
        for (var i = 0; i < 5; i++)
        {
            var after = next;
            next = Sys.ActorOf(Props.Create(() => new Link(after, threads)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        }

        RunUntilStarted(next, threads);
        threads.Clear();
        RunQueue.TellAndRun(next, "go");
        Assert.Equal(5, threads.Count);
        Assert.All(threads, thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
    }

    [Fact]
    public async Task More_actors_than_a_thread_keeps_run_all_the_same_and_each_takes_its_messages_in_order()
    {
        _ = Sys.Mqtt();
        const int actors = 3000;
        const int messages = 20;
        var done = new CountdownEvent(actors);
        var targets = Enumerable.Range(0, actors)
            .Select(_ => Sys.ActorOf(Props.Create(() => new InOrder(messages, done)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher))).ToArray();
        var sprayer = Sys.ActorOf(Props.Create(() => new Sprayer(targets, messages)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        RunQueue.TellAndRun(sprayer, "go");
        await AwaitConditionAsync(() => Task.FromResult(done.IsSet), Soon);
    }

    [Fact]
    public async Task An_actor_that_fails_takes_no_other_with_it()
    {
        _ = Sys.Mqtt();
        var threads = new ConcurrentQueue<int>();
        var last = Sys.ActorOf(Props.Create(() => new Link(ActorRefs.Nobody, threads)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        var failing = Sys.ActorOf(Props.Create(() => new Failing(last)).WithDeploy(Deploy.Local).WithDispatcher(Dispatcher));
        RunQueue.TellAndRun(failing, "go");
        RunQueue.TellAndRun(failing, "go");
        await AwaitAssertAsync(() => Assert.Equal(2, threads.Count));
    }

    private static void RunUntilStarted(IActorRef actor, ConcurrentQueue<int> threads)
    {
        RunQueue.TellAndRun(actor, "go"); // actors are created by a message of their own, perhaps on another thread
        SpinWait.SpinUntil(() => threads.Count == 5, Soon);
    }

    private sealed class Link : ReceiveActor
    {
        public Link(IActorRef next, ConcurrentQueue<int> threads) => ReceiveAny(message =>
        {
            threads.Enqueue(Environment.CurrentManagedThreadId);
            next.Tell(message);
        });
    }

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(ConcurrentQueue<string> order) => Receive<string>(order.Enqueue);
    }

    private sealed class Latecomer : ReceiveActor
    {
        public Latecomer(ConcurrentQueue<string> order, IActorRef next) => Receive<string>(message =>
        {
            order.Enqueue(message);
            if (message != "go")
                return;
            RunQueue.TryAddLast(new Late(order, "late 1"));
            RunQueue.TryAddLast(new Late(order, "late 2"));
            next.Tell(message);
        });
    }

    private sealed class Late(ConcurrentQueue<string> order, string text) : Akka.Dispatch.IRunnable
    {
        public void Run() => order.Enqueue(text);

        public void Execute() => Run();
    }

    private sealed class Failing : ReceiveActor
    {
        public Failing(IActorRef next) => ReceiveAny(message =>
        {
            next.Tell(message);
            throw new InvalidOperationException("as planned");
        });
    }

    private sealed class Sprayer : ReceiveActor
    {
        public Sprayer(IActorRef[] targets, int messages) => ReceiveAny(_ =>
        {
            for (var i = 0; i < messages; i++)
            {
                foreach (var target in targets)
                    target.Tell(i);
            }
        });
    }

    private sealed class InOrder : ReceiveActor
    {
        public InOrder(int messages, CountdownEvent done)
        {
            var next = 0;
            Receive<int>(number =>
            {
                if (number == next && ++next == messages)
                    done.Signal();
            });
        }
    }
}
