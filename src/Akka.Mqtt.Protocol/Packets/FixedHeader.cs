namespace Akka.Mqtt.Protocol;

/// <summary>
/// The fixed header of a packet as it was received (section 2.1), including flags without a meaning for its type, so that a proxy or a
/// protocol analyser sees everything.
/// </summary>
/// <param name="FirstByte">The first byte: packet type in the high half, flags in the low half.</param>
/// <param name="RemainingLength">Bytes after the fixed header, 0 to 268,435,455.</param>
public readonly record struct FixedHeader(byte FirstByte, int RemainingLength)
{
    internal const int DupFlag = 0x08;
    internal const int QoSFlags = 0x06;
    internal const int RetainFlag = 0x01;
    internal const int Flags = 0x0F;

    /// <summary>The packet type; <see cref="MqttPacketType.Reserved"/> if the peer sent type 0.</summary>
    public MqttPacketType Type => (MqttPacketType)(FirstByte >> 4);

    /// <summary>Flag bit 3: DUP, if the type has it.</summary>
    public bool Dup => (FirstByte & DupFlag) != 0;

    /// <summary>Flag bits 2 and 1: QoS, if the type has it. A refused header may contain 3.</summary>
    public QualityOfService QoS => (QualityOfService)((FirstByte >> 1) & 0x03);

    /// <summary>Flag bit 0: RETAIN, if the type has it.</summary>
    public bool Retain => (FirstByte & RetainFlag) != 0;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Type} flags=0x{FirstByte & Flags:X1} remainingLength={RemainingLength}";
}
