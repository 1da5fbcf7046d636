using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Stores;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A server with a storage: what is acknowledged is committed, and the next process goes on with it.</summary>
public class DurableServerSpec(ITestOutputHelper output) : DurableServerFixture(output)
{
    [Fact]
    public async Task A_client_whose_session_the_storage_has_lost_is_disconnected_and_has_a_new_one_when_it_comes_back()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, present: false);
        await SubscribeAsync(probe, "t");
        var session = SessionOf(server);
        server.Context.Targets.Find(session)!.TellActor(new Sessions.SessionProtocol.StorageLost(session + 1)); // of another session
        server.Context.Targets.Find(session)!.TellActor(new Sessions.SessionProtocol.StorageLost(session));
        Assert.Equal(ReasonCode.ImplementationSpecificError, (await probe.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await ClientAsync(server, present: false);
        Assert.NotEqual(session, SessionOf(server));
    }

    [Fact]
    public async Task A_session_and_its_messages_outlive_the_process()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, present: false);
        await SubscribeAsync(probe, "t");
        await LeaveAsync(server, probe);
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("1")));
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("2", QualityOfService.ExactlyOnce)));
        server = await RestartAsync(server);
        Assert.Equal((1, 1), (server.Context.Stats.Sessions, server.Context.Stats.Subscriptions));
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("3")));
        probe = await ClientAsync(server, present: true);
        Assert.Equal("1", (await probe.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        var second = await probe.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(("2", QualityOfService.ExactlyOnce), (second.Payload.ToText(), second.QoS));
        Assert.Equal("3", (await probe.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await probe.SendPacketAsync(new PubRec(second.PacketId));
        await probe.ExpectPacketAsync<PubRel>(Soon);
        server = await RestartAsync(server);
        probe = await ClientAsync(server, present: true);
        var again = new[] { await probe.ExpectPacketAsync<MqttPacket>(Soon), await probe.ExpectPacketAsync<MqttPacket>(Soon), await probe.ExpectPacketAsync<MqttPacket>(Soon) };
        Assert.Equal([MqttPacketType.Publish, MqttPacketType.PubRel, MqttPacketType.Publish], again.Select(each => each.Type)); // [MQTT-4.4.0-1]
        Assert.True(((Publish)again[0]).Dup);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task A_message_is_acknowledged_when_it_is_committed(QualityOfService qos)
    {
        var server = await StartAsync();
        var subscriber = await ClientAsync(server, present: false);
        await SubscribeAsync(subscriber, "t", QualityOfService.AtLeastOnce);
        var publisher = await ClientAsync(server, "publisher"); // its own session is not kept
        Engine.Hold();
        await publisher.SendPacketAsync(Message("1", qos, 7));
        Assert.Equal("1", (await subscriber.ExpectPacketAsync<Publish>(Soon)).Payload.ToText()); // QoS 1 need not wait
        await PendAsync();
        await ExpectHeldAsync(publisher);
        Engine.Commit();
        if (qos == QualityOfService.AtLeastOnce)
            await publisher.ExpectPacketAsync<PubAck>(Soon);
        else
            await publisher.ExpectPacketAsync<PubRec>(Soon);
    }

    [Fact]
    public async Task CONNACK_of_a_new_session_SUBACK_UNSUBACK_and_PUBCOMP_wait_for_the_commit()
    {
        var server = await StartAsync();
        Engine.Hold();
        var probe = await DialAsync(server);
        await probe.SendPacketAsync(Kept());
        await PendAsync();
        await ExpectHeldAsync(probe);
        Engine.Commit();
        Assert.False((await probe.ExpectPacketAsync<ConnAck>(Soon)).SessionPresent);
        await ExpectAfterCommitAsync<SubAck>(new Subscribe(1, new Subscription("t")));
        await ExpectAfterCommitAsync<UnsubAck>(new Unsubscribe(2, "t"));
        await ExpectAfterCommitAsync<PubRec>(Message("1", QualityOfService.ExactlyOnce, 3));
        await ExpectAfterCommitAsync<PubComp>(new PubRel(3));

        async Task ExpectAfterCommitAsync<T>(MqttPacket packet)
            where T : MqttPacket
        {
            await probe.SendPacketAsync(packet);
            await PendAsync();
            await ExpectHeldAsync(probe);
            Engine.Commit();
            await probe.ExpectPacketAsync<T>(Soon);
        }
    }

    [Fact]
    public async Task A_QoS_2_message_and_its_PUBREL_leave_when_that_is_committed_and_what_is_behind_them_waits()
    {
        var server = await StartAsync();
        var subscriber = await ClientAsync(server, present: false);
        await SubscribeAsync(subscriber, "t");
        var publisher = await ClientAsync(server, "publisher");
        Engine.Hold();
        await publisher.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 7));
        await AwaitAssertAsync(() => Assert.Contains(Engine.Operations, op => op is StoreOp.Sent), Soon);
        await publisher.SendPacketAsync(Message("2", QualityOfService.AtLeastOnce, 8));
        await ExpectHeldAsync(subscriber);
        Engine.Commit();
        var first = await subscriber.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal("1", first.Payload.ToText());
        await AwaitAssertAsync(() => Engine.Commit(), Soon);
        Assert.Equal("2", (await subscriber.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await subscriber.SendPacketAsync(new PubRec(first.PacketId));
        await PendAsync();
        await ExpectHeldAsync(subscriber);
        Engine.Commit();
        await subscriber.ExpectPacketAsync<PubRel>(Soon);
    }

    [Fact]
    public async Task What_a_client_was_received_at_QoS_2_is_known_after_a_restart()
    {
        var server = await StartAsync();
        var subscriber = await ClientAsync(server, present: false, "subscriber");
        await SubscribeAsync(subscriber, "t");
        await LeaveAsync(server, subscriber, "subscriber");
        var probe = await ClientAsync(server, present: false);
        await probe.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 3));
        await probe.ExpectPacketAsync<PubRec>(Soon);
        server = await RestartAsync(server);
        probe = await ClientAsync(server, present: true);
        await probe.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 3) with { Dup = true });
        await probe.ExpectPacketAsync<PubRec>(Soon);
        await probe.SendPacketAsync(new PubRel(3));
        Assert.Equal(ReasonCode.Success, (await probe.ExpectPacketAsync<PubComp>(Soon)).ReasonCode);
        subscriber = await ClientAsync(server, present: true, "subscriber");
        Assert.Equal("1", (await subscriber.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await ExpectNothingAsync(subscriber);
    }

    [Fact]
    public async Task What_was_not_committed_is_not_there_after_a_crash()
    {
        var server = await StartAsync();
        var subscriber = await ClientAsync(server, present: false);
        await SubscribeAsync(subscriber, "t");
        await LeaveAsync(server, subscriber);
        Engine.Hold();
        var publisher = await ClientAsync(server, "publisher");
        await publisher.SendPacketAsync(Message("1", QualityOfService.AtLeastOnce, 7));
        await PendAsync();
        server = await RestartAsync(server);
        await ExpectNothingAsync(await ClientAsync(server, present: true));
    }

    [Fact]
    public async Task What_the_server_says_of_itself_is_not_written()
    {
        var server = await MqttServerAsync("sys-interval = 1 s");
        await AwaitAssertAsync(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(server.Context.Retained.Count > 10);
        });
        server = await RestartAsync(server);
        Assert.Equal(0, server.Context.Retained.Count);
    }

    [Fact]
    public async Task Retained_messages_outlive_the_process()
    {
        var server = await StartAsync();
        await server.PublishAsync(Message("kept", topic: "r/1") with { Retain = true });
        await server.PublishAsync(Message("gone", topic: "r/2") with { Retain = true });
        await server.PublishAsync(new Publish("r/2") { Retain = true });
        server = await RestartAsync(server);
        var probe = await ClientAsync(server, "reader");
        await SubscribeAsync(probe, "r/#");
        var message = await probe.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(("r/1", "kept", true), (message.Topic, message.Payload.ToText(), message.Retain));
        await ExpectNothingAsync(probe);
    }

    [Fact]
    public async Task Expiry_and_will_delay_count_while_the_server_is_down()
    {
        var server = await StartAsync();
        var watcher = await ClientAsync(server, present: false, "watcher");
        await SubscribeAsync(watcher, "will");
        await LeaveAsync(server, watcher, "watcher");
        var will = new Will("will", "gone") { QoS = QualityOfService.AtLeastOnce, Properties = new WillProperties { WillDelayInterval = 60 } };
        await ClientAsync(server, present: false, "mortal", will, expiry: 100); // connected when the process is killed
        server = await RestartAsync(server);
        watcher = await ClientAsync(server, present: true, "watcher");
        await ExpectNothingAsync(watcher);
        Clock.Advance(TimeSpan.FromSeconds(61));
        await AwaitAssertAsync(() => Clock.Advance(TimeSpan.FromMilliseconds(100)), Soon);
        Assert.Equal("gone", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        server = await RestartAsync(server);
        Clock.Advance(TimeSpan.FromSeconds(60));
        await AwaitAssertAsync(
            () =>
            {
                // The storage is asked what is due at the start and each second from then on: a question from before the minute says nothing of it.
                Clock.Advance(TimeSpan.FromMilliseconds(100));
                Assert.Equal(1, server.Context.Stats.Sessions);
            },
            Soon);
        await ClientAsync(server, present: false, "mortal");
    }

    [Fact]
    public async Task Clean_Start_ends_a_session_of_an_earlier_process()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, present: false);
        await SubscribeAsync(probe, "t");
        server = await RestartAsync(server);
        var (_, answer) = await ConnectAsync(server, Kept(clean: true));
        Assert.False(answer.SessionPresent);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await server.PublishAsync(Message("1")));
        Assert.Equal(1, server.Context.Stats.Sessions);
    }

    [Fact]
    public async Task A_session_that_ends_with_its_connection_is_not_written()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, "clean");
        await SubscribeAsync(probe, "t");
        await server.PublishAsync(Message("1"));
        await probe.ExpectPacketAsync<Publish>(Soon);
        Assert.Empty(Engine.Operations);
    }

    [Fact]
    public async Task While_the_storage_fails_new_durable_messages_are_refused_and_others_go_on_and_it_heals()
    {
        var server = await StartAsync();
        var kept = await ClientAsync(server, present: false);
        await SubscribeAsync(kept, "durable");
        var probe = await ClientAsync(server, "clean");
        await SubscribeAsync(probe, "memory");
        Engine.Fail();
        await probe.SendPacketAsync(Message("1", QualityOfService.AtLeastOnce, 7, "durable"));
        Assert.Equal(ReasonCode.QuotaExceeded, (await probe.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
        await probe.SendPacketAsync(Message("2", QualityOfService.AtLeastOnce, 8, "memory"));
        var packets = new[] { await probe.ExpectPacketAsync<MqttPacket>(Soon), await probe.ExpectPacketAsync<MqttPacket>(Soon) };
        Assert.Contains(packets, packet => packet is PubAck { ReasonCode: ReasonCode.Success });
        var old = await ClientAsync(server, "old", MqttVersion.V311);
        await old.SendPacketAsync(Message("3", QualityOfService.AtLeastOnce, 9, "durable"));
        await PendAsync();
        await ExpectHeldAsync(old);
        Engine.GoOn();
        await old.ExpectPacketAsync<PubAck>(Soon);
        Assert.Equal("3", (await kept.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await probe.SendPacketAsync(Message("4", QualityOfService.AtLeastOnce, 10, "durable"));
        Assert.Equal(ReasonCode.Success, (await probe.ExpectPacketAsync<PubAck>(Soon)).ReasonCode);
    }

    [Fact]
    public async Task A_client_with_a_durable_session_is_told_that_QoS_2_is_refused_while_the_storage_fails()
    {
        var server = await StartAsync();
        var kept = await ClientAsync(server, present: false);
        await SubscribeAsync(kept, "t");
        Engine.Fail();
        await kept.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 7));
        Assert.Equal(ReasonCode.QuotaExceeded, (await kept.ExpectPacketAsync<PubRec>(Soon)).ReasonCode);
        Engine.GoOn();
        await kept.SendPacketAsync(Message("2", QualityOfService.ExactlyOnce, 7));
        Assert.Equal(ReasonCode.Success, (await kept.ExpectPacketAsync<PubRec>(Soon)).ReasonCode);
    }

    [Fact]
    public async Task A_parked_durable_session_is_counted_in_the_memory_also_after_a_restart_and_given_back_when_it_ends()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, present: false);
        await SubscribeAsync(probe, "t");
        await LeaveAsync(server, probe);
        var parked = Used();
        Assert.InRange(parked.Sessions, 100, 256);
        Assert.InRange(parked.Subscriptions, 150, 512);
        server = await RestartAsync(server);
        Assert.Equal(parked, Used());
        (probe, _) = await ConnectAsync(server, Kept(expiry: 0, clean: true));
        await probe.SendPacketAsync(new Disconnect());
        await AwaitAssertAsync(() => Assert.Equal((0L, 0L), Used()), Soon);

        (long Sessions, long Subscriptions) Used() =>
            (server.Context.Memory.Used(MemoryKind.Sessions), server.Context.Memory.Used(MemoryKind.Subscriptions));
    }

    [Fact]
    public async Task A_batch_for_many_sessions_is_written_once()
    {
        var server = await StartAsync();
        for (var at = 0; at < 10; at++)
        {
            var probe = await ClientAsync(server, present: false, $"c{at}");
            await SubscribeAsync(probe, "t");
            await LeaveAsync(server, probe, $"c{at}");
        }
        await server.PublishAsync(Message("1"));
        var queued = Assert.Single(Engine.Operations.OfType<StoreOp.Queued>());
        Assert.Equal(10, queued.Sessions.Length);
    }

    [Fact]
    public async Task The_end_of_the_server_parks_its_sessions_and_closes_the_storage()
    {
        var server = await StartAsync();
        var probe = await ClientAsync(server, present: false);
        var session = server.Context.Clients.Get(Key)!.Target.Session;
        var stopping = server.StopAsync();
        await probe.ExpectPacketAsync<Disconnect>(Soon);
        probe.Dispose();
        await stopping;
        Assert.True(Engine.IsDisposed);
        Assert.False(Engine.IsHeld(session));
        Assert.False(Engine.Peek(session)!.State.IsConnected);
    }
}
