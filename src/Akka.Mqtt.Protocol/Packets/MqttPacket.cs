namespace Akka.Mqtt.Protocol;

/// <summary>
/// An MQTT control packet: an immutable record with value equality, including bytes. <see cref="Header"/> does not count for equality, so
/// a received packet equals one that was created in code.
/// </summary>
public abstract record MqttPacket
{
    // The Remaining Length + 1 of a received packet; 0 for a packet that was not received.
    private readonly int _received;
    private readonly byte _firstByte;

    private protected MqttPacket()
    {
    }

    private protected MqttPacket(FixedHeader header)
    {
        _firstByte = header.FirstByte;
        _received = header.RemainingLength + 1;
    }

    /// <summary>The packet type.</summary>
    public abstract MqttPacketType Type { get; }

    /// <summary>The fixed header as it was received; <see langword="null"/> for a packet that was not received.</summary>
    public FixedHeader? Header
    {
        get => _received == 0 ? null : new FixedHeader(_firstByte, _received - 1);
        internal init
        {
            _firstByte = value?.FirstByte ?? 0;
            _received = value is { } header ? header.RemainingLength + 1 : 0;
        }
    }

    /// <summary>Equal when the type and all fields except <see cref="Header"/> are equal.</summary>
    /// <param name="other">The packet to compare with.</param>
    /// <returns>Whether both are the same packet.</returns>
    public virtual bool Equals(MqttPacket? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Type;
}
