namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes SUBSCRIBE (section 3.8) and SUBACK (section 3.9).</summary>
internal static class SubscribeEncoding
{
    public static void Measure(Subscribe packet, ref PacketMeasure measure)
    {
        measure.Dup(packet.Dup);
        measure.PacketId(packet.PacketId);
        measure.Properties(packet.Properties);
        if (measure.IsV5)
            PropertyEncoding.Measure(packet.Properties, ref measure);
        measure.Require(!packet.Subscriptions.IsEmpty, PacketProblem.NoFilter); // 5.0 [MQTT-3.8.3-2], 3.1.1 [MQTT-3.8.3-3]
        foreach (var subscription in packet.Subscriptions)
        {
            if (subscription is null)
            {
                measure.ProtocolError(PacketProblem.NoFilter);
                return;
            }

            Measure(subscription, ref measure);
        }
    }

    public static void Write(Subscribe packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(packet.Dup ? (byte)0x8A : (byte)0x82);
        writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        foreach (var subscription in packet.Subscriptions)
        {
            writer.String(subscription.Filter);
            writer.Byte((byte)((int)subscription.QoS | (subscription.NoLocal ? 0x04 : 0) | (subscription.RetainAsPublished ? 0x08 : 0)
                | (int)subscription.RetainHandling << 4));
        }

        writer.End();
    }

    public static void Measure(SubAck packet, ref PacketMeasure measure)
    {
        measure.PacketId(packet.PacketId);
        measure.Properties(packet.Properties);
        if (measure.IsV5)
            PropertyEncoding.Measure(packet.Properties, ref measure);
        UnsubscribeEncoding.MeasureCodes(packet.ReasonCodes, MqttPacketType.SubAck, ref measure);
    }

    public static void Write(SubAck packet, MqttVersion version, ref MqttWriter writer)
    {
        writer.Begin(0x90);
        writer.UInt16(packet.PacketId);
        if (version == MqttVersion.V5)
            PropertyEncoding.Write(packet.Properties, ref writer);
        foreach (var code in packet.ReasonCodes)
            writer.Byte((byte)code);
        writer.End();
    }

    private static void Measure(Subscription subscription, ref PacketMeasure measure)
    {
        measure.Filter(subscription.Filter);
        measure.QoS(subscription.QoS);
        measure.Require(subscription.RetainHandling <= RetainHandling.DoNotSend, PacketProblem.RetainHandling); // U-3.8.3.1-1
        if (measure.IsV5)
            measure.Require(!subscription.NoLocal || !SharedFilter.IsShared(subscription.Filter), PacketProblem.NoLocalShared); // [MQTT-3.8.3-4]
        else
            measure.Require(subscription is { NoLocal: false, RetainAsPublished: false, RetainHandling: 0 }, PacketProblem.OptionsBeforeV5);
        measure.Add(1);
    }
}
