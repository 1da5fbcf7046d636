namespace Akka.Mqtt.Protocol;

/// <summary>The PINGREQ packet (section 3.12).</summary>
public sealed record PingReq : MqttPacket
{
    /// <summary>The shared instance.</summary>
    public static PingReq Instance { get; } = new();

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.PingReq;

    /// <inheritdoc/>
    public override string ToString() => nameof(PingReq);
}
