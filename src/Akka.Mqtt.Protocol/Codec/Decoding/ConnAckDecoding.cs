namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Decodes CONNACK (section 3.2): acknowledge flags, return or reason code, 5.0 properties.</summary>
internal static class ConnAckDecoding
{
    public static ConnAck Read(ref MqttReader reader, FixedHeader header, MqttVersion version)
    {
        var flags = reader.ReadByte();
        var code = reader.ReadByte();
        var reason = (ReasonCode)code;
        if (version == MqttVersion.V31)
            flags = 0; // reserved in 3.1, to be ignored
        if ((flags & ~1) != 0) // [MQTT-3.2.2-1]
            reader.Malformed(PacketProblem.ConnAckFlags);
        if (version == MqttVersion.V5)
        {
            if (!reason.IsAllowed(MqttPacketType.ConnAck)) // [MQTT-3.2.2-8]
                reader.ProtocolError(header.RemainingLength == 2 && code is >= 1 and <= 5 ? PacketProblem.ConnAckOfV3 : PacketProblem.ReasonCode);
        }
        else if (!ReasonCodes.TryFromReturnCode(code, out reason))
        {
            reader.ProtocolError(PacketProblem.ReturnCode);
        }

        if (flags != 0 && reason != ReasonCode.Success) // 5.0 [MQTT-3.2.2-6], 3.1.1 [MQTT-3.2.2-4]
            reader.ProtocolError(PacketProblem.SessionPresent);
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadConnAck(ref reader) : null;
        return new ConnAck(reason, flags != 0) { Header = header, Properties = properties };
    }
}
