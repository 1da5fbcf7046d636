using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>A server that takes few messages at a time, adds response information, keeps its own Keep Alive.</summary>
public sealed class ReceiveMaximumSpec(ReceiveMaximumSpec.Small fixture) : ConformanceSpec(fixture), IClassFixture<ReceiveMaximumSpec.Small>
{
    [Fact]
    [Proves("5.0", "U-3.3.4-1", "MQTT-3.3.4-7", "U-3.2.2.3.3-1")]
    public async Task More_than_the_Receive_Maximum_of_the_server_is_0x93()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")));
        Assert.Equal((ushort)2, answer.Properties!.ReceiveMaximum);
        await probe.SendPacketAsync(Message(My("t"), Q2, 1), Message(My("t"), Q2, 2), Message(My("t"), Q2, 1) with { Dup = true });
        for (var at = 0; at < 3; at++)
            await probe.ExpectPacketAsync<PubRec>();
        await probe.SendPacketAsync(new PubRel(1), Message(My("t"), Q2, 3), Message(My("t"), Q0));
        await probe.ExpectPacketAsync(new PubComp(1));
        await probe.ExpectPacketAsync<PubRec>();
        await probe.SendPacketAsync(Message(My("t"), Q2, 4));
        await RefusedAsync(probe, ReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    [Proves("5.0", "U-4.9-2", "MQTT-4.9.0-1")]
    public async Task The_quota_of_a_client_begins_anew_with_its_connection()
    {
        var probe = await ConnectAsync(Keep(My("k")));
        await probe.SendPacketAsync(Message(My("t"), Q2, 1), Message(My("t"), Q2, 2));
        await probe.ExpectPacketAsync<PubRec>();
        await probe.ExpectPacketAsync<PubRec>();
        probe.Abort();
        probe = await ConnectAsync(Keep(My("k")));
        await probe.SendPacketAsync(Message(My("t"), Q2, 3), Message(My("t"), Q2, 4)); // 1 and 2 wait for PUBREL, and use no quota
        await probe.ExpectPacketAsync<PubRec>(rec => rec.PacketId == 3);
        await probe.ExpectPacketAsync<PubRec>(rec => rec.PacketId == 4);
        await probe.SendPacketAsync(new PubRel(1), new PubRel(2), new PubRel(3));
        await probe.ExpectPacketAsync(new PubComp(1));
        await probe.ExpectPacketAsync(new PubComp(2));
        await probe.ExpectPacketAsync(new PubComp(3));
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-21", "MQTT-3.2.2-21", "U-3.2.2.3.14-1")]
    public async Task The_keep_alive_of_the_server_holds()
    {
        var (probe, answer) = await OpenAsync(Hello(My("c")) with { KeepAlive = 600 });
        Assert.Equal((ushort)1, answer.Properties!.ServerKeepAlive);
        await probe.ExpectPacketAsync<Disconnect>();
        await probe.ExpectEndAsync();
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-28", "U-3.1.2.11.6-1")]
    public async Task Response_information_is_for_those_who_ask()
    {
        var (_, answer) = await OpenAsync(Hello(My("c"), properties: new ConnectProperties { RequestResponseInformation = true }));
        Assert.Equal("answers/", answer.Properties!.ResponseInformation);
        Assert.Null((await OpenAsync(Hello(My("d")))).Answer.Properties!.ResponseInformation);
    }

    public sealed class Small() : ServerFixture("receive-maximum = 2, server-keep-alive = 1 s, response-information = \"answers/\"");
}
