using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A bridge, and a server that does what a test says. docs/bridge.md says which of mosquitto's tests of bridges each of these stands for.</summary>
public class BridgePeerSpec(ITestOutputHelper output) : BridgePeer(output)
{
    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task A_connection_that_ends_before_PUBACK_does_not_confuse_the_next_one(string version)
    {
        await NearAsync(version, """{ filter = "bridge/#", direction = both, qos = 1 }""");
        var (first, connect) = await AcceptAsync();
        Assert.Equal((version == "3.1.1", false), (connect.IsBridge, connect.CleanStart));
        await first.SendPacketAsync(Message("bridge/test", "1", QualityOfService.AtLeastOnce, 3));
        first.Abort();
        var (second, _) = await AcceptAsync();
        await second.SendPacketAsync(Message("bridge/test", "2", QualityOfService.AtLeastOnce, 20));
        Assert.Equal(20, (await second.ExpectPacketAsync<PubAck>(Soon)).PacketId);
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task A_message_of_QoS_2_comes_in_once_however_often_its_connection_is_lost(string version)
    {
        var near = await NearAsync(version, """{ filter = "bridge/#", direction = both, qos = 2 }""");
        var here = await SubscribeAsync(near, "#");
        var (first, _) = await AcceptAsync();
        await first.SendPacketAsync(Message("bridge/test", "1", QualityOfService.ExactlyOnce, 5));
        first.Abort();
        var (second, _) = await AcceptAsync(sessionPresent: true);
        await second.SendPacketAsync(Message("bridge/test", "1", QualityOfService.ExactlyOnce, 5) with { Dup = true });
        Assert.Equal(5, (await second.ExpectPacketAsync<PubRec>(Soon)).PacketId);
        await second.SendPacketAsync(new PubRel(5));
        second.Abort();
        var (third, _) = await AcceptAsync(sessionPresent: true);
        await third.SendPacketAsync(new PubRel(5));
        Assert.Equal(5, (await third.ExpectPacketAsync<PubComp>(Soon)).PacketId);
        await third.SendPacketAsync(Message("bridge/test", "2", QualityOfService.ExactlyOnce, 6));
        Assert.Equal("1", await NextAsync(here));
        Assert.Equal("2", await NextAsync(here));
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task What_was_published_before_the_other_server_answered_is_sent_then(string version)
    {
        var near = await NearAsync(version, """{ filter = "bridge/#" }""");
        var far = await Far.AcceptAsync(Soon);
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        await near.PublishAsync(Message("bridge/test", "late", QualityOfService.AtLeastOnce));
        await far.AcceptClientAsync();
        Assert.Equal(("bridge/test", "late"), Two(await far.ExpectPacketAsync<Publish>(Soon)));
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task A_message_that_was_retained_before_there_was_a_bridge_is_sent_once(string version)
    {
        var engine = Engine();
        var before = await NearAsync(version, topics: null, engine);
        await before.PublishAsync(Message("bridge/test", "kept", QualityOfService.AtLeastOnce) with { Retain = true });
        var next = engine.Crash(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await before.StopAsync();
        var near = await NearAsync(version, """{ filter = "bridge/#" }""", next);
        var (far, _) = await AcceptAsync(subscribes: false);
        var sent = await far.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(("bridge/test", "kept", true), (sent.Topic, sent.Payload.ToText(), sent.Retain));
        await far.SendPacketAsync(new PubAck(sent.PacketId));
        await near.PublishAsync(Message("bridge/test", "next", QualityOfService.AtLeastOnce));
        Assert.Equal("next", (await far.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task Messages_that_come_in_have_their_local_topics(string version)
    {
        var near = await NearAsync(
            version,
            """
            { filter = "#", direction = in, qos = 0, local-prefix = "local/topic/", remote-prefix = "remote/topic/" }
            { filter = "prefix/#", direction = in, qos = 0, local-prefix = "local2/topic/", remote-prefix = "remote2/topic/" }
            { filter = "+/value", direction = in, qos = 0, local-prefix = "local3/topic/", remote-prefix = "remote3/topic/" }
            { filter = "ic/+", direction = in, qos = 0, local-prefix = "local4/top", remote-prefix = "remote4/tip" }
            { filter = "clients/total", direction = in, qos = 0, local-prefix = "far/", remote-prefix = "$SYS/broker/" }
            { filter = "named", direction = in, qos = 0, remote-prefix = "remote/mapped/" }
            { filter = "local", direction = in, qos = 0, local-prefix = "local/mapped/" }
            { filter = "", direction = in, qos = 0, local-prefix = "local/single", remote-prefix = "remote/single" }
            """);
        var here = await SubscribeAsync(near, "#");
        var (far, _) = await AcceptAsync();
        await AwaitAssertAsync(() => Assert.NotNull(near.Context.Clients.Find("bridge.b")?.Connection), Soon); // before, what comes with QoS 0 is dropped
        foreach (var (topic, expected) in new[]
        {
            ("remote/topic/a", "local/topic/a"), ("remote/topic/a/b/c", "local/topic/a/b/c"), ("remote/topic", "local/topic"), ("remote2/topic/prefix/a", "local2/topic/prefix/a"),
            ("remote3/topic/a/value", "local3/topic/a/value"), ("remote4/tipic/a", "local4/topic/a"), ("$SYS/broker/clients/total", "far/clients/total"),
            ("remote/mapped/named", "named"), ("local", "local/mapped/local"), ("remote/single", "local/single"),
        })
        {
            await far.SendPacketAsync(new Publish(topic, topic));
            Assert.Equal((expected, topic), Two(await NextPacketAsync(here)));
        }
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task Messages_that_go_out_have_their_remote_topics_and_others_stay(string version)
    {
        var near = await NearAsync(
            version,
            """
            { filter = "#", local-prefix = "local/topic/", remote-prefix = "remote/topic/" }
            { filter = "prefix/#", local-prefix = "local2/topic/", remote-prefix = "remote2/topic/" }
            { filter = "+/value", local-prefix = "local3/topic/", remote-prefix = "remote3/topic/" }
            { filter = "ic/+", local-prefix = "local4/top", remote-prefix = "remote4/tip" }
            """);
        await AwaitAssertAsync(() => Assert.Equal(4, near.Context.Stats.Subscriptions), Soon);
        var (far, _) = await AcceptAsync(subscribes: false);
        foreach (var (topic, expected) in new[]
        {
            ("local/topic/a", "remote/topic/a"), ("local/topic/a/b/c", "remote/topic/a/b/c"), ("local/topic", "remote/topic"), ("local2/topic/a", null), ("local2/topic/prefix/a", "remote2/topic/prefix/a"),
            ("local3/topic/a/value", "remote3/topic/a/value"), ("local5/topic/a", null), ("local4/topic/a", "remote4/tipic/a"),
        })
        {
            await near.PublishAsync(Message(topic, topic, QualityOfService.AtLeastOnce));
            if (expected is null)
                continue; // what should not come would come before the next one
            var sent = await far.ExpectPacketAsync<Publish>(Soon);
            Assert.Equal((expected, topic), Two(sent));
            await far.SendPacketAsync(new PubAck(sent.PacketId));
        }
    }

    [Theory]
    [InlineData("3.1.1", true)]
    [InlineData("5.0", true)]
    [InlineData("3.1.1", false)]
    [InlineData("5.0", false)]
    public async Task What_the_other_server_has_not_acknowledged_is_sent_again(string version, bool sessionPresent)
    {
        var near = await NearAsync(version, """{ filter = "bridge/#", direction = both, qos = 1 }""");
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        var (first, _) = await AcceptAsync();
        await near.PublishAsync(Message("bridge/test", "1", QualityOfService.AtLeastOnce));
        var sent = await first.ExpectPacketAsync<Publish>(Soon);
        first.Abort();
        var (second, _) = await AcceptAsync(sessionPresent);
        var again = await second.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal(("1", sessionPresent), (again.Payload.ToText(), again.Dup)); // of a new session it is a new message
        if (sessionPresent)
            Assert.Equal(sent.PacketId, again.PacketId);
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task An_exchange_of_QoS_2_goes_on_where_its_connection_was_lost(string version)
    {
        var near = await NearAsync(version, """{ filter = "bridge/#", direction = both, qos = 2 }""");
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        var (first, _) = await AcceptAsync();
        await near.PublishAsync(Message("bridge/test", "1", QualityOfService.ExactlyOnce));
        var sent = await first.ExpectPacketAsync<Publish>(Soon);
        first.Abort();
        var (second, _) = await AcceptAsync(sessionPresent: true);
        Assert.Equal((sent.PacketId, true), (await second.ExpectPacketAsync<Publish>(Soon) is var again ? again.PacketId : 0, again.Dup));
        await second.SendPacketAsync(new PubRec(sent.PacketId));
        await second.ExpectPacketAsync<PubRel>(Soon);
        second.Abort();
        var (third, _) = await AcceptAsync(sessionPresent: true);
        Assert.Equal(sent.PacketId, (await third.ExpectPacketAsync<PubRel>(Soon)).PacketId);
        await third.SendPacketAsync(new PubComp(sent.PacketId));
        await near.PublishAsync(Message("bridge/test", "2", QualityOfService.ExactlyOnce));
        Assert.Equal("2", (await third.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_waited_here_is_given_up_at_the_next_start_only_if_that_is_wanted(bool clean)
    {
        var (engine, more) = (Engine(), $"local-clean-start = {(clean ? "on" : "off")}");
        var before = await NearAsync("3.1.1", """{ filter = "out/#" }""", engine, more);
        await AwaitAssertAsync(() => Assert.Equal(1, before.Context.Stats.Subscriptions), Soon);
        await before.PublishAsync(Message("out/a", "waited", QualityOfService.AtLeastOnce));
        var next = engine.Crash(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        (await Far.AcceptAsync(Soon)).Abort();
        await before.StopAsync();
        var near = await NearAsync("3.1.1", """{ filter = "out/#" }""", next, more);
        await AwaitAssertAsync(
            () =>
            {
                Assert.NotNull(near.Context.Clients.Find("bridge.b")?.Connection); // the session of before is gone, if it is to go
                Assert.Equal(1, near.Context.Stats.Subscriptions);
            },
            Soon);
        await near.PublishAsync(Message("out/a", "new", QualityOfService.AtLeastOnce));
        MqttProbe far;
        do
            far = await Far.AcceptAsync(Soon);
        while (!await IsAliveAsync(far));
        Assert.Equal(clean ? "new" : "waited", (await far.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }

    [Fact]
    public async Task A_bridge_carries_messages_after_a_restart_of_its_server_as_before()
    {
        var engine = Engine();
        var before = await NearAsync("5.0", """{ filter = "bridge/#", qos = 0 }""", engine);
        await AcceptAsync(subscribes: false);
        await before.StopAsync();
        var near = await NearAsync("5.0", """{ filter = "bridge/#", qos = 0 }""", engine.Crash(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        var (far, _) = await AcceptAsync(subscribes: false);
        await AwaitAssertAsync(
            async () =>
            {
                // A message of QoS 0 that comes before the bridge has connected, here and there, is dropped.
                await near.PublishAsync(Message("bridge/test", "again", QualityOfService.AtLeastOnce));
                Assert.Equal(("bridge/test", "again"), Two(await far.ExpectPacketAsync<Publish>(TimeSpan.FromMilliseconds(500))));
            },
            Soon);
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task The_end_of_the_other_server_is_said_and_the_bridge_keeps_its_session_here(string version)
    {
        var near = await NearAsync(version, """{ filter = "bridge/#" }""", more: "notification-topic = state");
        var here = await SubscribeAsync(near, "state");
        Assert.Equal("0", await NextAsync(here));
        var (far, _) = await AcceptAsync(subscribes: false);
        Assert.Equal("1", await NextAsync(here));
        far.Abort();
        Assert.Equal("0", await NextAsync(here));
        await near.PublishAsync(Message("bridge/test", "meanwhile", QualityOfService.AtLeastOnce));
        (far, _) = await AcceptAsync(subscribes: false);
        Assert.Equal("meanwhile", (await far.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }
}
