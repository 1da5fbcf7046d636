namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7) in the shortest form.</summary>
internal static class AckEncoding
{
    public const int PlainSize = 4;

    /// <summary>
    /// The fast path for nearly all acknowledgements: the four bytes of a valid one without reason code and properties, which are equal in
    /// all versions. It refuses nothing: a packet that it does not accept may still be valid.
    /// </summary>
    public static bool TryPlain(MqttPacket packet, out uint bytes)
    {
        // First byte; Remaining Length 2; packet identifier.
        bytes = packet switch
        {
            PubAck { ReasonCode: ReasonCode.Success, Properties: null } ack => 0x40020000u | ack.PacketId,
            PubRec { ReasonCode: ReasonCode.Success, Properties: null } ack => 0x50020000u | ack.PacketId,
            PubRel { ReasonCode: ReasonCode.Success, Properties: null, Dup: false } ack => 0x62020000u | ack.PacketId,
            PubComp { ReasonCode: ReasonCode.Success, Properties: null } ack => 0x70020000u | ack.PacketId,
            _ => 0,
        };
        return (ushort)bytes != 0;
    }

    public static void Measure(MqttPacketType type, ushort packetId, ReasonCode code, AckProperties? properties, ref PacketMeasure measure)
    {
        measure.PacketId(packetId);
        measure.Properties(properties);
        measure.Require(code.IsAllowed(type), PacketProblem.ReasonCode); // [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1]
        if (!measure.IsV5)
        {
            measure.Require(!code.IsFailure(), PacketProblem.AckFailure);
            return;
        }

        if (code == ReasonCode.Success && properties is null)
            return;
        measure.Add(1);
        if (properties is not null)
            PropertyEncoding.Measure(properties, ref measure);
    }

    public static void Write(byte first, ushort packetId, ReasonCode code, AckProperties? properties, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(first);
        writer.UInt16(packetId);
        if (version == MqttVersion.V5 && (code != ReasonCode.Success || properties is not null))
        {
            writer.Byte((byte)code);
            if (properties is not null)
                PropertyEncoding.Write(properties, ref writer);
        }

        writer.End();
    }
}
