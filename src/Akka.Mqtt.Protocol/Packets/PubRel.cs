using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The PUBREL packet (section 3.6): the answer of the sender of a QoS 2 PUBLISH to PUBREC.</summary>
/// <param name="PacketId">The packet identifier of the PUBLISH, 1 to 65,535.</param>
/// <param name="ReasonCode">MQTT 5.0: the result; in 3.x always <see cref="ReasonCode.Success"/>.</param>
public sealed record PubRel(ushort PacketId, ReasonCode ReasonCode = ReasonCode.Success) : MqttPacket
{
    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.PubRel;

    /// <summary>DUP; for this packet only MQTT 3.1 has it.</summary>
    public bool Dup { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public AckProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        PacketText.Of(this, $"{PacketId}, {ReasonCode.NameIn(Type)}").AddIf("Dup", Dup, Dup).Add(Properties).ToString();
}
