namespace Akka.Mqtt.Protocol;

/// <summary>Measures and writes PUBLISH (section 3.3).</summary>
internal static class PublishEncoding
{
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

    public static void Write(Publish packet, MqttVersion version, ref MqttWriter writer)
    {
        var flags = (packet.Dup ? 0x08 : 0) | (int)packet.QoS << 1 | (packet.Retain ? 0x01 : 0);

        // A lower bound that is almost always exact in bytes of length, so that the payload need not move.
        writer.Begin((byte)(0x30 | flags), 2 + packet.Topic.Length + packet.Payload.Length);
        writer.String(packet.Topic);
        if (packet.QoS != QualityOfService.AtMostOnce)
            writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        writer.Payload(packet.Payload);
        writer.End();
    }
}
