using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The DISCONNECT packet (section 3.14): the last packet of a connection. In 3.x only a client sends it.</summary>
/// <param name="ReasonCode">MQTT 5.0: the reason; in 3.x always <see cref="ReasonCodes.NormalDisconnection"/>.</param>
public sealed record Disconnect(ReasonCode ReasonCode = ReasonCodes.NormalDisconnection) : MqttPacket
{
    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Disconnect;

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public DisconnectProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        PacketText.Of(this, ReasonCode.NameIn(Type)).Add(Properties).ToString();
}
