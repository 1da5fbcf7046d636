using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Dispatch;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Dispatch;

/// <summary>The mailbox of the connections' dispatcher: nothing lost, nothing twice, each sender's messages in order.</summary>
public sealed class LinkedMailboxSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public void Actors_of_the_dispatcher_have_it()
    {
        _ = Sys.Mqtt();
        var actor = Sys.ActorOf(Props.Create(() => new Sink(new ConcurrentQueue<(int, int)>())).WithDeploy(Deploy.Local).WithDispatcher("akka.mqtt.dispatcher"));
        AwaitAssert(() => Assert.IsType<LinkedMessageQueue>(((ActorCell)((ActorRefWithCell)actor).Underlying).Mailbox?.MessageQueue));
    }

    [Fact]
    public void Messages_come_out_as_they_went_in_and_an_empty_one_says_so()
    {
        var queue = new LinkedMessageQueue();
        Assert.False(queue.HasMessages);
        Assert.False(queue.TryDequeue(out _));
        for (var i = 0; i < 3; i++)
            queue.Enqueue(TestActor, new Akka.Actor.Envelope(i, TestActor));
        Assert.Equal(3, queue.Count);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(queue.HasMessages);
            Assert.True(queue.TryDequeue(out var envelope));
            Assert.Equal((i, TestActor), ((int)envelope.Message, envelope.Sender));
        }

        Assert.Equal(0, queue.Count);
        Assert.False(queue.HasMessages);
        Assert.False(queue.TryDequeue(out _));
    }

    [Fact]
    public async Task Many_senders_at_once_lose_nothing_and_keep_their_order()
    {
        const int senders = 8;
        const int messages = 50_000;
        _ = Sys.Mqtt();
        var received = new ConcurrentQueue<(int Sender, int Number)>();
        var actor = Sys.ActorOf(Props.Create(() => new Sink(received)).WithDeploy(Deploy.Local).WithDispatcher("akka.mqtt.dispatcher"));
        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(() =>
        {
            for (var i = 0; i < messages; i++)
                actor.Tell((sender, i));
        })));
        await AwaitConditionAsync(() => Task.FromResult(received.Count == senders * messages), Soon);
        var next = new int[senders];
        foreach (var (sender, number) in received)
            Assert.Equal(next[sender]++, number);
    }

    [Fact]
    public async Task What_waits_for_an_actor_that_stops_goes_to_dead_letters()
    {
        _ = Sys.Mqtt();
        var letters = CreateTestProbe();
        Sys.EventStream.Subscribe(letters, typeof(Akka.Event.DeadLetter));
        var actor = Sys.ActorOf(Props.Create(() => new Stopper()).WithDeploy(Deploy.Local).WithDispatcher("akka.mqtt.dispatcher"));
        actor.Tell("stop");
        actor.Tell("late");
        await letters.FishForMessageAsync(message => message is Akka.Event.DeadLetter { Message: "late" }, Soon);
    }

    private sealed class Sink : ReceiveActor
    {
        public Sink(ConcurrentQueue<(int, int)> received) => Receive<(int, int)>(received.Enqueue);
    }

    private sealed class Stopper : ReceiveActor
    {
        public Stopper() => Receive<string>(_ => Context.Stop(Self));
    }
}
