using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The SUBACK packet (section 3.9): the server's answer to SUBSCRIBE.</summary>
public sealed record SubAck : MqttPacket
{
    /// <summary>An empty answer; set the fields in an initializer.</summary>
    public SubAck()
    {
    }

    /// <summary>An answer without properties.</summary>
    /// <param name="packetId">The packet identifier of the SUBSCRIBE.</param>
    /// <param name="reasonCodes">One for each filter, in order.</param>
    public SubAck(ushort packetId, params ReadOnlySpan<ReasonCode> reasonCodes)
    {
        PacketId = packetId;
        ReasonCodes = MqttList.Create(reasonCodes);
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.SubAck;

    /// <summary>The packet identifier of the SUBSCRIBE, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The granted QoS or the failure of each filter, in order. 3.x has only 0x00, 0x01, 0x02 and 0x80.</summary>
    public MqttList<ReasonCode> ReasonCodes { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public AckProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, $"{PacketId}, {PacketText.Names(ReasonCodes, Type)}").Add(Properties).ToString();
}
