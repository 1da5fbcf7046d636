using System.Buffers;
using CsCheck;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Messages that follow each other in a chunk are decoded in a loop that takes the like together: it must not be seen.</summary>
public sealed class PublishRunSpec
{
    // Few topics, sizes and flags, so that many messages are the same before their payload, or nearly.
    private static readonly Gen<Publish> Message =
        from topic in OneOf("a", "a", "a", "sensors/1", "é")
        from size in OneOf(0, 1, 64, 64, 200)
        from fill in Gen.Byte
        from qos in OneOf(QualityOfService.AtMostOnce, QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce)
        from retain in OneOf(false, false, true)
        select new Publish(topic, Filled(size, fill)) { QoS = qos, PacketId = (ushort)(qos == QualityOfService.AtMostOnce ? 0 : 1 + fill), Retain = retain };

    [Fact]
    public void Run_must_be_what_its_messages_are_one_by_one() => Run(false);

    [Fact]
    public void Damaged_run_must_be_what_its_messages_are_one_by_one() => Run(true);

    private static void Run(bool damaged) => Gen.Select(
        OneOf(MqttVersion.V31, MqttVersion.V311, MqttVersion.V5), Message.Array[1, 6], Gen.Int[1, 5], Gen.Int[0, 100_000], Gen.Byte).Sample(
        (version, messages, times, at, value) =>
        {
            var bytes = messages.SelectMany(message => Enumerable.Repeat(MqttEncoder.Encode(message, version), times).SelectMany(each => each)).ToArray();
            if (damaged)
                bytes[at % bytes.Length] = value;

            var frames = new MqttFrameDecoder(new MqttDecoder(null, version));
            var packets = new List<MqttPacket>();
            var status = frames.Decode(bytes, packets);
            var (expectedStatus, error, expected) = OneByOne(bytes, version);
            Assert.Equal(expected, packets);
            Assert.Equal(expected.Select(packet => packet.Header), packets.Select(packet => packet.Header));
            Assert.Equal(expectedStatus, status);
            if (status == OperationStatus.InvalidData)
                Assert.Equal(error, frames.Decoder.Error);
        },
        iter: 20_000);

    private static (OperationStatus Status, PacketError Error, List<MqttPacket> Packets) OneByOne(byte[] bytes, MqttVersion version)
    {
        var packets = new List<MqttPacket>();
        for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
        {
            var decoder = new MqttDecoder(null, version); // which knows nothing: the general path
            var status = decoder.Decode(rest, out var consumed, out var packet);
            if (status != OperationStatus.Done)
                return (status, decoder.Error, packets);
            packets.Add(packet!);
            rest = rest[consumed..];
        }

        return (OperationStatus.Done, default, packets);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static byte[] Filled(int size, byte value)
    {
        var bytes = new byte[size];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
