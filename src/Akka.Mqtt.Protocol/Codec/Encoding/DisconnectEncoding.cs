namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes DISCONNECT (section 3.14), in the shortest form, and AUTH (section 3.15).</summary>
internal static class DisconnectEncoding
{
    public static void Measure(Disconnect packet, ref PacketMeasure measure)
    {
        measure.Properties(packet.Properties);
        if (!measure.IsV5)
        {
            measure.Require(packet.ReasonCode == ReasonCodes.NormalDisconnection, PacketProblem.ReasonBeforeV5);
            return;
        }

        measure.Require(packet.ReasonCode.IsAllowed(MqttPacketType.Disconnect, measure.Sender), PacketProblem.ReasonCode); // [MQTT-3.14.2-1]
        if (packet.ReasonCode == ReasonCodes.NormalDisconnection && packet.Properties is null)
            return;
        measure.Add(1);
        if (packet.Properties is not null)
            PropertyEncoding.Measure(packet.Properties, ref measure);
    }

    public static void Write(Disconnect packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(0xE0);
        if (version == MqttVersion.V5 && (packet.ReasonCode != ReasonCodes.NormalDisconnection || packet.Properties is not null))
        {
            writer.Byte((byte)packet.ReasonCode);
            if (packet.Properties is not null)
                PropertyEncoding.Write(packet.Properties, ref writer);
        }

        writer.End();
    }

    public static void Measure(Auth packet, ref PacketMeasure measure)
    {
        measure.Require(measure.IsV5, PacketProblem.NotInVersion);
        measure.Require(packet.ReasonCode.IsAllowed(MqttPacketType.Auth, measure.Sender), PacketProblem.ReasonCode); // [MQTT-3.15.2-1]
        measure.Add(1);
        PropertyEncoding.Measure(packet.Properties, ref measure);
    }

    public static void Write(Auth packet, ref MqttWriter writer)
    {
        writer.Begin(0xF0);
        writer.Byte((byte)packet.ReasonCode);
        PropertyEncoding.Write(packet.Properties, ref writer);
        writer.End();
    }
}
