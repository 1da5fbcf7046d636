namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The first bytes that a side may receive: packet type, flags and direction are checked before anything else has arrived. One table for
/// each version and role, shared by all decoders.
/// </summary>
internal static class FirstByteRules
{
    private static readonly bool[]?[] Tables = new bool[]?[16];

    /// <summary>The table of legal first bytes.</summary>
    public static bool[] Table(MqttVersion? version, MqttRole? receiver)
    {
        var index = (version is { } known ? (int)known - 2 : 0) * 4 + (receiver is { } role ? 1 + (int)role : 0);
        return Volatile.Read(ref Tables[index]) ?? Make(index, version, receiver);
    }

    /// <summary>The error of a first byte; the problem is null when the byte is legal.</summary>
    public static (ReasonCode Code, string? Problem) Check(byte firstByte, MqttVersion? version, MqttRole? receiver)
    {
        var type = (MqttPacketType)(firstByte >> 4);
        var flags = firstByte & 0x0F;
        if (type == MqttPacketType.Reserved)
            return (ReasonCode.MalformedPacket, PacketProblem.ReservedType);
        if (version is null && type != MqttPacketType.Connect) // [MQTT-3.1.0-1]
            return (ReasonCode.ProtocolError, PacketProblem.NotConnectFirst);
        if (type == MqttPacketType.Auth && version != MqttVersion.V5)
            return (ReasonCode.MalformedPacket, PacketProblem.AuthBeforeV5);

        if (type == MqttPacketType.Publish)
        {
            if ((flags & 0x06) == 0x06) // [MQTT-3.3.1-4]
                return (ReasonCode.MalformedPacket, PacketProblem.QoS3);
            if ((flags & 0x0E) == 0x08) // [MQTT-3.3.1-2]
                return (ReasonCode.MalformedPacket, PacketProblem.DupOnQoS0);
            return default;
        }

        // 5.0 [MQTT-2.1.3-1], 3.1.1 [MQTT-2.2.2-2]; PUBREL, SUBSCRIBE and UNSUBSCRIBE have 0010: [MQTT-3.6.1-1], [MQTT-3.8.1-1],
        // [MQTT-3.10.1-1]; in 3.1 these are sent at QoS 1 and may have DUP.
        var expected = type is MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? 0x02 : 0x00;
        if (version == MqttVersion.V31 && expected == 0x02)
            flags &= ~0x08;
        if (type == MqttPacketType.Connect && version is null or MqttVersion.V31)
            flags = 0; // not used in 3.1; the others are checked when CONNECT has set the version
        if (flags != expected)
            return (ReasonCode.MalformedPacket, PacketProblem.HeaderFlags);

        return receiver is { } role && !MaySend(role == MqttRole.Client ? MqttRole.Server : MqttRole.Client, type, version)
            ? (ReasonCode.ProtocolError, PacketProblem.WrongDirection)
            : default;
    }

    /// <summary>Whether a side may send packets of a type (table 2-1).</summary>
    public static bool MaySend(MqttRole sender, MqttPacketType type, MqttVersion? version) => type switch
    {
        MqttPacketType.Connect or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe or MqttPacketType.PingReq => sender == MqttRole.Client,
        MqttPacketType.ConnAck or MqttPacketType.SubAck or MqttPacketType.UnsubAck or MqttPacketType.PingResp => sender == MqttRole.Server,
        MqttPacketType.Disconnect => sender == MqttRole.Client || version == MqttVersion.V5,
        _ => true,
    };

    // Two threads may create the same table at the same time; both are correct.
    private static bool[] Make(int index, MqttVersion? version, MqttRole? receiver)
    {
        var table = new bool[256];
        for (var first = 0; first < table.Length; first++)
            table[first] = Check((byte)first, version, receiver).Problem is null;
        Volatile.Write(ref Tables[index], table);
        return table;
    }
}
