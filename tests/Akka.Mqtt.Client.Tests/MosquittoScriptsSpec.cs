using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>What the scripts of mosquitto's <c>test/lib</c> ask of a client, where no other test here does. A comment names the script.</summary>
public sealed class MosquittoScriptsSpec(ITestOutputHelper output) : ScriptedServer(output)
{
    // 03-publish-c2b-qos1-len, 03-publish-c2b-qos2-len, 03-publish-b2c-qos1-len, 03-publish-b2c-qos2-len
    [Theory]
    [InlineData(MqttVersion.V311, "40 03 00 01 00")] // PUBACK that is too long
    [InlineData(MqttVersion.V311, "40 01 00")]
    [InlineData(MqttVersion.V311, "50 03 00 01 00")]
    [InlineData(MqttVersion.V311, "62 01 00")]
    [InlineData(MqttVersion.V311, "70 03 00 01 00")]
    [InlineData(MqttVersion.V311, "60 02 00 01")] // PUBREL with wrong flags
    [InlineData(MqttVersion.V311, "36 05 00 01 61 00 01")] // QoS 3
    [InlineData(MqttVersion.V311, "32 03 00 01 61")] // no packet identifier
    [InlineData(MqttVersion.V311, "32 05 00 01 61 00 00")] // packet identifier 0
    [InlineData(MqttVersion.V311, "30 04 00 09 61 62")] // the topic is longer than the packet
    [InlineData(MqttVersion.V311, "30 03 00 01 23")] // the topic is #
    [InlineData(MqttVersion.V311, "90 02 00 01")] // SUBACK without return code
    [InlineData(MqttVersion.V311, "B0 03 00 01 00")]
    [InlineData(MqttVersion.V311, "D0 01 00")]
    [InlineData(MqttVersion.V311, "C0 00")] // PINGREQ of a server
    [InlineData(MqttVersion.V311, "82 06 00 01 00 01 61 00")] // SUBSCRIBE of a server
    [InlineData(MqttVersion.V311, "E0 00")] // DISCONNECT of a server, which 3.1.1 does not have
    [InlineData(MqttVersion.V311, "20 02 00 00")] // a second CONNACK
    [InlineData(MqttVersion.V311, "90 03 00 01 00")] // nobody has subscribed
    [InlineData(MqttVersion.V5, "40 04 00 01 FF 00")] // a reason code that PUBACK does not have
    [InlineData(MqttVersion.V5, "30 04 00 00 00 61")] // neither topic nor alias
    public async Task A_packet_that_a_server_may_not_send_ends_the_connection_as_a_protocol_error(MqttVersion version, string bytes)
    {
        Start(Settings with { Version = version });
        await (await AcceptAsync()).SendBytesAsync(bytes);
        var lost = await Handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        Assert.Equal(MqttClientCause.ProtocolError, lost.Cause.Kind);
        Assert.NotEmpty(lost.Cause.Message);
    }

    // 03-publish-b2c-qos1-unexpected-puback, 03-publish-b2c-qos2-unexpected-pubrel, 03-publish-b2c-qos2-unexpected-pubcomp
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task Acknowledgements_of_messages_that_nobody_sent_do_no_harm(MqttVersion version)
    {
        Start(Settings with { Version = version });
        var server = await AcceptAsync();
        var unknown = version == MqttVersion.V5 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success;
        await server.SendPacketAsync(new PubAck(13), new PubComp(14), new PubRel(15));
        await server.ExpectPacketAsync(new PubComp(15, unknown));
        await server.SendPacketAsync(new PubRec(16));
        await server.ExpectPacketAsync(new PubRel(16, unknown));
        await server.SendPacketAsync(new Publish("after"));
        Assert.Equal("after", Assert.Single((await Handler.FishForMessageAsync<MqttClient.Received>(_ => true)).Messages).Topic);
    }

