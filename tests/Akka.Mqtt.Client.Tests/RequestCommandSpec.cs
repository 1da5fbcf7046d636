using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Mqtt.Tests;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Requests as commands of the client actor: each gets exactly one outcome. A server by script, in virtual time.</summary>
public sealed class RequestCommandSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly MqttServerProbe _server;
    private readonly TestProbe _handler;
    private readonly TestProbe _sender;

    public RequestCommandSpec(ITestOutputHelper output)
        : base(TestSystem.Configured(
            "akka { loglevel = INFO, scheduler.implementation = \"Akka.Mqtt.Tests.VirtualScheduler, Akka.Mqtt.Client.Tests\" }"), null, output)
    {
        _server = this.CreateMqttServerProbe();
        _handler = CreateTestProbe("handler");
        _sender = CreateTestProbe("sender");
    }

    private static Publish Question => new("question", "?") { QoS = QualityOfService.AtLeastOnce };

    private MqttClientSettings Settings => MqttClientSettings.Create((Config?)null) with
    {
        Servers = [new Uri($"mqtt://{_server.EndPoint}")], ClientId = "client", KeepAlive = TimeSpan.Zero, TopicAliases = 0,
    };

    private VirtualScheduler Time => (VirtualScheduler)Sys.Scheduler;

    [Fact]
    public async Task A_request_gets_its_answer_and_the_handler_does_not()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        var question = await AskedAsync(server);
        await server.SendPacketAsync(new PubAck(question.PacketId), AnswerTo(question, "!") with { QoS = QualityOfService.AtLeastOnce, PacketId = 9 });
        await server.ExpectPacketAsync(new PubAck(9));
        var replied = await _sender.ExpectMsgAsync<MqttClient.Replied>();
        Assert.Equal((1, "!"), (replied.Correlation, replied.Answer.Payload.ToText()));
        await SettledAsync(client);
        Assert.False(_handler.HasMessages || _sender.HasMessages);
    }

    [Fact]
    public async Task Requests_share_one_subscription_and_answers_may_come_in_any_order_and_before_the_acknowledgement()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        var first = await AskedAsync(server);
        client.Tell(new MqttClient.Request(Question, 2), _sender);
        var second = await server.ExpectPacketAsync<Publish>();
        await server.SendPacketAsync(AnswerTo(second, "b"), AnswerTo(first, "a"), new PubAck(first.PacketId), new PubAck(second.PacketId, ReasonCode.NoMatchingSubscribers));
        Assert.Equal(2, (await _sender.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
        Assert.Equal(1, (await _sender.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
        await SettledAsync(client);
        Assert.False(_sender.HasMessages);
    }

    [Fact]
    public async Task A_request_without_answer_times_out_and_a_late_answer_is_acknowledged_dropped_and_told()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1) { Timeout = TimeSpan.FromSeconds(60) }, _sender);
        var question = await AskedAsync(server);
        client.Tell(new MqttClient.Request(Question, 2) { Timeout = TimeSpan.FromSeconds(5) }, _sender);
        await server.ExpectPacketAsync<Publish>();
        Time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        await SettledAsync(client);
        Assert.False(_sender.HasMessages);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new MqttClient.TimedOut(2), await _sender.ExpectMsgAsync<MqttClient.TimedOut>());
        Time.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(new MqttClient.TimedOut(1), await _sender.ExpectMsgAsync<MqttClient.TimedOut>());
        await server.SendPacketAsync(new PubAck(question.PacketId), AnswerTo(question, "late") with { QoS = QualityOfService.AtLeastOnce, PacketId = 9 });
        await server.ExpectPacketAsync(new PubAck(9));
        Assert.Equal(new MqttClient.LateAnswers(1), await _handler.ExpectMsgAsync<MqttClient.LateAnswers>());
        await SettledAsync(client);
        Assert.False(_sender.HasMessages);
    }

    [Fact]
    public async Task A_responder_that_fails_a_topic_without_subscribers_and_a_server_that_refuses_are_refusals()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        var question = await AskedAsync(server);
        await server.SendPacketAsync(AnswerTo(question, "") is var answer
            ? answer with { Properties = answer.Properties! with { UserProperties = [new UserProperty("error", "not today")] } }
            : null!);
        await AssertRefusedAsync(1, MqttClientRefusal.ByResponder, "not today");

        client.Tell(new MqttClient.Request(Question, 2), _sender);
        await server.SendPacketAsync(new PubAck((await server.ExpectPacketAsync<Publish>()).PacketId, ReasonCode.NoMatchingSubscribers));
        await AssertRefusedAsync(2, MqttClientRefusal.NoResponder, "No client has subscribed to question.");

        client.Tell(new MqttClient.Request(Question, 3), _sender);
        await server.SendPacketAsync(new PubAck((await server.ExpectPacketAsync<Publish>()).PacketId, ReasonCode.NotAuthorized));
        await AssertRefusedAsync(3, MqttClientRefusal.ByServer, "NotAuthorized");
    }

    [Fact]
    public async Task When_the_server_refuses_the_subscription_for_answers_the_request_is_refused_and_the_next_one_tries_again()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        await server.SendPacketAsync(new SubAck((await server.ExpectPacketAsync<Subscribe>()).PacketId, ReasonCode.NotAuthorized));
        await AssertRefusedAsync(1, MqttClientRefusal.ByServer, "NotAuthorized");
        client.Tell(new MqttClient.Request(Question, 2), _sender);
        await AskedAsync(server);
    }

    [Fact]
    public async Task A_subscription_for_answers_that_a_reconnect_loses_refuses_the_requests_that_wait()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1) { Timeout = TimeSpan.FromMinutes(10) }, _sender);
        var question = await AskedAsync(server);
        await server.SendPacketAsync(new PubAck(question.PacketId));
        await SettledAsync(client);
        server.Abort();
        Time.Advance((await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).NextAttemptIn);
        server = await AcceptAsync();
        await server.SendPacketAsync(new SubAck((await server.ExpectPacketAsync<Subscribe>()).PacketId, ReasonCode.NotAuthorized));
        await AssertRefusedAsync(1, MqttClientRefusal.ByServer, "NotAuthorized");
        client.Tell(new MqttClient.Request(Question, 2), _sender);
        await AskedAsync(server);
        Assert.False(_handler.HasMessages); // the subscription was none of the handler's
    }

    [Fact]
    public async Task When_the_client_stops_a_request_that_was_sent_is_unknown_and_one_that_was_not_has_failed()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        await server.SendPacketAsync(new PubAck((await AskedAsync(server)).PacketId));
        await SettledAsync(client);
        client.Tell(new MqttClient.Request(Question, 2) { Style = MqttRequestStyle.Topics }, _sender); // needs a subscription of its own
        await server.ExpectPacketAsync<Subscribe>();
        Sys.Stop(client);
        var outcomes = new[] { await _sender.ExpectMsgAsync<MqttClient.Outcome>(), await _sender.ExpectMsgAsync<MqttClient.Outcome>() };
        Assert.Equal(new MqttClient.Unknown(1), Assert.Single(outcomes.OfType<MqttClient.Unknown>()));
        Assert.Equal(2, Assert.Single(outcomes.OfType<MqttClient.Failed>()).Correlation);
    }

    [Fact]
    public async Task A_request_holds_its_credit_until_its_outcome()
    {
        var client = Start(Settings with { MaxCommands = 1 });
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1), _sender);
        var question = await AskedAsync(server);
        client.Tell(new MqttClient.Request(Question, 2), _sender);
        Assert.Equal((2, MqttClientRefusal.NoCredit), await _sender.ExpectMsgAsync<MqttClient.Refused>() is var refused ? (refused.Correlation, refused.Reason) : default);
        await server.SendPacketAsync(AnswerTo(question, "!"), new PubAck(question.PacketId));
        await _sender.ExpectMsgAsync<MqttClient.Replied>();
        client.Tell(new MqttClient.Request(Question, 3), _sender);
        await server.ExpectPacketAsync<Publish>();
    }

    [Fact]
    public async Task Before_5_a_request_says_by_its_topic_where_the_answer_goes()
    {
        var client = Start(Settings with { Version = MqttVersion.V311 });
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(Question, 1) { Style = MqttRequestStyle.Properties }, _sender);
        await AssertRefusedAsync(1, MqttClientRefusal.InvalidPacket, "ask by topic");
        client.Tell(new MqttClient.Request(Question, 2), _sender);
        var question = await AskedAsync(server);
        Assert.StartsWith("question/request/", question.Topic, StringComparison.Ordinal);
        await server.SendPacketAsync(new Publish(question.Topic.Replace("/request/", "/response/", StringComparison.Ordinal), "!"));
        Assert.Equal(2, (await _sender.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
    }

    [Fact]
    public async Task Beyond_max_answer_topics_the_client_unsubscribes_from_the_topic_asked_longest_ago_unless_a_request_waits()
    {
        var client = Start(Settings with { MaxAnswerTopics = 2 });
        var server = await AcceptAsync();
        var name = await AskAndAnswerAsync("a");
        await AskAndAnswerAsync("b");
        Ask("c"); // a gives way
        Assert.Equal(Filter("c"), (await server.ExpectPacketAsync<Subscribe>()).Subscriptions[0].Filter);
        Assert.Equal([Filter("a")], (await server.ExpectPacketAsync<Unsubscribe>()).Filters);
        Time.Advance(TimeSpan.FromSeconds(1));
        Ask("a"); // b gives way: a request waits for c
        Assert.Equal(Filter("a"), (await server.ExpectPacketAsync<Subscribe>()).Subscriptions[0].Filter);
        Assert.Equal([Filter("b")], (await server.ExpectPacketAsync<Unsubscribe>()).Filters);
        Ask("b"); // each of the three has a request that waits
        Assert.Equal(Filter("b"), (await server.ExpectPacketAsync<Subscribe>()).Subscriptions[0].Filter);
        await SettledAsync(client);
        Time.Advance(TimeSpan.FromSeconds(4)); // the request for c ends first
        Assert.Equal([Filter("c")], (await server.ExpectPacketAsync<Unsubscribe>()).Filters);

        void Ask(string topic) => client.Tell(
            new MqttClient.Request(Question with { Topic = topic }, topic) { Style = MqttRequestStyle.Topics, Timeout = TimeSpan.FromSeconds(5) }, _sender);

        async Task<string> AskAndAnswerAsync(string topic)
        {
            Ask(topic);
            var question = await AskedAsync(server);
            await server.SendPacketAsync(new PubAck(question.PacketId), new Publish(question.Topic.Replace("/request/", "/response/", StringComparison.Ordinal), "!"));
            Assert.Equal(topic, (await _sender.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
            return question.Topic.Split('/')[^2];
        }

        string Filter(string topic) => $"{topic}/response/{name}/+";
    }

    [Theory]
    [InlineData(MqttRequestStyle.Properties)]
    [InlineData(MqttRequestStyle.Topics)]
    public async Task An_answer_to_a_request_of_an_earlier_process_is_acknowledged_dropped_and_told(MqttRequestStyle style)
    {
        var earlier = Start(Settings with { CleanStart = false });
        var server = await AcceptAsync();
        earlier.Tell(new MqttClient.Request(Question, 1) { Style = style }, _sender);
        var question = await AskedAsync(server);
        var answer = style == MqttRequestStyle.Properties
            ? AnswerTo(question, "!")
            : new Publish(question.Topic.Replace("/request/", "/response/", StringComparison.Ordinal), "!");
        server.Abort();
        await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        Sys.Stop(earlier);
        await _handler.FishForMessageAsync<MqttClient.Stopped>(_ => true);

        Start(Settings with { CleanStart = false });
        server = await AcceptAsync(sessionPresent: true);
        await server.SendPacketAsync(
            answer with { QoS = QualityOfService.AtLeastOnce, PacketId = 8 }, new Publish($"{answer.Topic}x", "for the handler") { QoS = QualityOfService.AtLeastOnce, PacketId = 9 });
        await server.ExpectPacketAsync(new PubAck(8));
        var received = await _handler.FishForMessageAsync<MqttClient.Received>(_ => true);
        Assert.Equal("for the handler", Assert.Single(received.Messages).Payload.ToText());
        Assert.Equal(new MqttClient.LateAnswers(1), await _handler.ExpectMsgAsync<MqttClient.LateAnswers>());
    }

    [Fact]
    public async Task A_task_that_asks_ends_by_its_time_and_a_late_answer_is_counted()
    {
        var connecting = MqttClient.ConnectAsync(Settings, Sys);
        var server = await _server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.Success));
        var client = await connecting;
        var asking = client.RequestAsync("question", "?", TimeSpan.FromSeconds(5));
        var question = await AskedAsync(server);
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("question", (await Assert.ThrowsAsync<TimeoutException>(() => asking)).Message, StringComparison.Ordinal);
        await server.SendPacketAsync(new PubAck(question.PacketId), AnswerTo(question, "late"));
        await AwaitConditionAsync(() => Task.FromResult(client.DroppedMessages == 1));
    }

    [Fact]
    public async Task A_task_that_is_cancelled_gives_its_credit_back()
    {
        var connecting = MqttClient.ConnectAsync(Settings with { MaxCommands = 1 }, Sys);
        var server = await _server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.Success));
        var client = await connecting;
        using var cancelled = new CancellationTokenSource();
        var asking = client.RequestAsync("question", "?", TimeSpan.FromMinutes(5), cancelled.Token);
        await AskedAsync(server);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        var next = client.RequestAsync("question", "?", TimeSpan.FromMinutes(5));
        await server.SendPacketAsync(AnswerTo(await server.ExpectPacketAsync<Publish>(), "!"));
        Assert.Equal("!", (await next).Payload.ToText());
    }

    /// <summary>Connections wait for their end in virtual time.</summary>
    protected override void AfterAll()
    {
        using var time = new Timer(_ => Time.Advance(TimeSpan.FromSeconds(1)), null, 0, 5);
        base.AfterAll();
    }

    /// <summary>The client subscribes for answers, and asks.</summary>
    private static async Task<Publish> AskedAsync(MqttProbe server)
    {
        await server.SendPacketAsync(new SubAck((await server.ExpectPacketAsync<Subscribe>()).PacketId, ReasonCode.GrantedQoS1));
        return await server.ExpectPacketAsync<Publish>();
    }

    private static Publish AnswerTo(Publish question, string text) => new(question.Properties!.ResponseTopic!, text)
    {
        Properties = new PublishProperties { CorrelationData = question.Properties.CorrelationData },
    };

    private async Task AssertRefusedAsync(int correlation, MqttClientRefusal reason, string text)
    {
        var refused = await _sender.ExpectMsgAsync<MqttClient.Refused>();
        Assert.Equal((correlation, reason), (refused.Correlation, refused.Reason));
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }

    private async Task SettledAsync(IActorRef client)
    {
        var probe = CreateTestProbe();
        client.Tell(new Identify(null), probe);
        await probe.ExpectMsgAsync<ActorIdentity>();
    }

    private IActorRef Start(MqttClientSettings settings) => Sys.ActorOf(MqttClient.Props(settings, _handler, () => 0.5));

    private async Task<MqttProbe> AcceptAsync(bool sessionPresent = false)
    {
        var server = await _server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.Success) { SessionPresent = sessionPresent });
        await _handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
        return server;
    }
}
