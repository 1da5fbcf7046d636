namespace Akka.Mqtt.Protocol;

/// <summary>Why a packet was refused when it was received or sent. The message is a constant: it never contains text of the peer.</summary>
/// <param name="ReasonCode">The reason code of the standard.</param>
/// <param name="Message">The error as text.</param>
/// <param name="Header">
/// The fixed header of the invalid packet; null when the packet was not received or its header was not readable.
/// </param>
public readonly record struct PacketError(ReasonCode ReasonCode, string Message, FixedHeader? Header = null)
{
    /// <summary>The error as text.</summary>
    public string Message { get; init; } = Message ?? throw new ArgumentNullException(nameof(Message));

    /// <inheritdoc/>
    public override string ToString() => Header is { } header ? $"0x{(byte)ReasonCode:X2} {Message} ({header})" : $"0x{(byte)ReasonCode:X2} {Message}";
}
