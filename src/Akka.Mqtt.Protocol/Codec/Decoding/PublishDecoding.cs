using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Decodes PUBLISH (section 3.3): topic name, packet identifier if QoS > 0, 5.0 properties, payload.</summary>
internal static class PublishDecoding
{
    public static Publish? Read(ref MqttReader reader, FixedHeader header, MqttVersion? version, MqttRole? receiver, PublishTexts texts)
    {
        var utf8 = reader.ReadBlock();
        var topic = "";
        var v5 = version == MqttVersion.V5;
        if (utf8.Length != 0 || !v5)
        {
            if (reader.Failed)
                return null;
            if (texts.Topics.Get(utf8) is not { } known)
            {
                RefuseTopic(ref reader, utf8);
                return null;
            }

            topic = known;
        }

        var qos = header.QoS;
        var packetId = qos == QualityOfService.AtMostOnce ? (ushort)0 : reader.ReadPacketId(); // 5.0 [MQTT-2.2.1-2], 3.1.1 [MQTT-2.3.1-5]
        var properties = v5 ? PropertyDecoding.ReadPublish(ref reader, receiver, texts) : null;
        if (topic.Length == 0 && properties?.TopicAlias is null) // U-3.3.2.1-1
            reader.ProtocolError(PacketProblem.TopicEmpty);
        if (reader.Failed)
            return null;
        return new Publish(header, topic, reader.ReadPayload(), packetId, properties);
    }

    private static void RefuseTopic(ref MqttReader reader, ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) // [MQTT-4.7.3-1]
            reader.ProtocolError(PacketProblem.TopicEmpty);
        else if (Utf8Rules.IsValid(utf8)) // [MQTT-3.3.2-2]
            reader.Malformed(PacketProblem.TopicWildcard);
        else // [MQTT-3.3.2-1]
            reader.Malformed(PacketProblem.IllFormedText);
    }
}
