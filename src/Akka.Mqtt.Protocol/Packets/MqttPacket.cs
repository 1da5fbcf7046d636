namespace Akka.Mqtt.Protocol;

/// <summary>
/// An MQTT control packet: an immutable record with value equality, bytes included. <see cref="Header"/> takes no part in equality, so a
/// received packet equals one that was made by hand.
/// </summary>
public abstract record MqttPacket
{
    private readonly int _remainingLength = -1;
    private readonly byte _firstByte;

    private protected MqttPacket()
    {
    }

    /// <summary>The packet type.</summary>
    public abstract MqttPacketType Type { get; }

    /// <summary>The fixed header as it was received, or <see langword="null"/> for a packet that did not come from the wire.</summary>
    public FixedHeader? Header
    {
        get => _remainingLength < 0 ? null : new FixedHeader(_firstByte, _remainingLength);
        internal init
        {
            if (value is not { } header)
                return;
            _firstByte = header.FirstByte;
            _remainingLength = header.RemainingLength;
        }
    }

    /// <summary>Equal when the type and all fields but <see cref="Header"/> are equal.</summary>
    /// <param name="other">The packet to compare with.</param>
    /// <returns>Whether both are the same packet.</returns>
    public virtual bool Equals(MqttPacket? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Type;
}
