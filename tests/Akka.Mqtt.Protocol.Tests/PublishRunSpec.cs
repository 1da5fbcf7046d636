using System.Buffers;
using Akka.Mqtt.Protocol.Codec;
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
        from alias in OneOf(0, 0, 0, 1, 2, 64, 66, 300)
        select new Publish(alias > 0 && alias % 2 == 0 ? "" : topic, Filled(size, fill))
        {
            QoS = qos, PacketId = (ushort)(qos == QualityOfService.AtMostOnce ? 0 : 1 + fill), Retain = retain,
            Properties = alias == 0 ? null : new PublishProperties { TopicAlias = (ushort)alias },
        };

    [Fact]
    public void Run_must_be_what_its_messages_are_one_by_one() => Run(false);

    [Fact]
    public void Damaged_run_must_be_what_its_messages_are_one_by_one() => Run(true);

    private static void Run(bool damaged) => Gen.Select(
        OneOf(MqttVersion.V31, MqttVersion.V311, MqttVersion.V5), Message.Array[1, 6], Gen.Int[1, 5], Gen.Int[0, 100_000], Gen.Byte).Sample(
        (version, messages, times, at, value) =>
        {
            if (version != MqttVersion.V5)
                messages = [.. messages.Select(message => message with { Topic = message.Topic.Length == 0 ? "a" : message.Topic, Properties = null })];
            var encoded = messages.Select(message => MqttEncoder.Encode(message, version)).ToArray();
            byte[] bytes =
            [
                .. encoded.SelectMany(message => Enumerable.Repeat(message, times)).SelectMany(each => each),
                .. Enumerable.Repeat(encoded, times).SelectMany(round => round).SelectMany(each => each),
            ];
            if (damaged)
                bytes[at % bytes.Length] = value;

            var frames = new MqttFrameDecoder(new MqttDecoder(null, version));
            var packets = new List<MqttPacket>();
            var status = frames.Decode(bytes, packets);
            var (expectedStatus, error, expected) = OneByOne(bytes, version);
            if (!expected.SequenceEqual(packets) || !expected.Select(packet => packet.Header).SequenceEqual(packets.Select(packet => packet.Header)))
            {
                // slower, and shows where they differ
                Assert.Equal(expected, packets);
                Assert.Equal(expected.Select(packet => packet.Header), packets.Select(packet => packet.Header));
            }

            Assert.Equal(expectedStatus, status);
            if (status == OperationStatus.InvalidData)
                Assert.Equal(error, frames.Decoder.Error);
        },
        iter: 10_000);

    [Fact]
    public void Messages_whose_only_property_is_an_alias_must_share_it()
    {
        byte[] chunk =
        [
            .. MqttEncoder.Encode(new Publish("sensors/1") { Properties = new PublishProperties { TopicAlias = 1 } }, MqttVersion.V5),
            .. MqttEncoder.Encode(new Publish("", "1") { Properties = new PublishProperties { TopicAlias = 1 } }, MqttVersion.V5),
            .. MqttEncoder.Encode(new Publish("", "2") { Properties = new PublishProperties { TopicAlias = 2 } }, MqttVersion.V5),
            .. MqttEncoder.Encode(new Publish("", "3") { Properties = new PublishProperties { TopicAlias = 1 } }, MqttVersion.V5),
        ];
        var packets = new List<MqttPacket>();
        Assert.Equal(OperationStatus.Done, new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V5)).Decode(chunk, packets));
        Assert.Same(((Publish)packets[1]).Properties, ((Publish)packets[3]).Properties);
        Assert.Equal((ushort?)2, ((Publish)packets[2]).Properties!.TopicAlias);
    }

    [Fact]
    public void Run_must_obey_a_limit_that_was_lowered()
    {
        var chunk = Enumerable.Repeat(MqttEncoder.Encode(new Publish("a/b", new byte[50]), MqttVersion.V311), 8).SelectMany(each => each).ToArray();
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V311));
        var packets = new List<MqttPacket>();
        Assert.Equal(OperationStatus.Done, frames.Decode(chunk, packets));
        frames.Decoder.MaxPacketSize = 40;
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(chunk, packets));
        Assert.Equal(ReasonCode.PacketTooLarge, frames.Decoder.Error.ReasonCode);
        Assert.Equal(8, packets.Count);
    }

    [Fact]
    public void Run_must_be_read_anew_when_the_version_is_another()
    {
        // In 3.1.1 the payload begins with a zero, which in 5.0 is the Property Length.
        var chunk = Enumerable.Repeat(MqttEncoder.Encode(new Publish("a/b", new byte[50]), MqttVersion.V311), 8).SelectMany(each => each).ToArray();
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V311));
        var packets = new List<MqttPacket>();
        frames.Decode(chunk, packets);
        frames.Decoder.Version = MqttVersion.V5;
        frames.Decode(chunk, packets);
        Assert.Equal(Enumerable.Repeat(50, 8).Concat(Enumerable.Repeat(49, 8)), packets.Select(packet => ((Publish)packet).Payload.Length));
    }

    [Fact]
    public void Heads_of_a_topic_must_not_be_kept_any_more_when_each_differs()
    {
        var topics = TextCache.OfTopics();
        var wires = Enumerable.Range(0, 100).Select(size => MqttEncoder.Encode(new Publish("a/b", new byte[size]), MqttVersion.V311)).ToArray();
        foreach (var wire in wires)
        {
            new MqttDecoder(null, MqttVersion.V311).Decode(wire, out _, out var packet);
            topics.KeepHead((Publish)packet! with { Topic = topics.Get("a/b"u8)! }, wire);
        }

        Assert.Null(topics.Follow(wires[99]));
        Assert.NotNull(topics.Follow(wires[64])); // the first one and 64 others
    }

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
