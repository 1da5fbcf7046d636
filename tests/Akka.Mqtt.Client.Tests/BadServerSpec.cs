using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Mqtt.Tests;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Servers that say nothing, refuse for ever, or send the client round in circles. In virtual time.</summary>
public sealed class BadServerSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly MqttServerProbe _server;
    private readonly TestProbe _handler;
    private readonly TestProbe _sender;

    public BadServerSpec(ITestOutputHelper output)
        : base(TestSystem.Configured(
            "akka { loglevel = INFO, scheduler.implementation = \"Akka.Mqtt.Tests.VirtualScheduler, Akka.Mqtt.Client.Tests\" }"), null, output)
    {
        _server = this.CreateMqttServerProbe();
        _handler = CreateTestProbe("handler");
        _sender = CreateTestProbe("sender");
    }

    private MqttClientSettings Settings => MqttClientSettings.Create((Config?)null) with { Servers = [new Uri($"mqtt://{_server.EndPoint}")], ClientId = "client" };

    private VirtualScheduler Time => (VirtualScheduler)Sys.Scheduler;

    [Fact]
    public async Task A_server_that_does_not_answer_CONNECT_is_left()
    {
        Start(Settings);
        await (await _server.AcceptAsync()).ExpectPacketAsync<Connect>();
        await AssertLeftAsync(Settings.AnswerTimeout);
    }

    [Theory]
    [InlineData("48 54 54 50 2F 31 2E 31")] // HTTP/1.1
    [InlineData("D0 00")] // PINGRESP before CONNACK
    [InlineData("20 03 00 01 00")] // a reason code that CONNACK does not have
    public async Task A_server_that_breaks_the_protocol_is_left_at_once_although_it_stays_open(string bytes)
    {
        Start(Settings);
        var server = await _server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendBytesAsync(bytes);
        Assert.Equal(MqttClientCause.ProtocolError, (await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).Cause.Kind);
    }

    [Fact]
    public async Task A_server_that_refuses_5_in_the_form_of_3_1_1_is_given_up_with_the_version_to_use()
    {
        Start(Settings);
        var server = await _server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendBytesAsync("20 02 00 01"); // unacceptable protocol level
        var cause = (await _handler.FishForMessageAsync<MqttClient.GaveUp>(_ => true)).Cause;
        Assert.Equal((MqttClientCause.Refused, ReasonCode.UnsupportedProtocolVersion), (cause.Kind, cause.ReasonCode));
        Assert.Contains("version = \"3.1.1\"", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_noticed_within_a_keep_alive_and_the_answer_time_while_the_client_sends()
    {
        var client = Start(Settings);
        await AcceptAsync();
        MqttClient.Disconnected? lost = null;
        var waited = TimeSpan.Zero;
        while (lost is null && waited < Settings.KeepAlive + Settings.AnswerTimeout + TimeSpan.FromSeconds(1))
        {
            // The handler asks, so that answers and the end of the connection come in one order: without a connection a message has no outcome yet.
            client.Tell(new MqttClient.Publish(new Publish("a")), _handler.Ref);
            lost = await LostBeforeAsync<MqttClient.Outcome>(); // the client has caught up with the time
            if (lost is not null)
                break;
            Time.Advance(TimeSpan.FromSeconds(1));
            waited += TimeSpan.FromSeconds(1);
            client.Tell(new Identify(null), _handler.Ref);
            lost = await LostBeforeAsync<ActorIdentity>();
        }
        lost ??= await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        Assert.Equal(MqttClientCause.NoAnswer, lost.Cause.Kind);
    }

    private async Task<MqttClient.Disconnected?> LostBeforeAsync<T>()
    {
        while (true)
        {
            switch (await _handler.ExpectMsgAsync<object>())
            {
                case MqttClient.Disconnected lost:
                    return lost;
                case T:
                    return null;
            }
        }
    }

    [Fact]
    public async Task A_command_that_the_server_never_answers_is_unknown_after_the_command_timeout_and_one_that_was_not_sent_has_failed()
    {
        var client = Start(Settings with { CommandTimeout = TimeSpan.FromSeconds(8), KeepAlive = TimeSpan.Zero });
        var server = await AcceptAsync(new ConnAckProperties { ReceiveMaximum = 1 });
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 1), _sender);
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 2), _sender);
        client.Tell(new MqttClient.Subscribe(["a"], 3), _sender);
        client.Tell(new MqttClient.Unsubscribe(["a"], 4), _sender);
        var sent = await server.ExpectPacketAsync<Publish>();
        await server.ExpectPacketAsync<Subscribe>();
        var unsubscribe = await server.ExpectPacketAsync<Unsubscribe>();
        await _sender.ExpectNoMsgAsync(TimeSpan.Zero);
        Time.Advance(TimeSpan.FromSeconds(10));
        var outcomes = new List<MqttClient.Outcome>();
        while (outcomes.Count < 4)
            outcomes.Add(await _sender.ExpectMsgAsync<MqttClient.Outcome>());
        Assert.Equal([1, 3, 4], outcomes.OfType<MqttClient.Unknown>().Select(each => (int)each.Correlation!).Order());
        var failed = Assert.Single(outcomes.OfType<MqttClient.Failed>());
        Assert.Equal((2, MqttClientCause.CommandTimedOut), (failed.Correlation, failed.Cause.Kind));

        // Answers that come all the same end the exchanges, and tell nobody.
        await server.SendPacketAsync(new PubAck(sent.PacketId), new UnsubAck(unsubscribe.PacketId, ReasonCode.Success));
        client.Tell(new MqttClient.Publish(new Publish("a", "next") { QoS = QualityOfService.AtLeastOnce }, 5), _sender);
        await server.SendPacketAsync(new PubAck((await server.ExpectPacketAsync<Publish>()).PacketId));
        Assert.Equal(5, (await _sender.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
    }

    [Fact]
    public async Task A_message_that_expires_in_the_queue_is_refused()
    {
        var client = Start(Settings);
        client.Tell(
            new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce, Properties = new PublishProperties { MessageExpiryInterval = 1 } }, 1),
            _sender);
        client.Tell(new Identify(null), _sender);
        await _sender.ExpectMsgAsync<ActorIdentity>();
        Time.Advance(TimeSpan.FromSeconds(2));
        await AcceptAsync();
        Assert.Equal(MqttClientRefusal.Expired, (await _sender.ExpectMsgAsync<MqttClient.Refused>()).Reason);
    }

    [Fact]
    public async Task The_oldest_messages_give_way_when_the_rule_says_so()
    {
        var client = Start(Settings with { MaxQueuedBytes = 1024, Overflow = MqttClientOverflow.DropOldest });
        for (var number = 0; number < 4; number++)
            client.Tell(new MqttClient.Publish(new Publish("a", new byte[200]) { QoS = QualityOfService.AtLeastOnce }, number), _sender);
        var refused = await _sender.ExpectMsgAsync<MqttClient.Refused>();
        Assert.Equal((0, MqttClientRefusal.QueueFull), (refused.Correlation, refused.Reason));
    }

    [Fact]
    public async Task A_refusal_for_ever_ends_after_the_greatest_number_of_attempts()
    {
        Start(Settings with { MaxAttempts = 3 });
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await (await _server.AcceptAsync()).AcceptClientAsync(new ConnAck(ReasonCode.ServerBusy));
            if (attempt == 2)
                break;
            var lost = await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
            Assert.Equal(ReasonCode.ServerBusy, lost.Cause.ReasonCode);
            Time.Advance(lost.NextAttemptIn);
        }
        Assert.Equal(MqttClientCause.Refused, (await _handler.FishForMessageAsync<MqttClient.GaveUp>(_ => true)).Cause.Kind);
        await _handler.FishForMessageAsync<MqttClient.Stopped>(_ => true);
    }

    [Fact]
    public async Task A_redirect_loop_is_left_after_five_turns()
    {
        using var other = this.CreateMqttServerProbe();
        Start(Settings);
        var turns = new List<Uri>();
        for (var turn = 0; turn < 7; turn++)
        {
            var connecting = await _handler.FishForMessageAsync<MqttClient.Connecting>(_ => true);
            turns.Add(connecting.Server);
            var (here, there) = connecting.Server.Port == _server.Port ? (_server, other) : (other, _server);
            await (await here.AcceptAsync()).AcceptClientAsync(
                new ConnAck(ReasonCode.UseAnotherServer) { Properties = new ConnAckProperties { ServerReference = $"{there.EndPoint}" } });
            var lost = await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
            Assert.Equal((MqttClientCause.Refused, ReasonCode.UseAnotherServer), (lost.Cause.Kind, lost.Cause.ReasonCode));
            Time.Advance(lost.NextAttemptIn);
        }
        // There and back, five times; then the server of the settings again.
        Assert.Equal(other.Port, turns[5].Port);
        Assert.Equal(_server.Port, turns[6].Port);
    }

    /// <summary>Connections wait for their end in virtual time.</summary>
    protected override void AfterAll()
    {
        using var time = new Timer(_ => Time.Advance(TimeSpan.FromSeconds(1)), null, 0, 5);
        base.AfterAll();
    }

    private IActorRef Start(MqttClientSettings settings) => Sys.ActorOf(MqttClient.Props(settings, _handler, () => 0.5));

    private async Task AssertLeftAsync(TimeSpan after)
    {
        Time.Advance(after - TimeSpan.FromMilliseconds(1));
        await _handler.ExpectMsgAsync<MqttClient.Demand>();
        await _handler.ExpectMsgAsync<MqttClient.Connecting>();
        await _handler.ExpectNoMsgAsync(TimeSpan.Zero);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(MqttClientCause.NoAnswer, (await _handler.ExpectMsgAsync<MqttClient.Disconnected>()).Cause.Kind);
    }

    private async Task<MqttProbe> AcceptAsync(ConnAckProperties? properties = null)
    {
        var server = await _server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.Success) { Properties = properties });
        await _handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
        return server;
    }
}
