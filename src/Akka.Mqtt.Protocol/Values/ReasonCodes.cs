namespace Akka.Mqtt.Protocol;

/// <summary>The tables for <see cref="ReasonCode"/>: in which packets a code is allowed, and the return codes of MQTT 3.x.</summary>
public static class ReasonCodes
{
    /// <summary>0x00 in DISCONNECT: close normally, without the will. The same as <see cref="ReasonCode.Success"/>.</summary>
    public const ReasonCode NormalDisconnection = ReasonCode.Success;

    /// <summary>0x00 in SUBACK: granted with maximum QoS 0. The same as <see cref="ReasonCode.Success"/>.</summary>
    public const ReasonCode GrantedQoS0 = ReasonCode.Success;

    // Codes are in 0x00..0x3F and 0x80..0xBF, so each has a bit in one of two masks.
    private static readonly ulong[] Low = new ulong[16];
    private static readonly ulong[] High = new ulong[16];
    private static readonly ulong DisconnectByClientLow = 1UL << 0x00 | 1UL << 0x04;
    private static readonly ulong DisconnectByClientHigh;

    static ReasonCodes()
    {
        Allow(MqttPacketType.ConnAck, 0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A,
            0x9B, 0x9C, 0x9D, 0x9F);
        Allow(MqttPacketType.PubAck, 0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);
        Allow(MqttPacketType.PubRec, 0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);
        Allow(MqttPacketType.PubRel, 0x00, 0x92);
        Allow(MqttPacketType.PubComp, 0x00, 0x92);
        Allow(MqttPacketType.SubAck, 0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2);
        Allow(MqttPacketType.UnsubAck, 0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91);

        // Table 2-6 lists 0x8C for DISCONNECT, table 3-10 does not: it is accepted and sent.
        Allow(MqttPacketType.Disconnect, 0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95,
            0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2);
        Allow(MqttPacketType.Auth, 0x00, 0x18, 0x19);

        // Table 3-10: the codes that a client may send.
        foreach (byte code in (ReadOnlySpan<byte>)[0x80, 0x81, 0x82, 0x83, 0x8C, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99])
            DisconnectByClientHigh |= 1UL << (code - 0x80);
    }

    /// <summary>The name that the standard has for a code in a packet: 0x00 has three.</summary>
    /// <param name="code">The code.</param>
    /// <param name="packet">The type of the packet.</param>
    /// <returns>The name, for logs.</returns>
    public static string NameIn(this ReasonCode code, MqttPacketType packet) => (code, packet) switch
    {
        (ReasonCode.Success, MqttPacketType.Disconnect) => nameof(NormalDisconnection),
        (ReasonCode.Success, MqttPacketType.SubAck) => nameof(GrantedQoS0),
        _ => code.ToString(),
    };

    /// <summary>Whether a code means failure: 0x80 and above (section 2.4).</summary>
    /// <param name="code">The code.</param>
    /// <returns>Whether it is a failure.</returns>
    public static bool IsFailure(this ReasonCode code) => (byte)code >= 0x80;

    /// <summary>Whether the MQTT 5.0 standard lists a code for a packet type.</summary>
    /// <param name="code">The code.</param>
    /// <param name="packet">The type of the packet; a type without reason codes allows none.</param>
    /// <param name="sender">The sending side, or null for both; relevant for DISCONNECT and AUTH.</param>
    /// <returns>Whether it is allowed.</returns>
    public static bool IsAllowed(this ReasonCode code, MqttPacketType packet, MqttRole? sender = null)
    {
        var value = (byte)code;
        var index = (int)packet & 0x0F;
        if (!(IsIn(value, Low[index], High[index]) && packet <= MqttPacketType.Auth))
            return false;
        return packet switch
        {
            MqttPacketType.Disconnect when sender == MqttRole.Client => IsIn(value, DisconnectByClientLow, DisconnectByClientHigh),
            MqttPacketType.Disconnect when sender == MqttRole.Server => code != ReasonCode.DisconnectWithWillMessage,
            MqttPacketType.Auth when sender == MqttRole.Client => code != ReasonCode.Success,
            MqttPacketType.Auth when sender == MqttRole.Server => code != ReasonCode.ReAuthenticate,
            _ => true,
        };
    }

    /// <summary>The CONNACK return code of MQTT 3.x for a reason code.</summary>
    /// <param name="code">The reason code.</param>
    /// <param name="returnCode">0 to 5.</param>
    /// <returns>Whether 3.x has one; if not, the connection is closed without CONNACK, 3.1.1 [MQTT-3.2.2-6].</returns>
    public static bool TryToReturnCode(this ReasonCode code, out byte returnCode)
    {
        returnCode = code switch
        {
            ReasonCode.Success => 0,
            ReasonCode.UnsupportedProtocolVersion => 1,
            ReasonCode.ClientIdentifierNotValid => 2,
            ReasonCode.ServerUnavailable => 3,
            ReasonCode.BadUserNameOrPassword => 4,
            ReasonCode.NotAuthorized => 5,
            _ => byte.MaxValue,
        };
        return returnCode != byte.MaxValue;
    }

    /// <summary>The reason code for a CONNACK return code of MQTT 3.x.</summary>
    /// <param name="returnCode">The byte from the wire.</param>
    /// <param name="code">The reason code.</param>
    /// <returns>Whether 3.x defines the return code.</returns>
    public static bool TryFromReturnCode(byte returnCode, out ReasonCode code)
    {
        code = returnCode switch
        {
            1 => ReasonCode.UnsupportedProtocolVersion,
            2 => ReasonCode.ClientIdentifierNotValid,
            3 => ReasonCode.ServerUnavailable,
            4 => ReasonCode.BadUserNameOrPassword,
            5 => ReasonCode.NotAuthorized,
            _ => ReasonCode.Success,
        };
        return returnCode <= 5;
    }

    private static bool IsIn(byte code, ulong low, ulong high) =>
        (code & 0x40) == 0 && (((code < 0x80 ? low : high) >> (code & 0x3F)) & 1) != 0;

    private static void Allow(MqttPacketType packet, params ReadOnlySpan<byte> codes)
    {
        foreach (var code in codes)
            (code < 0x80 ? Low : High)[(int)packet] |= 1UL << (code & 0x3F);
    }
}
