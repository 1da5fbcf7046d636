namespace Akka.Mqtt.Protocol;

/// <summary>The PINGRESP packet (section 3.13).</summary>
public sealed record PingResp : MqttPacket
{
    /// <summary>The shared instance.</summary>
    public static PingResp Instance { get; } = new();

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.PingResp;

    /// <inheritdoc/>
    public override string ToString() => nameof(PingResp);
}
