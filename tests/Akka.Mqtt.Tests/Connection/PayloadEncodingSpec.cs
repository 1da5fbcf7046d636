using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>A handler that registered with a payload encoding gets text; bytes that are no text are an event.</summary>
public sealed class PayloadEncodingSpec(ITestOutputHelper output) : FaultSpec(output, tcp: false)
{
    [Theory]
    [InlineData("utf-8", "7a c3 bc 72 69 63 68", "zürich")]
    [InlineData("utf-8", "", "")]
    [InlineData("utf-8", "f0 9f 90 b8", "🐸")]
    [InlineData("utf-16", "7a 00 fc 00", "zü")]
    [InlineData("iso-8859-1", "7a fc", "zü")]
    [InlineData("us-ascii", "7a", "z")]
    public async Task A_payload_arrives_as_text(string encoding, string payload, string text)
    {
        var tested = await OpenAsync(encoding);
        var packet = new Publish("a", Wire.Parse(payload)) { QoS = QualityOfService.AtLeastOnce, PacketId = 3, Retain = true };
        await tested.Peer.SendPacketAsync(packet);
        var received = await tested.Handler.ExpectMsgAsync(new TextPublish(packet, text), Soon);
        Assert.Equal(("a", QualityOfService.AtLeastOnce, (ushort)3, true), (received.Topic, received.QoS, received.PacketId, received.Retain));
    }

    [Theory]
    [InlineData("utf-8", "7a fc")]
    [InlineData("utf-8", "ed a0 80")]
    [InlineData("utf-8", "c0 80")]
    [InlineData("utf-8", "e2 82")]
    [InlineData("utf-16", "7a")]
    [InlineData("utf-16", "00 d8")]
    [InlineData("us-ascii", "fc")]
    public async Task A_payload_that_is_no_text_is_an_event_and_the_connection_lives_on(string encoding, string payload)
    {
        var tested = await OpenAsync(encoding);
        var packet = new Publish("a", Wire.Parse(payload));
        await tested.Peer.SendPacketAsync(packet, new Publish("a", ""), new PingReq());
        await tested.Handler.ExpectMsgAsync(new Mqtt.InvalidPayload(packet), Soon);
        await tested.Handler.ExpectMsgAsync(new TextPublish(new Publish("a", ""), ""), Soon);
        await tested.Handler.ExpectMsgAsync<PingReq>(Soon);
        tested.Tell(new PingResp());
        await tested.Peer.ExpectPacketAsync<PingResp>();
    }

    [Fact]
    public async Task Batches_and_text_do_not_go_together()
    {
        var tested = await OpenAsync(MqttRole.Server, register: false);
        tested.Tell(new Mqtt.Register(tested.Handler) { Delivery = MqttDelivery.Batches, PayloadEncoding = Encoding.UTF8 });
        Assert.Equal(CommandFailure.NotSupported, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        tested.Tell(new Mqtt.Register(tested.Handler));
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        await tested.Handler.ExpectMsgAsync<Connect>(Soon);
    }

    [Fact]
    public async Task A_handler_that_pulls_gets_text_too()
    {
        var tested = await OpenAsync("utf-8", MqttDelivery.Pull);
        await tested.Peer.SendPacketAsync(new Publish("a", "1"), new Publish("a", new byte[] { 0xFF }));
        tested.Tell(new Mqtt.Request(2));
        await tested.Handler.ExpectMsgAsync(new TextPublish(new Publish("a", "1"), "1"), Soon);
        await tested.Handler.ExpectMsgAsync<Mqtt.InvalidPayload>(Soon);
    }

    private async Task<Tested> OpenAsync(string encoding, MqttDelivery delivery = MqttDelivery.EachPacket)
    {
        var tested = await OpenAsync(MqttRole.Server, register: false);
        tested.Tell(new Mqtt.Register(tested.Handler) { PayloadEncoding = Encoding.GetEncoding(encoding), Delivery = delivery });
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        if (delivery == MqttDelivery.Pull)
            tested.Tell(new Mqtt.Request(1));
        await tested.Handler.ExpectMsgAsync<Connect>(Soon);
        tested.Tell(new ConnAck());
        await tested.Peer.ExpectPacketAsync<ConnAck>();
        return tested;
    }
}
