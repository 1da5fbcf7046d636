using System.Buffers;
using CsCheck;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What holds for every packet and every input.</summary>
public sealed class CodecPropertiesSpec
{
    private static readonly Gen<(MqttVersion Version, MqttPacket Packet)> Packets =
        Any.Version.SelectMany(version => Any.Packet(version).Select(packet => (version, packet)));

    [Fact]
    public void Packet_must_come_back_as_it_was_sent() => Packets.Sample(
        sample =>
        {
            var bytes = MqttEncoder.Encode(sample.Packet, sample.Version);
            var decoder = new MqttDecoder(null, sample.Version);
            Assert.True(decoder.Decode(bytes, out var consumed, out var packet) == OperationStatus.Done, decoder.Error.ToString());
            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(sample.Packet, packet);
            Assert.Equal(sample.Packet.GetHashCode(), packet!.GetHashCode());
        },
        iter: 20_000);

    [Fact]
    public void Encoder_must_write_what_it_measured_and_no_more() => Packets.Sample(
        sample =>
        {
            Assert.True(MqttEncoder.TryMeasure(sample.Packet, sample.Version, null, out var size, out var error), error.ToString());
            var target = new byte[size + 4];
            target.AsSpan().Fill(0xA5);
            Assert.Equal(size, MqttEncoder.Write(sample.Packet, sample.Version, target.AsSpan(0, size)));
            Assert.Equal([0xA5, 0xA5, 0xA5, 0xA5], target[size..]);
        },
        iter: 10_000);

    [Fact]
    public void Head_and_payload_must_be_the_packet() => Packets.Sample(
        sample =>
        {
            var bytes = MqttEncoder.Encode(sample.Packet, sample.Version);
            var payload = sample.Packet is Publish publish ? publish.Payload : default;
            var head = new byte[bytes.Length - payload.Length];
            Assert.Equal(head.Length, MqttEncoder.WriteHead(sample.Packet, sample.Version, head));
            Assert.Equal(bytes, (byte[])[.. head, .. payload.Span]);
        },
        iter: 10_000);

    // The fast paths serve only topics that came before and ASCII topics: both ways must lead to the same.
    [Theory]
    [InlineData("a/b")]
    [InlineData("日本/é")]
    public void Topic_must_decode_the_same_the_second_time(string topic)
    {
        foreach (var version in (MqttVersion[])[MqttVersion.V31, MqttVersion.V311, MqttVersion.V5])
        {
            foreach (var size in (int[])[0, 1, 100, 200, 20_000, 70_000])
            {
                var sent = new Publish(topic, new byte[size]) { QoS = QualityOfService.AtLeastOnce, PacketId = 258, Retain = true };
                var bytes = MqttEncoder.Encode(sent, version);
                var decoder = new MqttDecoder(null, version);
                foreach (var time in (int[])[1, 2])
                {
                    Assert.Equal(OperationStatus.Done, decoder.Decode(bytes, out var consumed, out var packet));
                    Assert.Equal((bytes.Length, sent), (consumed, packet));
                    Assert.Equal(bytes[0], packet!.Header!.Value.FirstByte);
                    for (var cut = 0; cut < Math.Min(bytes.Length, 50); cut++)
                        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode(bytes.AsMemory(0, cut), out _, out _));
                    Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode(bytes.AsMemory(0, bytes.Length - 1), out _, out _));
                }

                decoder.MaxPacketSize = bytes.Length - 1;
                Assert.Equal(OperationStatus.InvalidData, decoder.Decode(bytes, out _, out _));
                Assert.Equal(ReasonCode.PacketTooLarge, decoder.Error.ReasonCode);
            }
        }
    }

    // The decoder keeps the properties that came last: neither others nor those of another decoder may come out.
    [Fact]
    public void Properties_must_be_those_of_their_own_packet() => Any.Packet(MqttVersion.V5).Array[1, 6].Sample(
        packets =>
        {
            var decoder = new MqttDecoder(null, MqttVersion.V5);
            foreach (var packet in packets.Where(packet => packet is Publish).SelectMany(packet => Enumerable.Repeat(packet, 3)))
            {
                Assert.Equal(OperationStatus.Done, decoder.Decode(MqttEncoder.Encode(packet, MqttVersion.V5), out _, out var decoded));
                Assert.Equal(packet, decoded);
            }
        },
        iter: 5_000);

    [Fact]
    public void Packets_must_be_the_same_however_they_are_chunked() => Gen.Select(
        Any.Version.SelectMany(version => Any.Packet(version).Array[1, 8].Select(packets => (version, packets))), Gen.Int[1, 40].Array[1, 20]).Sample(
        (stream, cuts) =>
        {
            var packets = stream.packets.Where(packet => packet is not Connect).ToArray();
            var bytes = packets.SelectMany(packet => MqttEncoder.Encode(packet, stream.version)).ToArray();
            var frames = new MqttFrameDecoder(new MqttDecoder(null, stream.version));
            var decoded = new List<MqttPacket>();
            for (int at = 0, cut = 0; at < bytes.Length; cut++)
            {
                var size = Math.Min(cuts[cut % cuts.Length], bytes.Length - at);
                Assert.NotEqual(OperationStatus.InvalidData, frames.Decode(bytes.AsMemory(at, size), decoded));
                at += size;
            }

            Assert.Equal(packets, decoded);
            Assert.Equal(0, frames.BufferedBytes);
        },
        iter: 3_000);

    [Fact]
    public void Decoder_must_survive_any_bytes() => Gen.Select(Any.Version, Gen.Byte.Array[0, 60]).Sample(
        (version, noise) => Survive(version, noise), iter: 50_000);

    [Fact]
    public void Decoder_must_survive_any_damage() => Gen.Select(Packets, Gen.Int[0, 1_000_000], Gen.Byte, Gen.Byte).Sample(
        (sample, at, value, second) =>
        {
            var bytes = MqttEncoder.Encode(sample.Packet, sample.Version);
            bytes[at % bytes.Length] = value;
            bytes[at / 7 % bytes.Length] ^= second;
            Survive(sample.Version, bytes);
        },
        iter: 50_000);

    // The result must not depend on what follows, and a packet that was taken must be one that we would send.
    private static void Survive(MqttVersion version, byte[] bytes)
    {
        var decoder = new MqttDecoder(null, version);
        var status = decoder.Decode(bytes, out var consumed, out var packet);
        if (status != OperationStatus.Done)
        {
            Assert.Equal(0, consumed);
            Assert.Null(packet);
            return;
        }

        Assert.InRange(consumed, 2, bytes.Length);
        Assert.Equal(OperationStatus.Done, new MqttDecoder(null, version).Decode(bytes.AsMemory(0, consumed), out _, out var exact));
        Assert.Equal(exact, packet);
        var again = MqttEncoder.Encode(packet!, decoder.Version!.Value);
        Assert.Equal(OperationStatus.Done, new MqttDecoder(null, decoder.Version).Decode(again, out _, out var same));
        Assert.Equal(packet, same);
    }
}
