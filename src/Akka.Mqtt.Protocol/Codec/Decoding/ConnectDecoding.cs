using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Decodes CONNECT (section 3.1): protocol name, level, connect flags, keep-alive, 5.0 properties; then client identifier, will, user name,
/// password, in this order [MQTT-3.1.3-1].
/// </summary>
internal static class ConnectDecoding
{
    private const byte UserNameFlag = 0x80;
    private const byte PasswordFlag = 0x40;
    private const byte WillRetainFlag = 0x20;
    private const byte WillQoSFlags = 0x18;
    private const byte WillFlag = 0x04;
    private const byte CleanStartFlag = 0x02;
    private const byte ReservedFlag = 0x01;
    private const byte BridgeBit = 0x80; // of the protocol level before 5.0: an extension of mosquitto

    public static Connect? Read(ref MqttReader reader, FixedHeader header)
    {
        if (!ReadVersion(ref reader, out var version, out var isBridge))
            return null;
        var flags = reader.ReadByte();
        CheckFlags(ref reader, flags, version);
        var keepAlive = reader.ReadUInt16();
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadConnect(ref reader) : null;
        var clientId = reader.ReadString(); // [MQTT-3.1.3-3], [MQTT-3.1.3-4]
        var will = (flags & WillFlag) != 0 ? ReadWill(ref reader, flags, version) : null;
        var userName = IsPresent(in reader, flags, UserNameFlag, version) ? reader.ReadString() : null;
        MqttBinary? password = IsPresent(in reader, flags, PasswordFlag, version) ? reader.ReadBinary() : (MqttBinary?)null;
        if (!reader.Failed && reader.Remaining == 0 && clientId.Length == 0)
            CheckEmptyClientId(ref reader, flags, version);

        return reader.Failed ? null : new Connect(header, clientId)
        {
            Version = version,
            IsBridge = isBridge,
            CleanStart = (flags & CleanStartFlag) != 0,
            KeepAlive = keepAlive,
            Will = will,
            UserName = userName,
            Password = password,
            Properties = properties,
        };
    }

    /// <summary>The version in the body of a refused CONNECT; null when it is not supported.</summary>
    public static MqttVersion? PeekVersion(ReadOnlySpan<byte> body)
    {
        if (body.Length > 8 && body.StartsWith("\0\u0006MQIsdp"u8))
            return body[8] is 3 or (3 | BridgeBit) ? MqttVersion.V31 : null;
        if (body.Length < 7 || !body.StartsWith("\0\u0004MQTT"u8))
            return null;
        return body[6] switch
        {
            4 or (4 | BridgeBit) => MqttVersion.V311,
            5 => MqttVersion.V5,
            _ => null,
        };
    }

    private static bool ReadVersion(ref MqttReader reader, out MqttVersion version, out bool isBridge)
    {
        (version, isBridge) = (default, false);
        var name = reader.ReadBlock();
        if (reader.Failed)
            return false;
        var old = name.SequenceEqual("MQIsdp"u8);
        if (!old && !name.SequenceEqual("MQTT"u8)) // [MQTT-3.1.2-1]
        {
            if (Utf8Rules.IsValid(name))
                reader.Fail(ReasonCode.UnsupportedProtocolVersion, PacketProblem.ProtocolName);
            else
                reader.Malformed(PacketProblem.IllFormedText);
            return false;
        }

        var level = reader.ReadByte();
        if (reader.Failed)
            return false;
        isBridge = level is (3 | BridgeBit) or (4 | BridgeBit);
        version = (MqttVersion)(isBridge ? level & ~BridgeBit : level);
        if (old ? version == MqttVersion.V31 : version is MqttVersion.V311 or MqttVersion.V5)
            return true;
        reader.Fail(ReasonCode.UnsupportedProtocolVersion, PacketProblem.ProtocolLevel); // [MQTT-3.1.2-2]
        return false;
    }

    private static void CheckFlags(ref MqttReader reader, byte flags, MqttVersion version)
    {
        if ((flags & WillFlag) != 0 && (flags & WillQoSFlags) == WillQoSFlags) // 5.0 [MQTT-3.1.2-12], 3.1.1 [MQTT-3.1.2-14]
            reader.Malformed(PacketProblem.QoS3);
        if ((flags & (UserNameFlag | PasswordFlag)) == PasswordFlag && version != MqttVersion.V5) // 3.1.1 [MQTT-3.1.2-22]
            reader.ProtocolError(PacketProblem.PasswordOnly);
        if (version == MqttVersion.V31) // 3.1 ignores the reserved bit, and will QoS and will retain without a will
            return;
        if ((flags & ReservedFlag) != 0) // [MQTT-3.1.2-3]
            reader.Malformed(PacketProblem.ConnectFlags);
        if ((flags & WillFlag) == 0 && (flags & (WillQoSFlags | WillRetainFlag)) != 0) // 5.0 [MQTT-3.1.2-11], [MQTT-3.1.2-13]; 3.1.1 [..-13], [..-15]
            reader.Malformed(PacketProblem.WillFlags);
    }

    // "For compatibility with the original MQTT V3" the Remaining Length of 3.1 takes precedence over the two flags: the field may be missing.
    private static bool IsPresent(in MqttReader reader, byte flags, byte flag, MqttVersion version) =>
        (flags & flag) != 0 && (version != MqttVersion.V31 || reader.Remaining > 0);

    private static Will ReadWill(ref MqttReader reader, byte flags, MqttVersion version)
    {
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadWill(ref reader) : null;
        var topic = reader.ReadTopic(PacketProblem.WillTopic); // 5.0 [MQTT-3.1.3-11], 3.1.1 [MQTT-3.1.3-10]
        return new Will(topic, reader.ReadBinary())
        {
            QoS = (QualityOfService)((flags & WillQoSFlags) >> 3),
            Retain = (flags & WillRetainFlag) != 0,
            Properties = properties,
        };
    }

    private static void CheckEmptyClientId(ref MqttReader reader, byte flags, MqttVersion version)
    {
        // 3.1: one to 23 characters (the server decides about longer ones); 3.1.1 [MQTT-3.1.3-7], [MQTT-3.1.3-8]; 5.0 accepts any.
        if (version == MqttVersion.V31 || (version == MqttVersion.V311 && (flags & CleanStartFlag) == 0))
            reader.Fail(ReasonCode.ClientIdentifierNotValid, PacketProblem.ClientId);
    }
}
