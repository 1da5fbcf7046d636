using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The UNSUBSCRIBE packet (section 3.10).</summary>
public sealed record Unsubscribe : MqttPacket
{
    /// <summary>An empty request; set the fields in an initializer.</summary>
    public Unsubscribe()
    {
    }

    /// <summary>Requests the end of subscriptions.</summary>
    /// <param name="packetId">The packet identifier, 1 to 65,535.</param>
    /// <param name="filters">At least one topic filter.</param>
    public Unsubscribe(ushort packetId, params ReadOnlySpan<string> filters)
    {
        PacketId = packetId;
        Filters = MqttList.Create(filters);
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Unsubscribe;

    /// <summary>The packet identifier, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The topic filters, at least one.</summary>
    public MqttList<string> Filters { get; init; }

    /// <summary>DUP; for this packet only MQTT 3.1 has it.</summary>
    public bool Dup { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public UnsubscribeProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, $"{PacketId}, {Filters}").AddIf("Dup", Dup, Dup).Add(Properties).ToString();
}
