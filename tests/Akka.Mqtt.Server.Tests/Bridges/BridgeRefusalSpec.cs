using Akka.Event;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A bridge that another server refuses, or sends what must not be.</summary>
public class BridgeRefusalSpec(ITestOutputHelper output) : BridgePeer(output)
{
    [Fact]
    public async Task A_will_of_a_QoS_that_the_other_server_does_not_have_is_sent_with_QoS_0()
    {
        await NearAsync("5.0", """{ filter = "a/#", direction = both }""", more: "notifications = both, notification-topic = state");
        var refusal = new ConnAck(ReasonCode.QoSNotSupported) { Properties = new ConnAckProperties { MaximumQoS = QualityOfService.AtMostOnce } };
        Assert.Equal(QualityOfService.AtLeastOnce, (await RefuseAsync(refusal)).Will!.QoS);
        Assert.Equal(QualityOfService.AtMostOnce, (await RefuseAsync(refusal)).Will!.QoS);
    }

    [Fact]
    public async Task A_will_is_not_retained_where_nothing_can_be()
    {
        await NearAsync("5.0", """{ filter = "a/#", direction = both }""", more: "notifications = both, notification-topic = state");
        var refusal = new ConnAck(ReasonCode.RetainNotSupported) { Properties = new ConnAckProperties { RetainAvailable = false } };
        Assert.True((await RefuseAsync(refusal)).Will!.Retain);
        var (far, connect) = await AcceptAsync(answer: new ConnAck { Properties = new ConnAckProperties { RetainAvailable = false } });
        Assert.False(connect.Will!.Retain);
        Assert.False((await far.ExpectPacketAsync<Publish>(each => each.Topic == "state", Soon)).Retain);
    }

    [Fact]
    public async Task A_server_of_3_1_1_is_met_with_3_1_1()
    {
        var near = await NearAsync("5.0", """{ filter = "a/#", direction = both }""");
        var far = await Far.AcceptAsync(Soon);
        Assert.Equal(MqttVersion.V5, (await far.ExpectPacketAsync<Connect>(Soon)).Version);
        await far.SendBytesAsync("20 02 00 01"); // CONNACK as 3.1.1 has it
        (far, var connect) = await AcceptAsync();
        Assert.Equal((MqttVersion.V311, true), (connect.Version, connect.IsBridge));
        await AwaitAssertAsync(() => Assert.Equal(1, near.Context.Stats.Subscriptions), Soon);
        await near.PublishAsync(Message("a/1", "out", QualityOfService.AtLeastOnce) with { Properties = new PublishProperties { ContentType = "text" } });
        Assert.Equal("out", (await far.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }

    [Fact]
    public async Task A_bridge_that_needs_5_0_says_that_it_tries_again_in_a_minute()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Warning));
        await NearAsync("5.0", """{ filter = "a/#" }""", more: "password = secret");
        var far = await Far.AcceptAsync(Soon);
        Assert.Equal(MqttVersion.V5, (await far.ExpectPacketAsync<Connect>(Soon)).Version);
        await far.SendBytesAsync("20 02 00 01"); // CONNACK as 3.1.1 has it
        await log.FishForMessageAsync(message => message is Warning warning && $"{warning.Message}".Contains("in a minute", StringComparison.Ordinal), Soon);
    }

    [Theory]
    [InlineData("3.1.1", ReasonCode.ServerUnavailable)]
    [InlineData("3.1.1", ReasonCode.BadUserNameOrPassword)]
    [InlineData("3.1.1", ReasonCode.NotAuthorized)]
    [InlineData("3.1.1", ReasonCode.ClientIdentifierNotValid)]
    [InlineData("5.0", ReasonCode.BadUserNameOrPassword)]
    [InlineData("5.0", ReasonCode.NotAuthorized)]
    public async Task Why_the_other_server_refuses_the_bridge_is_logged(string version, ReasonCode code)
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Warning));
        await NearAsync(version, """{ filter = "a/#" }""");
        await RefuseAsync(new ConnAck(code));
        await log.FishForMessageAsync(message => message is Warning warning && $"{warning.Message}".Contains($"{code}", StringComparison.Ordinal), Soon);
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public async Task Acknowledgements_of_unknown_packets_change_nothing(string version)
    {
        await NearAsync(version, """{ filter = "bridge/#", direction = both, qos = 2 }""");
        var (far, _) = await AcceptAsync();
        await far.SendPacketAsync(new PubAck(2000));
        await far.SendPacketAsync(new PubRec(2001));
        Assert.Equal(2001, (await far.ExpectPacketAsync<PubRel>(Soon)).PacketId);
        await far.SendPacketAsync(new PubRel(2002));
        Assert.Equal(2002, (await far.ExpectPacketAsync<PubComp>(Soon)).PacketId);
        await far.SendPacketAsync(new PubComp(2003));
        await far.SendPacketAsync(Message("bridge/unknown", "x", QualityOfService.AtLeastOnce, 180));
        Assert.Equal(180, (await far.ExpectPacketAsync<PubAck>(Soon)).PacketId);
    }

    [Fact]
    public async Task A_topic_with_a_wildcard_ends_the_connection_and_goes_nowhere()
    {
        var near = await NearAsync("5.0", """{ filter = "#", direction = both, qos = 2 }""");
        var here = await SubscribeAsync(near, "#");
        var (first, _) = await AcceptAsync();
        await first.SendBytesAsync("30 06 00 03 61 2F 2B 00"); // PUBLISH to a/+
        await first.FishForPacketAsync<Disconnect>(null, Soon);
        await first.ExpectEndAsync(Soon);
        var (second, _) = await AcceptAsync();
        await second.SendPacketAsync(new Publish("a/b", "right"));
        Assert.Equal("right", await NextAsync(here));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_CONNECT_of_3_x_says_whether_the_session_begins_anew(bool clean)
    {
        await NearAsync("3.1.1", """{ filter = "in/#", direction = in }""", more: $"client.clean-start = {(clean ? "on" : "off")}");
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var (far, connect) = await AcceptAsync();
            Assert.Equal(clean, connect.CleanStart);
            far.Abort();
        }
    }
}
