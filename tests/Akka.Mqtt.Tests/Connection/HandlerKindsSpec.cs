using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Routing;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>Which handlers a connection takes, and what it answers to what it does not take.</summary>
[Collection(Alone.Name)]
public sealed class HandlerKindsSpec(ITestOutputHelper output) : FaultSpec(output, tcp: false)
{
    [Theory]
    [InlineData(MqttDelivery.EachPacket)]
    [InlineData(MqttDelivery.Batches)]
    public async Task A_router_is_refused_where_nothing_would_bound_what_waits_for_its_routees(MqttDelivery delivery)
    {
        var tested = await OpenAsync(MqttRole.Server, register: false);
        foreach (var router in new[] { Router(new RoundRobinPool(2)), Router(new ConsistentHashingPool(2)), Router(new RoundRobinGroup()) })
        {
            tested.Tell(new Mqtt.Register(router) { Delivery = delivery });
            var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal(CommandFailure.NotSupported, failed.Reason);
            Assert.Contains("router", failed.Message, StringComparison.Ordinal);
        }

        tested.Tell(new Mqtt.Register(Router(new RoundRobinPool(2))) { Delivery = MqttDelivery.Pull, Ack = "registered" });
        await tested.Commander.ExpectMsgAsync("registered", Soon);
    }

    [Theory]
    [InlineData(MqttDelivery.EachPacket)]
    [InlineData(MqttDelivery.Batches)]
    public async Task A_stage_actor_is_refused_where_it_would_be_told_what_it_did_not_ask_for_and_works_with_pull(MqttDelivery delivery)
    {
        var tested = await OpenAsync(MqttRole.Server, register: false);
        var stage = await Source.FromGraph(new StageWithActor(TestActor)).ToMaterialized(Sink.Ignore<int>(), Keep.Left).Run(Sys.Materializer());
        tested.Tell(new Mqtt.Register(stage) { Delivery = delivery });
        var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(CommandFailure.NotSupported, failed.Reason);
        Assert.Contains("MqttDelivery.Pull", failed.Message, StringComparison.Ordinal);
        tested.Tell(new Mqtt.Register(stage) { Delivery = MqttDelivery.Pull });
        tested.Tell(new Mqtt.Request(1));
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        await ExpectMsgAsync(new Connect { ClientId = "c" }, Soon);
    }

    [Fact]
    public async Task The_end_brings_what_a_handler_had_not_asked_for()
    {
        var tested = await OpenAsync(MqttRole.Server, delivery: MqttDelivery.Pull);
        tested.Tell(new Mqtt.Request(1));
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" }, new Publish("t", "secret"), new Disconnect());
        await tested.Handler.ExpectMsgAsync(new Connect { ClientId = "c" }, Soon);
        tested.Tell(Mqtt.Close.Instance);
        var closed = await tested.Handler.ExpectMsgAsync<Mqtt.Closed>(Soon);
        Assert.Equal([new Publish("t", "secret"), new Disconnect()], closed.Undelivered);
        Assert.DoesNotContain("secret", closed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_connection_does_not_understand_is_answered(bool register)
    {
        var tested = await OpenAsync(MqttRole.Server, register: register);
        foreach (var message in new object[] { "text", 1, new object[] { "a" } })
        {
            tested.Tell(message);
            var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal(CommandFailure.NotSupported, failed.Reason);
            Assert.Equal(message, failed.Command);
        }
    }

    [Fact]
    public async Task Two_connections_do_not_answer_each_other_for_ever()
    {
        var (one, other) = (await OpenAsync(MqttRole.Server), await OpenAsync(MqttRole.Server));
        using var counters = new ConnectionCounters();
        one.Connection.Tell("text", other.Connection); // answered by an event, to a connection
        other.Tell("last");
        await other.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        one.Tell("last");
        await one.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        await other.Commander.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_close_before_a_handler_is_there_sends_what_was_told_before()
    {
        var tested = await OpenAsync(MqttRole.Client, register: false);
        var hello = new Connect { ClientId = "c" };
        tested.Tell(hello);
        tested.Tell(new Mqtt.Write(new Publish("a", "x"), "written"));
        tested.Tell(Mqtt.Close.Instance);
        await tested.Peer.ExpectPacketAsync(hello);
        await tested.Peer.ExpectPacketAsync(new Publish("a", "x"));
        await tested.Commander.ExpectMsgAsync("written", Soon);
        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        await tested.Commander.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await ExpectTerminatedAsync(tested.Connection, Soon);
    }

    [Fact]
    public void A_failed_command_is_one_line_without_a_stack_trace()
    {
        Exception cause;
        try
        {
            throw new InvalidOperationException("inner");
        }
        catch (InvalidOperationException e)
        {
            cause = e;
        }

        var failed = new Mqtt.CommandFailed(new Mqtt.Request(1), CommandFailure.ConnectFailed, "outer") { Cause = cause, ReasonCode = ReasonCode.QuotaExceeded };
        var text = failed.ToString();
        Assert.DoesNotContain("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", text, StringComparison.Ordinal);
        foreach (var part in new[] { "ConnectFailed", "QuotaExceeded", "outer", "InvalidOperationException", "inner", "Request" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    private IActorRef Router(RouterConfig config) => Sys.ActorOf(Props.Create(() => new Idle()).WithDeploy(Deploy.Local).WithRouter(config));

    private sealed class Idle : ReceiveActor;

    /// <summary>A stage that passes what its actor is told on to a probe.</summary>
    private sealed class StageWithActor(IActorRef probe) : GraphStageWithMaterializedValue<SourceShape<int>, Task<IActorRef>>
    {
        private readonly Outlet<int> _out = new("out");

        public override SourceShape<int> Shape => new(_out);

        public override ILogicAndMaterializedValue<Task<IActorRef>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
        {
            var made = new TaskCompletionSource<IActorRef>();
            return new LogicAndMaterializedValue<Task<IActorRef>>(new Logic(this, probe, made), made.Task);
        }

        private sealed class Logic : OutGraphStageLogic
        {
            private readonly IActorRef _probe;
            private readonly TaskCompletionSource<IActorRef> _made;

            public Logic(StageWithActor stage, IActorRef probe, TaskCompletionSource<IActorRef> made)
                : base(stage.Shape)
            {
                (_probe, _made) = (probe, made);
                SetHandler(stage._out, this);
            }

            public override void PreStart() => _made.SetResult(GetStageActor(from => _probe.Tell(from.Item2)).Ref);

            public override void OnPull()
            {
            }
        }
    }
}
