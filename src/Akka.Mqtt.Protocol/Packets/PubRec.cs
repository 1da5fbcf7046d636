using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The PUBREC packet (section 3.5): the first answer to a QoS 2 PUBLISH.</summary>
/// <param name="PacketId">The packet identifier of the PUBLISH, 1 to 65,535.</param>
/// <param name="ReasonCode">MQTT 5.0: the result; in 3.x always <see cref="ReasonCode.Success"/>.</param>
public sealed record PubRec(ushort PacketId, ReasonCode ReasonCode = ReasonCode.Success) : MqttPacket
{
    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.PubRec;

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public AckProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, $"{PacketId}, {ReasonCode.NameIn(Type)}").Add(Properties).ToString();
}
