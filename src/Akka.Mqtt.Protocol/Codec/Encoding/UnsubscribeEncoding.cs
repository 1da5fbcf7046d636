namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes UNSUBSCRIBE (section 3.10) and UNSUBACK (section 3.11).</summary>
internal static class UnsubscribeEncoding
{
    public static void Measure(Unsubscribe packet, ref PacketMeasure measure)
    {
        measure.Dup(packet.Dup);
        measure.PacketId(packet.PacketId);
        measure.Properties(packet.Properties);
        if (measure.IsV5)
            PropertyEncoding.Measure(packet.Properties, ref measure);
        measure.Require(!packet.Filters.IsEmpty, PacketProblem.NoFilter); // [MQTT-3.10.3-2]
        foreach (var filter in packet.Filters)
            measure.Filter(filter);
    }

    public static void Write(Unsubscribe packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(packet.Dup ? (byte)0xAA : (byte)0xA2);
        writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        foreach (var filter in packet.Filters)
            writer.String(filter);
        writer.End();
    }

    public static void Measure(UnsubAck packet, ref PacketMeasure measure)
    {
        measure.PacketId(packet.PacketId);
        measure.Properties(packet.Properties);
        if (!measure.IsV5)
        {
            measure.Require(packet.ReasonCodes.IsEmpty, PacketProblem.ReasonBeforeV5);
            return;
        }

        PropertyEncoding.Measure(packet.Properties, ref measure);
        MeasureCodes(packet.ReasonCodes, MqttPacketType.UnsubAck, ref measure);
    }

    public static void Write(UnsubAck packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(0xB0);
        writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
        {
            PropertyEncoding.Write(packet.Properties, ref writer);
            foreach (var code in packet.ReasonCodes)
                writer.Byte((byte)code);
        }

        writer.End();
    }

    public static void MeasureCodes(MqttList<ReasonCode> codes, MqttPacketType type, ref PacketMeasure measure)
    {
        measure.Require(!codes.IsEmpty, PacketProblem.NoReasonCode); // [MQTT-3.8.4-6]
        foreach (var code in codes) // 5.0 [MQTT-3.9.3-2], [MQTT-3.11.3-2]; 3.1.1 [MQTT-3.9.3-2]
            measure.Require(UnsubscribeDecoding.IsAllowed(code, type, measure.Version), PacketProblem.ReasonCode);
        measure.Add(codes.Count);
    }
}
