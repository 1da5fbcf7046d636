using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The UNSUBACK packet (section 3.11): the server's answer to UNSUBSCRIBE.</summary>
public sealed record UnsubAck : MqttPacket
{
    /// <summary>An empty answer; set the fields in an initializer.</summary>
    public UnsubAck()
    {
    }

    /// <summary>An answer without properties.</summary>
    /// <param name="packetId">The packet identifier of the UNSUBSCRIBE.</param>
    /// <param name="reasonCodes">MQTT 5.0: one for each filter, in order; 3.x: none.</param>
    public UnsubAck(ushort packetId, params ReadOnlySpan<ReasonCode> reasonCodes)
    {
        PacketId = packetId;
        ReasonCodes = MqttList.Create(reasonCodes);
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.UnsubAck;

    /// <summary>The packet identifier of the UNSUBSCRIBE, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>MQTT 5.0: the result of each filter, in order. 3.x has none.</summary>
    public MqttList<ReasonCode> ReasonCodes { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public AckProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, $"{PacketId}, {PacketText.Names(ReasonCodes, Type)}").Add(Properties).ToString();
}
