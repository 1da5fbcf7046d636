using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>An acknowledgement of the wrong kind is a protocol error: sections 4.8 of 3.1.1 and 4.13 of 5.0.</summary>
public class WrongAcknowledgementSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Theory]
    [InlineData(MqttVersion.V311, QualityOfService.AtLeastOnce, MqttPacketType.PubRec)]
    [InlineData(MqttVersion.V311, QualityOfService.AtLeastOnce, MqttPacketType.PubComp)]
    [InlineData(MqttVersion.V311, QualityOfService.ExactlyOnce, MqttPacketType.PubAck)]
    [InlineData(MqttVersion.V311, QualityOfService.ExactlyOnce, MqttPacketType.PubComp)]
    [InlineData(MqttVersion.V5, QualityOfService.AtLeastOnce, MqttPacketType.PubRec)]
    [InlineData(MqttVersion.V5, QualityOfService.AtLeastOnce, MqttPacketType.PubComp)]
    [InlineData(MqttVersion.V5, QualityOfService.ExactlyOnce, MqttPacketType.PubAck)]
    [InlineData(MqttVersion.V5, QualityOfService.ExactlyOnce, MqttPacketType.PubComp)]
    [Proves("3.1.1", "MQTT-4.8.0-1")]
    [Proves("5.0", "MQTT-4.13.1-1")]
    public async Task It_ends_the_connection(MqttVersion version, QualityOfService qos, MqttPacketType answer)
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "c", version);
        await client.SubscribeAsync("t", qos, Soon);
        var publisher = await ClientAsync(server, "p");
        await publisher.SendPacketAsync(new Publish("t", "x") { QoS = qos, PacketId = 1 });
        var id = (await client.ExpectPacketAsync<Publish>(Soon)).PacketId;

        await client.SendPacketAsync(answer switch
        {
            MqttPacketType.PubAck => new PubAck(id),
            MqttPacketType.PubRec => new PubRec(id),
            _ => new PubComp(id),
        });

        if (version == MqttVersion.V5)
        {
            var disconnect = await client.ExpectPacketAsync<Disconnect>(Soon);
            Assert.Equal(ReasonCode.ProtocolError, disconnect.ReasonCode);
            Assert.StartsWith($"{answer.ToString().ToUpperInvariant()} for packet identifier {id}, ", disconnect.Properties?.ReasonString, StringComparison.Ordinal);
        }
        await client.ExpectEndAsync(Soon);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task An_acknowledgement_of_nothing_is_none(MqttVersion version)
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "c", version);

        await client.SendPacketAsync(new PubAck(7), new PubComp(8));

        await ExpectNothingAsync(client);
    }
}
