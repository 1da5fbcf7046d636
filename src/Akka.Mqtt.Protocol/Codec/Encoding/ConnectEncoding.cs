namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes CONNECT (section 3.1) and CONNACK (section 3.2).</summary>
internal static class ConnectEncoding
{
    public static void Measure(Connect packet, ref PacketMeasure measure)
    {
        measure.Require(packet.Version == measure.Version, PacketProblem.OtherVersion);
        measure.Require(!packet.IsBridge || !measure.IsV5, PacketProblem.BridgeV5);
        measure.Add(2 + packet.ProtocolName.Length + 1 + 1 + 2); // name, level, flags, keep-alive
        measure.Properties(packet.Properties);
        if (measure.IsV5)
            PropertyEncoding.Measure(packet.Properties, ref measure);

        measure.String(packet.ClientId);
        if (string.IsNullOrEmpty(packet.ClientId) && !measure.IsV5 && (measure.Version == MqttVersion.V31 || !packet.CleanStart))
            measure.Fail(ReasonCode.ClientIdentifierNotValid, PacketProblem.ClientId); // 3.1.1 [MQTT-3.1.3-7]
        if (packet.Will is { } will)
        {
            measure.QoS(will.QoS); // 5.0 [MQTT-3.1.2-12]
            measure.Properties(will.Properties);
            if (measure.IsV5)
                PropertyEncoding.Measure(will.Properties, ref measure);
            measure.Topic(will.Topic, PacketProblem.WillTopic);
            measure.Binary(will.Payload);
        }

        if (packet.UserName is not null)
            measure.String(packet.UserName);
        if (packet.Password is { } password)
        {
            measure.Require(packet.UserName is not null || measure.IsV5, PacketProblem.PasswordOnly); // 3.1.1 [MQTT-3.1.2-22]
            measure.Binary(password);
        }
    }

    public static void Write(Connect packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(0x10);
        writer.Raw(version == MqttVersion.V31 ? "\0\u0006MQIsdp"u8 : "\0\u0004MQTT"u8);
        writer.Byte((byte)(packet.IsBridge ? (int)version | 0x80 : (int)version));
        writer.Byte(Flags(packet));
        writer.UInt16(packet.KeepAlive);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        writer.String(packet.ClientId); // the order of [MQTT-3.1.3-1]
        if (packet.Will is { } will)
        {
            if (version == MqttVersion.V5)
                PropertyEncoding.Write(will.Properties, ref writer);
            writer.String(will.Topic);
            writer.Binary(will.Payload);
        }

        if (packet.UserName is { } userName)
            writer.String(userName);
        if (packet.Password is { } password)
            writer.Binary(password);
        writer.End();
    }

    public static void Measure(ConnAck packet, ref PacketMeasure measure)
    {
        measure.Require(!packet.SessionPresent || measure.Version != MqttVersion.V31, PacketProblem.SessionPresentV31);
        measure.Require(!packet.SessionPresent || packet.ReasonCode == ReasonCode.Success, PacketProblem.SessionPresent); // [MQTT-3.2.2-6]
        measure.Properties(packet.Properties);
        measure.Add(2);
        if (measure.IsV5)
        {
            measure.Require(packet.ReasonCode.IsAllowed(MqttPacketType.ConnAck), PacketProblem.ReasonCode); // [MQTT-3.2.2-8]
            PropertyEncoding.Measure(packet.Properties, ref measure);
        }
        else
        {
            measure.Require(packet.ReasonCode.TryToReturnCode(out _), PacketProblem.ReturnCode); // 3.1.1 [MQTT-3.2.2-6]
        }
    }

    public static void Write(ConnAck packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(0x20);
        writer.Byte(packet.SessionPresent ? (byte)1 : (byte)0);
        if (version == MqttVersion.V5)
        {
            writer.Byte((byte)packet.ReasonCode);
            PropertyEncoding.Write(packet.Properties, ref writer);
        }
        else
        {
            packet.ReasonCode.TryToReturnCode(out var returnCode);
            writer.Byte(returnCode);
        }

        writer.End();
    }

    private static byte Flags(Connect packet)
    {
        var flags = packet.CleanStart ? 0x02 : 0;
        if (packet.Will is { } will)
            flags |= 0x04 | (int)will.QoS << 3 | (will.Retain ? 0x20 : 0);
        if (packet.Password is not null)
            flags |= 0x40;
        if (packet.UserName is not null)
            flags |= 0x80;
        return (byte)flags;
    }
}
