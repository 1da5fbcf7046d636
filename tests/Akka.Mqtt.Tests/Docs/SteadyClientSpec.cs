using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.TestKit;
using Recipes;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Docs;

/// <summary>The program of docs/reconnect.md does what the page says. The test actor is the application; probes are the server.</summary>
public sealed class SteadyClientSpec : MqttSpec
{
    private readonly InMemoryEndPoint _address = new("steady");
    private readonly TestProbe _listener;
    private readonly TestProbe _server;

    public SteadyClientSpec(ITestOutputHelper output)
        : base(output, VirtualScheduler.Use)
    {
        _listener = CreateTestProbe();
        _server = CreateTestProbe();
    }

    [Fact]
    public async Task It_subscribes_pings_as_often_as_the_server_wants_and_passes_messages_on()
    {
        await ListenAsync();
        Start();
        var connection = await AcceptAsync(new ConnAck { Properties = new ConnAckProperties { ServerKeepAlive = 4 } });
        Assert.Equal(new Subscribe(1, new Subscription("a/#", QualityOfService.AtLeastOnce)), await _server.ExpectMsgAsync<Subscribe>(Soon));
        connection.Tell(new SubAck(1, ReasonCode.GrantedQoS1), _server);
        connection.Tell(new Publish("a/b", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 7 }, _server);
        Assert.Equal("x", (await ExpectMsgAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal(7, (await _server.ExpectMsgAsync<PubAck>(Soon)).PacketId);
        for (var ping = 0; ping < 8; ping++) // longer than it waits for an answer
        {
            Advance(2);
            await _server.ExpectMsgAsync<PingReq>(Soon);
            connection.Tell(PingResp.Instance, _server);
        }
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task It_dials_until_a_server_answers_and_again_when_the_connection_has_ended()
    {
        Start();
        Assert.IsType<Mqtt.Connect>((await ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Command); // nobody listens
        await ListenAsync();
        var connection = await AcceptAsync(new ConnAck());
        await _server.ExpectMsgAsync<Subscribe>(Soon);
        connection.Tell(Mqtt.Abort.Instance, _server);
        await ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
        await _server.ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
        await AcceptAsync(new ConnAck { SessionPresent = true });
        await _server.ExpectNoMsgAsync(Quiet); // the session has the subscription
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_aborts_a_connection_whose_server_does_not_answer(bool accepted)
    {
        await ListenAsync();
        Start();
        await (accepted ? AcceptAsync(new ConnAck { SessionPresent = true }) : ConnectedAsync());
        await AdvanceUntilAsync(_server, message => message is Mqtt.ConnectionClosed);
        await FishForMessageAsync(message => message is Mqtt.Aborted, Soon);
    }

    [Fact]
    public async Task It_stops_when_another_client_has_taken_its_session()
    {
        await ListenAsync();
        var client = await WatchAsync(Start());
        var connection = await AcceptAsync(new ConnAck { SessionPresent = true });
        connection.Tell(new Disconnect(ReasonCode.SessionTakenOver), _server);
        connection.Tell(Mqtt.Close.Instance, _server);
        await ExpectMsgAsync<Disconnect>(Soon);
        await ExpectTerminatedAsync(client, Soon);
    }

    private IActorRef Start()
    {
        var connect = new Connect { ClientId = "steady", KeepAlive = 30, CleanStart = false };
        Subscription[] subscriptions = [new("a/#", QualityOfService.AtLeastOnce)];
        return Sys.ActorOf(Props.Create(() => new SteadyClient(_address, connect, subscriptions, TestActor))
            .WithDeploy(Deploy.Local)); // a network in memory has no address on another node
    }

    private async Task ListenAsync()
    {
        _listener.Send(Sys.Mqtt(), new Mqtt.Bind(_listener, _address));
        await _listener.ExpectMsgAsync<Mqtt.Bound>(Soon);
    }

    private async Task<IActorRef> ConnectedAsync()
    {
        await AdvanceUntilAsync(_listener, _ => true);
        var connection = _listener.LastSender;
        connection.Tell(new Mqtt.Register(_server), _server);
        await _server.ExpectMsgAsync<Connect>(Soon);
        return connection;
    }

    private async Task<IActorRef> AcceptAsync(ConnAck answer)
    {
        var connection = await ConnectedAsync();
        connection.Tell(answer, _server);
        await ExpectMsgAsync(answer, Soon);
        return connection;
    }

    /// <summary>Virtual time passes until a probe is told what is wanted.</summary>
    private async Task AdvanceUntilAsync(TestProbe probe, Func<object, bool> isWanted)
    {
        for (var left = 100; left > 0; left--)
        {
            if (await probe.ReceiveOneAsync(TimeSpan.FromMilliseconds(50)) is not { } message)
                Advance(1);
            else if (isWanted(message))
                return;
        }
        Assert.Fail("It has not come in a hundred turns.");
    }

    private void Advance(double seconds) => ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromSeconds(seconds));
}