    // 03-publish-b2c-qos1, 03-publish-b2c-qos2
    [Fact]
    public async Task Messages_of_QoS_1_and_2_are_acknowledged_step_by_step()
    {
        var client = Start(Settings with { Version = MqttVersion.V311 });
        var server = await AcceptAsync();
        await server.SendPacketAsync(new Publish("pub/qos1/receive", "message") { PacketId = 123, QoS = QualityOfService.AtLeastOnce });
        client.Tell((await Handler.FishForMessageAsync<MqttClient.Received>(_ => true)).Acknowledge());
        await server.ExpectPacketAsync(new PubAck(123));
        await server.SendPacketAsync(new Publish("pub/qos2/receive", "message") { PacketId = 13423, QoS = QualityOfService.ExactlyOnce });
        client.Tell((await Handler.FishForMessageAsync<MqttClient.Received>(_ => true)).Acknowledge());
        await server.ExpectPacketAsync(new PubRec(13423));
        await server.SendPacketAsync(new PubRel(13423));
        await server.ExpectPacketAsync(new PubComp(13423));
    }

    // 03-publish-c2b-qos2-pubrec-error
    [Fact]
    public async Task A_PUBREC_with_an_error_ends_its_message_and_the_next_one_goes_its_way()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("topic", "rejected") { QoS = QualityOfService.ExactlyOnce }, 1), Commander);
        await server.SendPacketAsync(new PubRec((await server.ExpectPacketAsync<Publish>()).PacketId, ReasonCode.UnspecifiedError));
        var refused = await Commander.ExpectMsgAsync<MqttClient.Refused>();
        Assert.Equal((1, MqttClientRefusal.ByServer, ReasonCode.UnspecifiedError), (refused.Correlation, refused.Reason, refused.ReasonCode));
        client.Tell(new MqttClient.Publish(new Publish("topic", "accepted") { QoS = QualityOfService.ExactlyOnce }, 2), Commander);
        var id = (await server.ExpectPacketAsync<Publish>()).PacketId;
        await server.SendPacketAsync(new PubRec(id));
        await server.ExpectPacketAsync(new PubRel(id));
        await server.SendPacketAsync(new PubComp(id));
        Assert.Equal(2, (await Commander.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
    }

    // 03-publish-qos0-no-payload, 04-retain-qos0
    [Fact]
    public async Task A_retained_message_without_payload_is_sent_as_it_is()
    {
        var client = Start(Settings with { Version = MqttVersion.V311 });
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Publish(new Publish("pub/qos0/no-payload/test") { Retain = true }), Commander);
        await server.ExpectPacketAsync(new Publish("pub/qos0/no-payload/test") { Retain = true });
        await Commander.ExpectMsgAsync<MqttClient.Sent>();
    }

    // 02-unsubscribe-multiple-v5
    [Fact]
    public async Task Several_filters_are_one_UNSUBSCRIBE_and_each_has_its_reason_code()
    {
        var client = Start(Settings);
        var server = await AcceptAsync();
        client.Tell(new MqttClient.Unsubscribe(["one", "two", "three"], 1), Commander);
        var packet = await server.ExpectPacketAsync<Unsubscribe>();
        Assert.Equal<string>(["one", "two", "three"], packet.Filters);
        await server.SendPacketAsync(new UnsubAck(packet.PacketId, ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.Success));
        Assert.Equal<ReasonCode>(
            [ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.Success], (await Commander.ExpectMsgAsync<MqttClient.Acked>()).ReasonCodes);
    }

    // 11-prop-oversize-packet
    [Fact]
    public async Task A_packet_beyond_the_maximum_packet_size_of_the_client_is_refused_with_its_reason()
    {
        Start(Settings with { Connection = MqttConnectionSettings.Create(Sys) with { MaxPacketSize = 40 } });
        var server = await Server.AcceptAsync();
        Assert.Equal(40u, (await server.ExpectPacketAsync<Connect>()).Properties?.MaximumPacketSize);
        await server.SendPacketAsync(new ConnAck());
        await server.SendPacketAsync(new Publish("a", new byte[60]));
        Assert.Equal(ReasonCode.PacketTooLarge, (await server.ExpectPacketAsync<Disconnect>()).ReasonCode);
        Assert.Equal(MqttClientCause.ProtocolError, (await Handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).Cause.Kind);
    }
}
