using System.Buffers;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What is decoded to one immutable object for all connections: it must be the right one, and only what every connection may see.</summary>
public sealed class SharedPacketsSpec
{
    [Theory]
    [InlineData(0x40)]
    [InlineData(0x50)]
    [InlineData(0x62)]
    [InlineData(0x70)]
    public void Plain_acknowledgement_must_be_one_object_for_all_connections(byte first)
    {
        foreach (var packetId in (ushort[])[1, 255, 256, 4711, 65_535])
        {
            var bytes = new byte[] { first, 2, (byte)(packetId >> 8), (byte)packetId };
            var packet = Decode(bytes, MqttVersion.V311);
            Assert.Same(packet, Decode(bytes, MqttVersion.V5));
            Assert.Equal(new FixedHeader(first, 2), packet.Header);
            Assert.Equal(bytes, MqttEncoder.Encode(packet, MqttVersion.V5));
            Assert.Equal(packetId, packet switch
            {
                PubAck ack => ack.PacketId,
                PubRec ack => ack.PacketId,
                PubRel ack => ack.PacketId,
                _ => ((PubComp)packet).PacketId,
            });
        }
    }

    [Fact]
    public void Acknowledgement_that_says_more_must_be_its_own()
    {
        Assert.Equal(new PubAck(7, ReasonCode.NotAuthorized), Decode([0x40, 3, 0, 7, 0x87], MqttVersion.V5));
        Assert.Equal(new PubRel(7) { Dup = true }, Decode([0x6A, 2, 0, 7], MqttVersion.V31));
        Assert.Equal(new PubRel(7), Decode([0x62, 2, 0, 7], MqttVersion.V31));
    }

    [Fact]
    public void Subscription_that_comes_again_must_be_one_object_for_all_connections()
    {
        var bytes = MqttEncoder.Encode(new Subscribe(1, new Subscription("shared-packets/+/spec", QualityOfService.ExactlyOnce)), MqttVersion.V311);
        var all = Enumerable.Range(0, 4).Select(_ => ((Subscribe)Decode(bytes, MqttVersion.V311)).Subscriptions[0]).ToList();
        Assert.All(all, each => Assert.Equal(all[0], each));
        Assert.Same(all[2], all[3]);
    }

    [Fact]
    public void Subscriptions_that_come_again_together_must_be_one_list_for_all_connections()
    {
        var sent = new Subscribe(1, new Subscription("shared-packets/list/+", QualityOfService.AtLeastOnce), "shared-packets/list/é", "#");
        foreach (var version in (MqttVersion[])[MqttVersion.V311, MqttVersion.V5])
        {
            var bytes = MqttEncoder.Encode(sent, version);
            var all = Enumerable.Range(0, 4).Select(_ => (Subscribe)Decode(bytes, version)).ToList();
            Assert.All(all, each => Assert.Equal(sent, each));
            Assert.True(all[2].Subscriptions.Span == all[3].Subscriptions.Span);
            Assert.Equal(new FixedHeader(0x82, bytes.Length - 2), all[3].Header);

            byte[] cut = [0x82, (byte)(bytes[1] - 1), .. bytes.AsSpan(2, bytes.Length - 3)];
            Assert.Equal(OperationStatus.InvalidData, new MqttDecoder(null, version).Decode(cut, out _, out _));
        }
    }

    // $share//a is a filter like any other in 3.1.1 and none in 5.0; 5.0 knows options that 3.1.1 refuses.
    [Fact]
    public void Subscription_of_one_version_must_not_serve_another()
    {
        var bytes = Convert.FromHexString("820e00010009" + Convert.ToHexStringLower("$share//a"u8) + "00");
        for (var time = 0; time < 4; time++)
            Decode(bytes, MqttVersion.V311);
        var v5 = Convert.FromHexString("820f0001000009" + Convert.ToHexStringLower("$share//a"u8) + "00");
        Assert.Equal(OperationStatus.InvalidData, new MqttDecoder(null, MqttVersion.V5).Decode(v5, out _, out _));

        var retained = MqttEncoder.Encode(new Subscribe(1, new Subscription("shared-packets/options") { RetainAsPublished = true }), MqttVersion.V5);
        for (var time = 0; time < 4; time++)
            Decode(retained, MqttVersion.V5);
        byte[] v311 = [0x82, (byte)(retained[1] - 1), 0, 1, .. retained.AsSpan(5)];
        Assert.Equal(OperationStatus.InvalidData, new MqttDecoder(null, MqttVersion.V311).Decode(v311, out _, out _));
    }

    [Fact]
    public void Topics_in_rounds_in_any_order_and_of_any_kind_must_stay_themselves()
    {
        var decoder = new MqttDecoder(null, MqttVersion.V311);
        var random = new Random(7);
        var topics = Enumerable.Range(0, 700).Select(number => number % 3 == 0 ? $"é/{number}" : $"topic/{number}").ToArray();
        for (var time = 0; time < 20_000; time++)
        {
            var topic = topics[time < 10_000 ? time / 3 % 20 : random.Next(topics.Length)];
            var sent = new Publish(topic, new byte[time % 200]) { Dup = time % 2 == 0, QoS = QualityOfService.ExactlyOnce, PacketId = 9, Retain = time % 5 == 0 };
            Assert.Equal(sent, Decode(MqttEncoder.Encode(sent, MqttVersion.V311), decoder));
        }
    }

    private static MqttPacket Decode(byte[] bytes, MqttVersion version) => Decode(bytes, new MqttDecoder(null, version));

    private static MqttPacket Decode(byte[] bytes, MqttDecoder decoder)
    {
        Assert.Equal(OperationStatus.Done, decoder.Decode(bytes, out var consumed, out var packet));
        Assert.Equal(bytes.Length, consumed);
        return packet!;
    }
}
