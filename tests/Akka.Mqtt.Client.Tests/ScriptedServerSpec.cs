using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>A client, and a server that does what a test says: loses connections, refuses, says nothing.</summary>
public sealed class ScriptedServerSpec(ITestOutputHelper output) : ScriptedServer(output)
{
    [Fact]
    public async Task What_was_not_acknowledged_is_sent_again_with_dup_when_the_session_is_present()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a", "1") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        client.Tell(new MqttClient.Publish(new Publish("a", "2") { QoS = QualityOfService.ExactlyOnce }, 2), Commander);
        var sent = await first.ExpectPacketAsync<Publish>();
        var second = await first.ExpectPacketAsync<Publish>();
        Assert.False(sent.Dup);
        first.Abort();

        var next = await AcceptAsync(sessionPresent: true);
        Assert.Equal(sent with { Dup = true }, await next.ExpectPacketAsync<Publish>());
        Assert.Equal(second with { Dup = true }, await next.ExpectPacketAsync<Publish>());
        await next.SendPacketAsync(new PubAck(sent.PacketId), new PubRec(second.PacketId));
        await next.ExpectPacketAsync(new PubRel(second.PacketId));
        await next.SendPacketAsync(new PubComp(second.PacketId));
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
    }

    [Fact]
    public async Task Without_session_QoS_1_is_published_anew_and_QoS_2_is_unknown()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a", "1") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        client.Tell(new MqttClient.Publish(new Publish("a", "2") { QoS = QualityOfService.ExactlyOnce }, 2), Commander);
        await first.ExpectPacketAsync<Publish>();
        await first.ExpectPacketAsync<Publish>();
        first.Abort();

        var next = await AcceptAsync();
        var again = await next.ExpectPacketAsync<Publish>();
        Assert.Equal(("1", false), (again.Payload.ToText(), again.Dup));
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Unknown>()).Correlation);
        await next.SendPacketAsync(new PubAck(again.PacketId));
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
    }

    [Fact]
    public async Task Without_session_the_client_subscribes_again_and_tells_what_is_refused()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        client.Tell(new MqttClient.Subscribe(["a", "b"]), Commander);
        var request = await first.ExpectPacketAsync<Subscribe>();
        await first.SendPacketAsync(new SubAck(request.PacketId, ReasonCodes.GrantedQoS0, ReasonCodes.GrantedQoS0));
        await Commander.ExpectMsgAsync<MqttClient.Acked>();
        first.Abort();

        var next = await AcceptAsync();
        request = await next.ExpectPacketAsync<Subscribe>();
        Assert.Equal(["a", "b"], request.Subscriptions.Select(each => each.Filter));
        await next.SendPacketAsync(new SubAck(request.PacketId, ReasonCodes.GrantedQoS0, ReasonCode.NotAuthorized));
        var failed = await Handler.FishForMessageAsync<MqttClient.ResubscribeFailed>(_ => true);
        Assert.Equal(new MqttClient.ResubscribeFailed("b", ReasonCode.NotAuthorized), failed);
        next.Abort();

        request = await (await AcceptAsync()).ExpectPacketAsync<Subscribe>();
        Assert.Equal(["a"], request.Subscriptions.Select(each => each.Filter));
    }

    [Fact]
    public async Task A_request_without_answer_is_sent_again_on_the_next_connection()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        client.Tell(new MqttClient.Subscribe(["a"]), Commander);
        await first.ExpectPacketAsync<Subscribe>();
        first.Abort();
        var next = await AcceptAsync(sessionPresent: true);
        var request = await next.ExpectPacketAsync<Subscribe>();
        await next.SendPacketAsync(new SubAck(request.PacketId, ReasonCodes.GrantedQoS0));
        await Commander.ExpectMsgAsync<MqttClient.Acked>();
    }

    [Fact]
    public async Task Acknowledgements_in_any_order_leave_in_the_order_of_the_messages()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        for (ushort id = 1; id <= 3; id++)
            await server.SendPacketAsync(Message(id, id == 2 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce));
        var handles = new List<MqttClient.Acknowledge>();
        while (handles.Count < 3)
        {
            var received = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
            for (var at = 0; at < received.Messages.Count; at++)
                handles.Add(received.Acknowledge(at));
        }
        client.Tell(handles[2]);
        client.Tell(handles[1]);
        await server.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(50));
        client.Tell(handles[0]);
        client.Tell(handles[0]); // twice does nothing
        await server.ExpectPacketAsync(new PubAck(1));
        await server.ExpectPacketAsync(new PubRec(2));
        await server.ExpectPacketAsync(new PubAck(3));
        await server.SendPacketAsync(new PubRel(2));
        await server.ExpectPacketAsync(new PubComp(2));
    }

    [Fact]
    public async Task A_late_acknowledgement_means_no_message_of_the_next_connection_but_completes_QoS_2()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        await first.SendPacketAsync(Message(1, QualityOfService.AtLeastOnce), Message(2, QualityOfService.ExactlyOnce));
        var received = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
        var both = new List<MqttClient.Acknowledge> { received.Acknowledge() };
        if (received.Messages.Count == 1)
            both.Add((await Handler.ExpectMsgAsync<MqttClient.Received>()).Acknowledge());
        first.Abort();

        var next = await AcceptAsync(sessionPresent: true);
        await next.SendPacketAsync(Message(2, QualityOfService.ExactlyOnce) with { Dup = true }, Message(7, QualityOfService.AtLeastOnce));
        var other = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
        Assert.Equal(7, Assert.Single(other.Messages).PacketId); // QoS 2 is not delivered twice
        client.Tell(other.Acknowledge());
        await next.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(50));
        both.ForEach(each => client.Tell(each));
        await next.ExpectPacketAsync(new PubRec(2));
        await next.ExpectPacketAsync(new PubAck(7));
    }

    [Fact]
    public async Task A_repeat_between_two_messages_leaves_neither_of_them_unacknowledged()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        await first.SendPacketAsync(Message(2, QualityOfService.ExactlyOnce));
        var earlier = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
        first.Abort();

        var next = await AcceptAsync(sessionPresent: true);
        await next.SendPacketAsync(
            Message(5, QualityOfService.AtLeastOnce), Message(2, QualityOfService.ExactlyOnce) with { Dup = true }, Message(6, QualityOfService.AtLeastOnce));
        for (var count = 0; count < 2;)
        {
            var received = await Handler.FishForMessageAsync<MqttClient.Received>(_ => true);
            count += received.Messages.Count;
            client.Tell(received.Acknowledge());
        }
        client.Tell(earlier.Acknowledge());
        await next.ExpectPacketAsync(new PubAck(5));
        await next.ExpectPacketAsync(new PubRec(2));
        await next.ExpectPacketAsync(new PubAck(6));
    }

    [Fact]
    public async Task A_message_that_was_sent_is_unknown_and_never_refused_or_failed()
    {
        var client = Start(Settings);
        var first = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a", new byte[100]) { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        await first.ExpectPacketAsync<Publish>();
        first.Abort();
        await AcceptAsync(new ConnAckProperties { MaximumPacketSize = 50 }); // no session, and less than before
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Unknown>()).Correlation);
    }

    [Fact]
    public async Task A_command_without_credit_is_refused_and_the_outcome_of_another_gives_credit_back()
    {
        var client = Start(Settings with { MaxCommands = 1 });
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 2), Commander);
        var refused = await Commander.ExpectMsgAsync<MqttClient.Refused>();
        Assert.Equal((2, MqttClientRefusal.NoCredit), (refused.Correlation, refused.Reason));
        await server.SendPacketAsync(new PubAck((await server.ExpectPacketAsync<Publish>()).PacketId));
        await Commander.ExpectMsgAsync<MqttClient.Acked>();
        client.Tell(new MqttClient.Publish(new Publish("a"), 3), Commander);
        await Commander.ExpectMsgAsync<MqttClient.Sent>();
    }

    [Fact]
    public async Task A_message_that_the_server_cannot_take_fails_by_itself()
    {
        var client = Start(Settings);
        var server = await AcceptAsync(new ConnAckProperties { MaximumPacketSize = 100, MaximumQoS = QualityOfService.AtLeastOnce, RetainAvailable = false });
        client.Tell(new MqttClient.Publish(new Publish("a", new byte[200]) { QoS = QualityOfService.AtLeastOnce }), Commander);
        Assert.Equal(MqttClientRefusal.PacketTooLarge, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.ExactlyOnce }), Commander);
        Assert.Equal(ReasonCode.QoSNotSupported, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).ReasonCode);
        client.Tell(new MqttClient.Publish(new Publish("a") { Retain = true }), Commander);
        Assert.Equal(ReasonCode.RetainNotSupported, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).ReasonCode);
        client.Tell(new MqttClient.Publish(new Publish("a/#")), Commander);
        Assert.Equal(MqttClientRefusal.InvalidPacket, (await Commander.ExpectMsgAsync<MqttClient.Refused>()).Reason);
        client.Tell(new MqttClient.Publish(new Publish("a")), Commander);
        await Commander.ExpectMsgAsync<MqttClient.Sent>();
        await server.ExpectPacketAsync(new Publish("a"));
    }

    [Fact]
    public async Task The_client_keeps_to_the_receive_maximum_of_the_server()
    {
        var client = Start(Settings);
        var server = await AcceptAsync(new ConnAckProperties { ReceiveMaximum = 1 });
        client.Tell(new MqttClient.Publish(new Publish("a", "1") { QoS = QualityOfService.AtLeastOnce }), Commander);
        client.Tell(new MqttClient.Publish(new Publish("a", "2") { QoS = QualityOfService.AtLeastOnce }), Commander);
        var first = await server.ExpectPacketAsync<Publish>();
        await server.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(50));
        await server.SendPacketAsync(new PubAck(first.PacketId));
        Assert.Equal("2", (await server.ExpectPacketAsync<Publish>()).Payload.ToText());
    }

    [Fact]
    public async Task All_commands_have_an_outcome_when_the_client_stops()
    {
        var client = Start(Settings);
        var server = await AcceptAsync(new ConnAckProperties { ReceiveMaximum = 1 });
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 1), Commander);
        client.Tell(new MqttClient.Publish(new Publish("a") { QoS = QualityOfService.AtLeastOnce }, 2), Commander);
        client.Tell(new MqttClient.Subscribe(["a"], 3), Commander);
        await server.FishForPacketAsync<Subscribe>();
        client.Tell(new MqttClient.Disconnect { Wait = TimeSpan.Zero }, Commander);
        await server.FishForPacketAsync<Disconnect>();
        server.Close();
        Assert.Equal(1, (await Commander.ExpectMsgAsync<MqttClient.Unknown>()).Correlation);
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Failed>()).Correlation);
        Assert.Equal(3, (await Commander.ExpectMsgAsync<MqttClient.Unknown>()).Correlation);
        await Commander.ExpectMsgAsync<MqttClient.Stopped>();
    }

    [Fact]
    public async Task A_refusal_is_told_with_its_reason_and_bad_credentials_wait_longer()
    {
        Start(Settings);
        var server = await Server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.BadUserNameOrPassword));
        var lost = await Handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        Assert.Equal((MqttClientCause.Refused, ReasonCode.BadUserNameOrPassword), (lost.Cause.Kind, lost.Cause.ReasonCode));
        Assert.Equal(Settings.RejectedWait, lost.NextAttemptIn);
    }

    [Fact]
    public async Task A_take_over_ends_the_client_because_two_would_disconnect_each_other()
    {
        var client = Start(Settings);
        Watch(client);
        var server = await AcceptAsync();
        await server.SendPacketAsync(new Disconnect(ReasonCode.SessionTakenOver));
        var end = await Handler.FishForMessageAsync<MqttClient.GaveUp>(_ => true);
        Assert.Equal((MqttClientCause.ServerDisconnected, ReasonCode.SessionTakenOver), (end.Cause.Kind, end.Cause.ReasonCode));
        await Handler.ExpectMsgAsync<MqttClient.Stopped>();
        await ExpectTerminatedAsync(client);
    }

    [Fact]
    public async Task The_client_goes_to_the_server_that_the_server_names()
    {
        using var other = this.CreateMqttServerProbe();
        Start(Settings);
        var server = await Server.AcceptAsync();
        await server.AcceptClientAsync(
            new ConnAck(ReasonCode.UseAnotherServer) { Properties = new ConnAckProperties { ServerReference = $"{other.EndPoint}" } });
        await (await other.AcceptAsync()).AcceptClientAsync();
        await Handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
    }

    [Fact]
    public async Task A_client_that_is_told_to_use_another_server_takes_the_next_one_of_its_list()
    {
        using var other = this.CreateMqttServerProbe();
        Start(Settings with { Servers = [new Uri($"mqtt://{Server.EndPoint}"), new Uri($"mqtt://{other.EndPoint}")] });
        var server = await AcceptAsync();
        await server.SendPacketAsync(new Disconnect(ReasonCode.UseAnotherServer)); // without a reference: as a node of a cluster that stops
        await (await other.AcceptAsync()).AcceptClientAsync();
        await Handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
    }

    [Theory]
    [InlineData("20 03")] // half a CONNACK
    [InlineData("90 04 00 01 00 00")] // SUBACK first
    [InlineData("FF FF FF FF FF")]
    public async Task A_server_that_sends_something_else_than_CONNACK_is_left_with_a_cause(string bytes)
    {
        Start(Settings);
        var server = await Server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendBytesAsync(bytes);
        server.CompleteWrites();
        var lost = await Handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        Assert.True(lost.Cause.Kind is MqttClientCause.ProtocolError or MqttClientCause.ConnectionLost, $"{lost}");
    }

    [Fact]
    public async Task Each_attempt_asks_for_its_options_and_one_that_fails_is_an_attempt_that_failed()
    {
        Start(Settings with
        {
            OnAttempt = (attempt, _) => attempt.Attempt == 1
                ? throw new InvalidOperationException("no token")
                : ValueTask.FromResult(attempt.Settings with { UserName = $"user {attempt.LastCause!.Kind}" }),
        });
        Assert.Equal(MqttClientCause.OptionsFailed, (await Handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).Cause.Kind);
        Assert.Equal("user OptionsFailed", (await (await Server.AcceptAsync()).ExpectPacketAsync<Connect>()).UserName);
    }

    [Fact]
    public async Task Enhanced_authentication_answers_each_AUTH()
    {
        Start(Settings with
        {
            AuthenticationMethod = "test", AuthenticationData = "a",
            OnAuthenticate = (auth, _) => ValueTask.FromResult<MqttBinary>(auth.Properties!.AuthenticationData!.Value.ToText() + "!"),
        });
        var server = await Server.AcceptAsync();
        Assert.Equal("a", (await server.ExpectPacketAsync<Connect>()).Properties!.AuthenticationData!.Value.ToText());
        await server.SendPacketAsync(new Auth(ReasonCode.ContinueAuthentication)
        {
            Properties = new AuthProperties { AuthenticationMethod = "test", AuthenticationData = "b" },
        });
        Assert.Equal("b!", (await server.ExpectPacketAsync<Auth>()).Properties!.AuthenticationData!.Value.ToText());
    }

    [Fact]
    public async Task Topic_aliases_are_resolved_and_used()
    {
        var client = Start(Settings with { TopicAliases = 1 });
        var server = await AcceptAsync(new ConnAckProperties { TopicAliasMaximum = 5 });
        var topic = new string('t', 40);
        await server.SendPacketAsync(new Publish("a") { Properties = new PublishProperties { TopicAlias = 1 } });
        await server.SendPacketAsync(new Publish("") { Properties = new PublishProperties { TopicAlias = 1 } });
        await server.SendPacketAsync(new Publish("") { Properties = new PublishProperties { TopicAlias = 1, ContentType = "c" } });
        await server.SendPacketAsync(new Publish("") { Properties = new PublishProperties { TopicAlias = 1, ContentType = "d" } });
        var received = new List<Publish>();
        while (received.Count < 4)
            received.AddRange((await Handler.FishForMessageAsync<MqttClient.Received>(_ => true)).Messages);
        Assert.All(received, message => Assert.Equal(("a", (ushort?)null), (message.Topic, message.Properties?.TopicAlias)));
        Assert.Equal(["", "", "c", "d"], received.Select(message => message.Properties?.ContentType ?? ""));
        client.Tell(new MqttClient.Publish(new Publish(topic)), Commander);
        client.Tell(new MqttClient.Publish(new Publish(topic)), Commander);
        var first = await server.ExpectPacketAsync<Publish>();
        Assert.Equal((topic, (ushort?)1), (first.Topic, first.Properties?.TopicAlias));
        var second = await server.ExpectPacketAsync<Publish>();
        Assert.Equal(("", (ushort?)1), (second.Topic, second.Properties?.TopicAlias));
    }

    [Fact]
    public async Task DISCONNECT_is_sent_once_however_much_ends_while_the_client_closes()
    {
        var sent = new System.Collections.Concurrent.ConcurrentQueue<MqttPacket>();
        var client = Start(Settings with { OnSending = sent.Enqueue });
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("a", "1"), 1), Commander); // written after the client has begun to close
        client.Tell(new MqttClient.Disconnect { Wait = TimeSpan.Zero }, Commander);
        await server.ExpectPacketAsync<Publish>();
        await server.ExpectPacketAsync<Disconnect>();
        await Commander.FishForMessageAsync<MqttClient.Stopped>(_ => true);
        Assert.Equal([typeof(Connect), typeof(Publish), typeof(Disconnect)], sent.Select(static each => each.GetType()));
    }

    private static Publish Message(ushort id, QualityOfService qos) => new("a") { PacketId = id, QoS = qos };
}
