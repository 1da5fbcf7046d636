using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes PUBLISH (section 3.3).</summary>
internal static class PublishEncoding
{
    /// <summary>Even with the longest topic and all other fields, this is less than the largest packet.</summary>
    private const int LargestPlainPayload = VariableByteInteger.MaxValue - Utf8Rules.MaxBytes - 5;

    public static void Measure(Publish packet, ref PacketMeasure measure)
    {
        measure.QoS(packet.QoS);
        if (packet.QoS != QualityOfService.AtMostOnce)
        {
            measure.PacketId(packet.PacketId);
        }
        else
        {
            measure.Require(packet.PacketId == 0, PacketProblem.PacketIdOnQoS0); // 5.0 [MQTT-2.2.1-2], 3.1.1 [MQTT-2.3.1-5]
            measure.Require(!packet.Dup, PacketProblem.DupOnQoS0); // [MQTT-3.3.1-2]
        }

        if (measure.IsV5)
        {
            if (packet.Topic is "" && packet.Properties?.TopicAlias is not null)
                measure.Add(2);
            else
                measure.Topic(packet.Topic, packet.Topic is "" ? PacketProblem.TopicEmpty : PacketProblem.TopicWildcard);
            PropertyEncoding.Measure(packet.Properties, ref measure);
        }
        else
        {
            measure.Topic(packet.Topic, packet.Topic is "" ? PacketProblem.TopicEmpty : PacketProblem.TopicWildcard);
            measure.Properties(packet.Properties);
        }

        measure.Add(packet.Payload.Length);
    }

    /// <summary>
    /// The fast path for measuring a valid message without properties on an ASCII topic. It refuses nothing: a message that it does not
    /// accept may still be valid.
    /// </summary>
    public static bool TryMeasurePlain(Publish packet, MqttVersion version, out int size)
    {
        size = 0;
        var qos = packet.QoS;
        var isValid = qos == QualityOfService.AtMostOnce
            ? packet.PacketId == 0 && !packet.Dup
            : packet.PacketId != 0 && qos <= QualityOfService.ExactlyOnce;
        if (!isValid || !TopicName.IsPlain(packet.Topic) || packet.Payload.Length > LargestPlainPayload)
            return false;
        var remaining = PlainHead(packet, version) + packet.Payload.Length;
        size = 1 + VariableByteInteger.Size((uint)remaining) + remaining;
        return true;
    }

    /// <summary>The fast path for writing a message that <see cref="TryMeasurePlain"/> accepted.</summary>
    /// <returns>Bytes written; 0 if the topic is not ASCII.</returns>
    public static int WritePlainHead(Publish packet, MqttVersion version, Span<byte> destination)
    {
        // Fixed header; topic name; packet identifier if QoS > 0; 5.0: no properties.
        var topic = packet.Topic;
        var hasId = packet.QoS != QualityOfService.AtMostOnce;
        var remaining = PlainHead(packet, version) + packet.Payload.Length;
        destination[0] = packet.FirstByte;
        var at = 2;
        if (remaining < 0x80)
            destination[1] = (byte)remaining;
        else
            at = 1 + VariableByteInteger.Write(destination[1..], (uint)remaining);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], (ushort)topic.Length);
        at += 2;
        if (Ascii.FromUtf16(topic, destination[at..], out _) != OperationStatus.Done)
            return 0;
        at += topic.Length;
        if (hasId)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[at..], packet.PacketId);
            at += 2;
        }

        if (version == MqttVersion.V5)
            destination[at++] = 0;
        return at;
    }

    /// <summary>Writes everything except the payload.</summary>
    public static void WriteHead(Publish packet, MqttVersion version, ref MqttWriter writer)
    {
        // A lower bound whose length field almost always has the right size, so that no bytes have to be moved.
        writer.Begin(packet.FirstByte, 2 + packet.Topic.Length + packet.Payload.Length);
        writer.String(packet.Topic);
        if (packet.QoS != QualityOfService.AtMostOnce)
            writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        writer.End(packet.Payload.Length);
    }

    private static int PlainHead(Publish packet, MqttVersion version) =>
        2 + packet.Topic.Length + (packet.QoS == QualityOfService.AtMostOnce ? 0 : 2) + (version == MqttVersion.V5 ? 1 : 0);
}
