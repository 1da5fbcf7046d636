using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A message that the peer accepts arrives, however large it is beside the queues; bounds stop the next one.</summary>
public class LargeMessageSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private const int MiB = 1024 * 1024;

    private static Publish Message(int size, ushort id) => new("t", new byte[size]) { QoS = QualityOfService.AtLeastOnce, PacketId = id };

    private async Task<MqttProbe> KeptAsync(MqttServer server, MqttVersion version)
    {
        var (probe, answer) = await ConnectAsync(server, new Connect
        {
            ClientId = "away",
            Version = version,
            CleanStart = false,
            Properties = version == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = 600 } : null,
        });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return probe;
    }

    [Theory]
    [InlineData(MqttVersion.V5, new[] { 5 * MiB })]
    [InlineData(MqttVersion.V311, new[] { 5 * MiB })]
    [InlineData(MqttVersion.V5, new[] { 10, 4 * MiB })]
    [InlineData(MqttVersion.V5, new[] { 900 * 1024, 7 * MiB / 2 })]
    public async Task Large_messages_arrive_when_their_client_comes_back(MqttVersion version, int[] sizes)
    {
        var server = await StartAsync();
        var away = await KeptAsync(server, version);
        await away.SendPacketAsync(new Subscribe { PacketId = 1, Subscriptions = [new("t", QualityOfService.AtLeastOnce)] });
        await away.ExpectPacketAsync<SubAck>(Soon);
        await away.SendPacketAsync(new Disconnect());
        await away.ExpectClosedAsync(Soon);
        var publisher = await ClientAsync(server, "publisher");
        for (var at = 0; at < sizes.Length; at++)
        {
            await publisher.SendPacketAsync(Message(sizes[at], (ushort)(at + 1)));
            await publisher.ExpectPacketAsync(new PubAck((ushort)(at + 1)), Soon);
        }

        away = await KeptAsync(server, version);

        foreach (var size in sizes)
        {
            var message = await away.ExpectPacketAsync<Publish>(Soon);
            Assert.Equal(size, message.Payload.Length);
            await away.SendPacketAsync(new PubAck(message.PacketId));
        }
        await ExpectNothingAsync(away);
    }

    [Fact]
    public async Task A_client_that_publishes_large_messages_to_itself_stays_connected()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "both");
        await client.SendPacketAsync(new Subscribe { PacketId = 1, Subscriptions = [new("t", QualityOfService.AtLeastOnce)] });
        await client.ExpectPacketAsync<SubAck>(Soon);
        for (ushort id = 1; id <= 5; id++)
        {
            await client.SendPacketAsync(Message(5 * MiB, id));
            for (var left = 2; left > 0; left--)
            {
                var packet = await client.ExpectPacketAsync<MqttPacket>(Soon);
                if (packet is Publish message)
                    await client.SendPacketAsync(new PubAck(message.PacketId));
                else
                    Assert.Equal(new PubAck(id), packet);
            }
        }
        await ExpectNothingAsync(client);
    }

    [Fact]
    public async Task A_message_in_flight_that_is_too_large_for_the_next_connection_counts_as_delivered()
    {
        // [MQTT-3.1.2-25 v5]
        var server = await StartAsync();
        var client = await ClientAsync(server, "k", expiry: 600);
        await client.SendPacketAsync(new Subscribe { PacketId = 1, Subscriptions = [new("t", QualityOfService.AtLeastOnce)] });
        await client.ExpectPacketAsync<SubAck>(Soon);
        var publisher = await ClientAsync(server, "publisher");
        await publisher.SendPacketAsync(Message(500, 1));
        await publisher.SendPacketAsync(Message(1, 2));
        await client.ExpectPacketAsync<Publish>(Soon);
        await client.ExpectPacketAsync<Publish>(Soon);
        client.Abort();

        var (again, answer) = await ConnectAsync(server, new Connect
        {
            ClientId = "k",
            Version = MqttVersion.V5,
            CleanStart = false,
            Properties = new ConnectProperties { SessionExpiryInterval = 600, MaximumPacketSize = 100 },
        });

        Assert.True(answer.SessionPresent);
        Assert.Equal(1, (await again.ExpectPacketAsync<Publish>(Soon)).Payload.Length);
        await ExpectNothingAsync(again);
    }
}
