using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The AUTH packet of MQTT 5.0 (section 3.15): a step of an extended authentication.</summary>
/// <param name="ReasonCode">
/// <see cref="ReasonCode.Success"/> (server), <see cref="ReasonCode.ContinueAuthentication"/> or <see cref="ReasonCode.ReAuthenticate"/> (client).
/// </param>
public sealed record Auth(ReasonCode ReasonCode = ReasonCode.Success) : MqttPacket
{
    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Auth;

    /// <summary>The properties; an AUTH needs at least <see cref="AuthProperties.AuthenticationMethod"/>.</summary>
    public AuthProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, ReasonCode.NameIn(Type)).Add(Properties).ToString();
}
