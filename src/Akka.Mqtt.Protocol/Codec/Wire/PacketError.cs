namespace Akka.Mqtt.Protocol;

/// <summary>Why a packet was refused, on receiving or on sending. The message is a constant: it never quotes what the peer sent.</summary>
/// <param name="ReasonCode">The reason code that the standard gives for it.</param>
/// <param name="Message">What is wrong, for people to read.</param>
/// <param name="Header">The fixed header of the offending packet, when it came from the wire and was readable.</param>
public readonly record struct PacketError(ReasonCode ReasonCode, string Message, FixedHeader? Header = null)
{
    /// <summary>What is wrong, for people to read.</summary>
    public string Message { get; init; } = Message ?? throw new ArgumentNullException(nameof(Message));

    /// <inheritdoc/>
    public override string ToString() => Header is { } header ? $"0x{(byte)ReasonCode:X2} {Message} ({header})" : $"0x{(byte)ReasonCode:X2} {Message}";
}
