namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Decodes PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7): packet identifier; in 5.0 a reason code and properties, which may be
/// omitted at the end.
/// </summary>
internal static class AckDecoding
{
    public static MqttPacket? Read(ref MqttReader reader, FixedHeader header, MqttVersion version)
    {
        var id = reader.ReadPacketId();
        var code = ReasonCode.Success;
        AckProperties? properties = null;
        if (version == MqttVersion.V5 && reader.Remaining > 0)
        {
            code = (ReasonCode)reader.ReadByte();
            if (!code.IsAllowed(header.Type)) // [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1]
                reader.ProtocolError(PacketProblem.ReasonCode);
            if (reader.Remaining > 0) // U-3.4.2.1-1
                properties = PropertyDecoding.ReadAck(ref reader);
        }

        return header.Type switch
        {
            MqttPacketType.PubAck => new PubAck(id, code) { Header = header, Properties = properties },
            MqttPacketType.PubRec => new PubRec(id, code) { Header = header, Properties = properties },
            MqttPacketType.PubRel => new PubRel(id, code) { Header = header, Properties = properties, Dup = header.Dup },
            _ => new PubComp(id, code) { Header = header, Properties = properties },
        };
    }
}
