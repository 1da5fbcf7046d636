namespace Akka.Mqtt.Protocol;

/// <summary>The PUBLISH packet (section 3.3): an application message.</summary>
public sealed record Publish : MqttPacket
{
    /// <summary>An empty publish, to be filled by an initializer.</summary>
    public Publish()
    {
    }

    /// <summary>A message.</summary>
    /// <param name="topic">The topic name; no wildcards.</param>
    /// <param name="payload">The payload: bytes or text. Default: empty.</param>
    public Publish(string topic, MqttBinary payload = default)
    {
        Topic = topic;
        Payload = payload;
    }

    /// <summary>A received message; its flags are those of the header.</summary>
    internal Publish(FixedHeader header, string topic, ReadOnlyMemory<byte> payload, ushort packetId, PublishProperties? properties)
        : base(header)
    {
        Topic = topic;
        Payload = new MqttBinary(payload);
        PacketId = packetId;
        QoS = header.QoS;
        Retain = header.Retain;
        Dup = header.Dup;
        if (properties is not null)
            Properties = properties;
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Publish;

    /// <summary>The topic name; no wildcards. Empty is legal in 5.0 together with <see cref="PublishProperties.TopicAlias"/>.</summary>
    public string Topic { get; init; } = "";

    /// <summary>The payload. The bytes of a received packet lie in the received chunk and stay valid. Default: empty.</summary>
    public MqttBinary Payload { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public PublishProperties? Properties { get; init; }

    /// <summary>The packet identifier, 1 to 65,535, when <see cref="QoS"/> is 1 or 2; else 0.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The QoS. Default: 0.</summary>
    public QualityOfService QoS { get; init; }

    /// <summary>RETAIN: to a server, keep this as the topic's retained message; to a client, this is a retained message.</summary>
    public bool Retain { get; init; }

    /// <summary>DUP: this may be a redelivery. Never with QoS 0.</summary>
    public bool Dup { get; init; }

    /// <summary>Shows all but the payload beyond its first bytes.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        PacketText.Of(this, $"{Topic}, QoS={(int)QoS}").AddIf("PacketId", PacketId, PacketId != 0).AddIf("Retain", Retain, Retain)
            .AddIf("Dup", Dup, Dup).Add("Payload", Payload).Add(Properties).ToString();
}
