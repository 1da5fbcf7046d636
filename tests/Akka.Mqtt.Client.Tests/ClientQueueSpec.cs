using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>A client with a queue that survives it: what leaves before and after a commit, and what the next client does.</summary>
public sealed class ClientQueueSpec(ITestOutputHelper output) : ScriptedServer(output)
{
    private readonly MemoryClientQueue _queue = new();

    protected override MqttClientSettings Settings => base.Settings with { Queue = _queue };

    [Fact]
    public async Task A_message_leaves_and_is_stored_when_it_has_been_committed_and_not_before()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        _queue.Hold();
        client.Tell(Store("a", 1), Commander);
        await Commander.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        Assert.Empty(_queue.State.Messages);
        client.Tell(Acknowledged("b", 2), Commander);
        _queue.Continue();

        Assert.Equal(new MqttClient.Stored(1), await Commander.ExpectMsgAsync<MqttClient.Stored>());
        var first = await server.ExpectPacketAsync<Publish>();
        Assert.Equal("a", first.Topic);
        Assert.Equal(first.PacketId, _queue.State.Messages[0].PacketId);
        var second = await server.ExpectPacketAsync<Publish>();
        await server.SendPacketAsync(new PubAck(first.PacketId), new PubAck(second.PacketId));
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
        Assert.Empty(_queue.State.Messages);
    }

    [Fact]
    public async Task A_client_with_tasks_starts_and_stores_without_a_server_and_sends_when_there_is_one()
    {
        await using var client = await MqttClient.StartAsync(Settings, Sys);
        await client.StoreAsync(new Publish("a", "stored") { QoS = QualityOfService.AtLeastOnce });
        var publishing = client.PublishAsync(new Publish("b", "published") { QoS = QualityOfService.AtLeastOnce });
        var server = await Server.AcceptAsync();
        await server.AcceptClientAsync();
        foreach (var topic in (string[])["a", "b"])
        {
            var sent = await server.ExpectPacketAsync<Publish>();
            Assert.Equal(topic, sent.Topic);
            await server.SendPacketAsync(new PubAck(sent.PacketId));
        }
        Assert.IsType<MqttClient.Acked>(await publishing);
    }

    [Fact]
    public async Task A_message_is_stored_while_there_is_no_connection_and_gives_its_credit_back()
    {
        var client = Start(Settings with { MaxCommands = 1 });
        for (var number = 0; number < 3; number++)
        {
            client.Tell(Store("a", number), Commander);
            Assert.Equal(number, (await Commander.ExpectMsgAsync<MqttClient.Stored>()).Correlation);
        }
        Assert.Equal(3, _queue.State.Messages.Count);
    }

    [Fact]
    public async Task The_next_client_sends_again_with_dup_and_the_same_identifiers_and_gives_new_messages_others()
    {
        var first = await StartAndLoseAsync(QualityOfService.ExactlyOnce, answer: null);

        var client = Start(Settings);
        var server = await AcceptAsync(sessionPresent: true);
        Assert.Equal(first with { Dup = true }, await server.ExpectPacketAsync<Publish>());
        client.Tell(new MqttClient.Publish(new Publish("new", "x") { QoS = QualityOfService.ExactlyOnce }), Commander);
        var added = await server.ExpectPacketAsync<Publish>();
        Assert.NotEqual(first.PacketId, added.PacketId); // the server would take it for a repeat
        Assert.False(added.Dup);
    }

    [Fact]
    public async Task The_next_client_completes_an_exchange_of_QoS_2_with_PUBREL_and_not_with_PUBLISH()
    {
        var first = await StartAndLoseAsync(QualityOfService.ExactlyOnce, answer: id => new PubRec(id));

        Start(Settings);
        var server = await AcceptAsync(sessionPresent: true);
        await server.ExpectPacketAsync(new PubRel(first.PacketId));
        await server.SendPacketAsync(new PubComp(first.PacketId));
        await AwaitAssertAsync(() => Assert.Empty(_queue.State.Messages));
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task The_next_client_publishes_anew_when_the_server_has_no_session(QualityOfService qos)
    {
        var first = await StartAndLoseAsync(qos, answer: null);

        Start(Settings);
        var server = await AcceptAsync();
        var again = await server.ExpectPacketAsync<Publish>();
        Assert.Equal(("a", false), (again.Topic, again.Dup));
        Assert.Equal(first.Payload, again.Payload);
    }

    [Fact]
    public async Task A_received_message_of_QoS_2_that_was_acknowledged_is_not_delivered_by_the_next_client()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        var message = new Publish("a", "1") { QoS = QualityOfService.ExactlyOnce, PacketId = 7 };
        await server.SendPacketAsync(message);
        var received = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
        _queue.Hold();
        client.Tell(received.Acknowledge());
        await server.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(50));
        _queue.Continue();
        await server.ExpectPacketAsync(new PubRec(7));
        await KillAsync(client);

        Start(Settings);
        server = await AcceptAsync(sessionPresent: true);
        await server.SendPacketAsync(message with { Dup = true });
        await server.ExpectPacketAsync(new PubRec(7));
        await server.SendPacketAsync(new PubRel(7));
        await server.ExpectPacketAsync(new PubComp(7));
        Assert.Empty(_queue.State.Received);
        await Handler.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_new_message_with_the_identifier_of_an_exchange_that_the_server_has_forgotten_is_delivered()
    {
        _queue.Apply([new MqttClientQueueChange.Accepted("client"), new MqttClientQueueChange.Received(7)]);
        Start(Settings);
        var server = await AcceptAsync(sessionPresent: true);
        await server.SendPacketAsync(new Publish("a", "new") { QoS = QualityOfService.ExactlyOnce, PacketId = 7 });
        Assert.Equal("new", (await Handler.FishForMessageAsync<MqttClient.Received>(_ => true)).Messages[0].Payload.ToText());
    }

    [Fact]
    public async Task The_next_client_resumes_the_session_with_the_identifier_that_the_server_had_assigned()
    {
        var client = Start(Settings with { ClientId = "" });
        var server = await Server.AcceptAsync();
        Assert.True((await server.ExpectPacketAsync<Connect>()).CleanStart);
        await server.SendPacketAsync(new ConnAck(ReasonCode.Success) { Properties = new ConnAckProperties { AssignedClientIdentifier = "given" } });
        await Handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
        await AwaitAssertAsync(() => Assert.Equal("given", _queue.State.ClientId));
        await KillAsync(client);

        Start(Settings with { ClientId = "" });
        var connect = await (await Server.AcceptAsync()).ExpectPacketAsync<Connect>();
        Assert.Equal(("given", false), (connect.ClientId, connect.CleanStart));
    }

    [Fact]
    public async Task What_the_queue_has_when_the_client_stops_is_stored_and_the_queue_is_closed_before_Stopped()
    {
        var client = Start(Settings);
        client.Tell(Acknowledged("a", 1), Commander);
        await AwaitAssertAsync(() => Assert.Single(_queue.State.Messages));
        client.Tell(new MqttClient.Disconnect(), Commander);
        Assert.Equal(new MqttClient.Stored(1), await Commander.ExpectMsgAsync<MqttClient.Stored>());
        await Commander.ExpectMsgAsync<MqttClient.Stopped>();
        Assert.False(_queue.IsOpen);
        Assert.Single(_queue.State.Messages);
    }

    [Fact]
    public async Task A_message_that_the_server_refuses_later_is_undelivered()
    {
        var client = Start(Settings);
        client.Tell(Store("a", 1), Commander);
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        var server = await AcceptAsync();
        var sent = await server.ExpectPacketAsync<Publish>();
        await server.SendPacketAsync(new PubAck(sent.PacketId, ReasonCode.NotAuthorized));
        var undelivered = await Handler.FishForMessageAsync<MqttClient.Undelivered>(_ => true);
        Assert.Equal(("a", ReasonCode.NotAuthorized), (undelivered.Packet.Topic, ((MqttClient.Refused)undelivered.Outcome).ReasonCode));
        Assert.Empty(_queue.State.Messages);
    }

    [Fact]
    public async Task Nothing_leaves_while_the_queue_cannot_be_written_and_everything_when_it_can()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        await AwaitAssertAsync(() => Assert.NotNull(_queue.State.ClientId));
        _queue.FailNext(2);
        client.Tell(Store("a", 1), Commander);
        var failing = await Handler.FishForMessageAsync<MqttClient.QueueFailing>(_ => true);
        Assert.Equal((MqttClientCause.QueueFailed, "The disk is full."), (failing.Cause.Kind, failing.Cause.Message));
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        await server.ExpectPacketAsync<Publish>();
        await Handler.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20)); // told once
    }

    [Theory]
    [InlineData(MqttClientOverflow.RefuseNewest)]
    [InlineData(MqttClientOverflow.DropOldest)]
    public async Task The_overflow_rule_counts_what_an_earlier_client_has_left(MqttClientOverflow overflow)
    {
        var client = Start(Settings);
        client.Tell(Store("old", 1), Commander);
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        await KillAsync(client);

        client = Start(Settings with { MaxQueuedMessages = 1, Overflow = overflow });
        client.Tell(Store("new", 2), Commander);
        if (overflow == MqttClientOverflow.RefuseNewest)
        {
            Assert.Equal(MqttClientRefusal.QueueFull, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
            Assert.Equal("old", Assert.Single(_queue.State.Messages).Packet.Topic);
            return;
        }
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        Assert.Equal("old", (await Handler.FishForMessageAsync<MqttClient.Undelivered>(_ => true)).Packet.Topic);
        Assert.Equal("new", Assert.Single(_queue.State.Messages).Packet.Topic);
    }

    [Fact]
    public async Task Packet_identifiers_of_another_client_identifier_are_not_used()
    {
        await StartAndLoseAsync(QualityOfService.ExactlyOnce, answer: null);
        Start(Settings with { ClientId = "other", CleanStart = false });
        var server = await AcceptAsync(sessionPresent: true);
        Assert.False((await server.ExpectPacketAsync<Publish>()).Dup);
    }

    [Fact]
    public async Task QoS_0_and_messages_of_a_client_without_queue_are_not_storable()
    {
        var client = Start(Settings);
        client.Tell(new MqttClient.Publish(new Publish("a", "x")) { CompleteWhenStored = true }, Commander);
        Assert.Equal(MqttClientRefusal.NotStorable, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
        Start(Settings with { Queue = null }).Tell(Store("a", 1), Commander);
        Assert.Equal(MqttClientRefusal.NotStorable, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
    }

    [Fact]
    public async Task A_message_that_can_never_be_sent_is_refused_before_it_is_stored()
    {
        Start(Settings).Tell(Store("a/#", 1), Commander);
        Assert.Equal(MqttClientRefusal.InvalidPacket, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
        Assert.Empty(_queue.State.Messages);
    }

    [Fact]
    public async Task A_stored_message_does_not_end_by_command_timeout_and_one_that_waits_for_its_outcome_does()
    {
        var client = Start(Settings with { CommandTimeout = TimeSpan.FromMilliseconds(80) });
        client.Tell(Store("stored", 1), Commander);
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        client.Tell(Acknowledged("late", 2), Commander);
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Failed>()).Correlation);
        Assert.Equal("stored", Assert.Single(_queue.State.Messages).Packet.Topic);
    }

    [Fact]
    public async Task A_queue_that_cannot_be_opened_ends_the_client_with_its_cause()
    {
        var failure = new IOException("The file is damaged.");
        var opening = new TaskCompletionSource();
        var settings = Settings with { Queue = new MemoryClientQueue { OpenFailure = failure, Opening = opening.Task } };
        var client = Start(settings);
        client.Tell(Acknowledged("a", 1), Commander); // it comes before the client ends
        opening.SetResult();
        var gaveUp = await Handler.FishForMessageAsync<MqttClient.GaveUp>(_ => true);
        Assert.Equal((MqttClientCause.QueueFailed, "The file is damaged.", failure), (gaveUp.Cause.Kind, gaveUp.Cause.Message, gaveUp.Cause.Exception));
        await Handler.ExpectMsgAsync<MqttClient.Stopped>();
        await Commander.ExpectMsgAsync<MqttClient.Outcome>();

        var thrown = await Assert.ThrowsAsync<MqttClientException>(() => MqttClient.ConnectAsync(settings, Sys));
        Assert.Equal((MqttClientCause.QueueFailed, failure), (thrown.Cause!.Kind, thrown.InnerException));
    }

    [Fact]
    public async Task StoreAsync_completes_when_the_message_is_written()
    {
        var connecting = MqttClient.ConnectAsync(Settings, Sys);
        var server = await Server.AcceptAsync();
        await server.AcceptClientAsync();
        await using var client = await connecting;
        await client.StoreAsync(new Publish("a", "1") { QoS = QualityOfService.AtLeastOnce });
        Assert.Equal("a", Assert.Single(_queue.State.Messages).Packet.Topic);
        var sent = await server.ExpectPacketAsync<Publish>();
        await server.SendPacketAsync(new PubAck(sent.PacketId));
    }

    [Fact]
    public async Task A_request_that_comes_while_the_queue_is_being_opened_is_sent_then_and_its_time_runs_meanwhile()
    {
        var opening = new TaskCompletionSource();
        var client = Start(Settings with { Queue = new MemoryClientQueue { Opening = opening.Task } });
        client.Tell(new MqttClient.Request(new Publish("question", "?"), 1) { Timeout = TimeSpan.FromMilliseconds(20) }, Commander);
        client.Tell(new MqttClient.Request(new Publish("question", "?"), 2), Commander);
        Assert.Equal(new MqttClient.TimedOut(1), await Commander.ExpectMsgAsync<MqttClient.TimedOut>());
        opening.SetResult();
        var server = await AcceptAsync();
        await server.SendPacketAsync(AnswerTo(await AskedAsync(server)));
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
    }

    [Fact]
    public async Task A_request_that_comes_while_the_queue_is_being_opened_fails_when_the_client_stops()
    {
        var client = Start(Settings with { Queue = new MemoryClientQueue { Opening = new TaskCompletionSource().Task } });
        client.Tell(new MqttClient.Request(new Publish("question", "?"), 1), Commander);
        client.Tell(new MqttClient.Disconnect(), Commander);
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Failed>()).Correlation);
        await Commander.ExpectMsgAsync<MqttClient.Stopped>();
    }

    [Fact]
    public async Task The_answer_of_a_request_is_told_when_what_changed_before_it_has_been_committed()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(new Publish("question", "?") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        var question = await AskedAsync(server);
        Assert.Equal(question.PacketId, Assert.Single(_queue.State.Messages).PacketId);
        _queue.Hold();
        await server.SendPacketAsync(new PubAck(question.PacketId), AnswerTo(question));
        await Commander.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _queue.Continue();
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Replied>()).Correlation);
        Assert.Empty(_queue.State.Messages);
    }

    [Fact]
    public async Task A_request_that_is_in_the_queue_when_the_client_stops_is_unknown()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Request(new Publish("question", "?") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        await AskedAsync(server);
        client.Tell(new MqttClient.Disconnect { Wait = TimeSpan.Zero }, Commander);
        Assert.Equal(new MqttClient.Unknown(1), await Commander.ExpectMsgAsync<MqttClient.Unknown>());
        await Commander.ExpectMsgAsync<MqttClient.Stopped>();
        Assert.Single(_queue.State.Messages);
    }

    /// <summary>The client subscribes for answers, and asks.</summary>
    private static async Task<Publish> AskedAsync(MqttProbe server)
    {
        await server.SendPacketAsync(new SubAck((await server.ExpectPacketAsync<Subscribe>()).PacketId, ReasonCode.GrantedQoS1));
        return await server.ExpectPacketAsync<Publish>();
    }

    private static Publish AnswerTo(Publish question) => new(question.Properties!.ResponseTopic!, "!")
    {
        Properties = new PublishProperties { CorrelationData = question.Properties.CorrelationData },
    };

    private static MqttClient.Publish Store(string topic, int number) => Acknowledged(topic, number) with { CompleteWhenStored = true };

    private static MqttClient.Publish Acknowledged(string topic, int number) =>
        new(new Publish(topic, $"{number}") { QoS = QualityOfService.AtLeastOnce }, number);

    /// <summary>A first client sends a message, gets an answer or none, and is killed.</summary>
    private async Task<Publish> StartAndLoseAsync(QualityOfService qos, Func<ushort, MqttPacket>? answer)
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a", "1") { QoS = qos }) { CompleteWhenStored = true }, Commander);
        await Commander.ExpectMsgAsync<MqttClient.Stored>();
        var sent = await server.ExpectPacketAsync<Publish>();
        if (answer is not null)
        {
            await server.SendPacketAsync(answer(sent.PacketId));
            await server.ExpectPacketAsync(new PubRel(sent.PacketId));
        }
        await KillAsync(client);
        return sent;
    }

    /// <summary>Ends a client without a word to the server.</summary>
    private async Task KillAsync(IActorRef client)
    {
        await client.GracefulStop(TimeSpan.FromSeconds(5));
        await AwaitAssertAsync(() => Assert.False(_queue.IsOpen));
        while (Handler.HasMessages)
            await Handler.ReceiveOneAsync(TimeSpan.Zero);
    }
}
