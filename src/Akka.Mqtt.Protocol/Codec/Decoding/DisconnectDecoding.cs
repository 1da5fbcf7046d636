namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Decodes DISCONNECT (section 3.14) and AUTH (section 3.15).</summary>
internal static class DisconnectDecoding
{
    /// <summary>5.0: reason code and properties, which may be omitted at the end; 3.x: nothing.</summary>
    public static Disconnect ReadDisconnect(ref MqttReader reader, FixedHeader header, MqttVersion version, MqttRole? sender)
    {
        if (version != MqttVersion.V5 || reader.Remaining == 0) // U-3.14.2.1-1
            return new Disconnect { Header = header };
        var code = (ReasonCode)reader.ReadByte();
        if (!code.IsAllowed(MqttPacketType.Disconnect, sender)) // [MQTT-3.14.2-1]
            reader.ProtocolError(PacketProblem.ReasonCode);
        var properties = reader.Remaining > 0 ? PropertyDecoding.ReadDisconnect(ref reader, sender) : null;
        return new Disconnect(code) { Header = header, Properties = properties };
    }

    /// <summary>
    /// Reason code and properties. Section 3.15.2.1 allows both to be omitted; section 3.15.2.2.2 makes a missing method a protocol error.
    /// The second rule decides.
    /// </summary>
    public static Auth ReadAuth(ref MqttReader reader, FixedHeader header, MqttRole? sender)
    {
        if (reader.Remaining == 0)
            reader.ProtocolError(PacketProblem.AuthenticationMethod);
        var code = (ReasonCode)reader.ReadByte();
        if (!code.IsAllowed(MqttPacketType.Auth, sender)) // [MQTT-3.15.2-1]
            reader.ProtocolError(PacketProblem.ReasonCode);
        return new Auth(code) { Header = header, Properties = PropertyDecoding.ReadAuth(ref reader) };
    }
}
