namespace Akka.Mqtt.Protocol;

/// <summary>
/// The fixed header of a received packet, as it arrived (section 2.1): also the flags that mean nothing for its type, so that a proxy or a
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

    /// <summary>Flag bit 3: DUP, where it applies.</summary>
    public bool Dup => (FirstByte & DupFlag) != 0;

    /// <summary>Flag bits 2 and 1: QoS, where it applies. 3 is possible here, in a header that was refused.</summary>
    public QualityOfService QoS => (QualityOfService)((FirstByte >> 1) & 0x03);

    /// <summary>Flag bit 0: RETAIN, where it applies.</summary>
    public bool Retain => (FirstByte & RetainFlag) != 0;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Type} flags=0x{FirstByte & Flags:X1} remainingLength={RemainingLength}";
}
