using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The SUBSCRIBE packet (section 3.8).</summary>
public sealed record Subscribe : MqttPacket
{
    /// <summary>An empty request; set the fields in an initializer.</summary>
    public Subscribe()
    {
    }

    /// <summary>Requests subscriptions.</summary>
    /// <param name="packetId">The packet identifier, 1 to 65,535.</param>
    /// <param name="subscriptions">At least one.</param>
    public Subscribe(ushort packetId, params ReadOnlySpan<Subscription> subscriptions)
    {
        PacketId = packetId;
        Subscriptions = MqttList.Create(subscriptions);
    }

    /// <summary>A received request; the array must not be changed any more.</summary>
    internal Subscribe(FixedHeader header, ushort packetId, Subscription[] subscriptions)
        : base(header)
    {
        PacketId = packetId;
        Subscriptions = MqttList.Wrap(subscriptions);
        Dup = header.Dup;
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Subscribe;

    /// <summary>The packet identifier, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The topic filters with their options, at least one.</summary>
    public MqttList<Subscription> Subscriptions { get; init; }

    /// <summary>DUP; for this packet only MQTT 3.1 has it.</summary>
    public bool Dup { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public SubscribeProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        PacketText.Of(this, $"{PacketId}, {Subscriptions}").AddIf("Dup", Dup, Dup).Add(Properties).ToString();
}
