using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The PUBLISH packet (section 3.3): an application message.</summary>
public sealed record Publish : MqttPacket
{
    // DUP, QoS and RETAIN, in the same bits as in the first byte of the packet. One byte instead of three: it fills a word together with
    // the packet identifier and the fields of the base class, and there is one object for each message.
    private readonly byte _flags;

    /// <summary>An empty message; set the fields in an initializer.</summary>
    public Publish() => Topic = "";

    /// <summary>A message.</summary>
    /// <param name="topic">The topic name; no wildcards.</param>
    /// <param name="payload">The payload: bytes or text. Default: empty.</param>
    public Publish(string topic, MqttBinary payload = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Topic = topic;
        Payload = payload;
    }

    /// <summary>A received message; its flags are those of the header.</summary>
    internal Publish(FixedHeader header, string topic, ReadOnlyMemory<byte> payload, ushort packetId, PublishProperties? properties)
        : base(header)
    {
        Topic = topic;
        Payload = MqttBinary.Wrap(payload);
        PacketId = packetId;
        _flags = (byte)(header.FirstByte & FixedHeader.Flags);
        if (properties is not null)
            Properties = properties;
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Publish;

    /// <summary>The topic name; no wildcards. Empty is legal in 5.0 together with <see cref="PublishProperties.TopicAlias"/>.</summary>
    public string Topic { get; init; }

    /// <summary>The payload. The bytes of a received packet are in the received chunk and stay valid. Default: empty.</summary>
    public MqttBinary Payload { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public PublishProperties? Properties { get; init; }

    /// <summary>The packet identifier, 1 to 65,535, when <see cref="QoS"/> is 1 or 2; else 0.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The QoS. Default: 0.</summary>
    public QualityOfService QoS
    {
        get => (QualityOfService)(_flags >> 1 & 0x03);
        init => _flags = (byte)((_flags & ~FixedHeader.QoSFlags) | Math.Min((int)value, 3) << 1); // an invalid value stays invalid
    }

    /// <summary>RETAIN. To a server: retain this message for the topic. To a client: this is a retained message.</summary>
    public bool Retain
    {
        get => (_flags & FixedHeader.RetainFlag) != 0;
        init => _flags = (byte)((_flags & ~FixedHeader.RetainFlag) | (value ? FixedHeader.RetainFlag : 0));
    }

    /// <summary>DUP: this may be a redelivery. Never with QoS 0.</summary>
    public bool Dup
    {
        get => (_flags & FixedHeader.DupFlag) != 0;
        init => _flags = (byte)((_flags & ~FixedHeader.DupFlag) | (value ? FixedHeader.DupFlag : 0));
    }

    /// <summary>The first byte on the wire.</summary>
    internal byte FirstByte => (byte)((int)MqttPacketType.Publish << 4 | _flags);

    /// <summary>Shows everything, but only the first bytes of the payload.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        PacketText.Of(this, $"{Topic}, QoS={(int)QoS}").AddIf("PacketId", PacketId, PacketId != 0).AddIf("Retain", Retain, Retain)
            .AddIf("Dup", Dup, Dup).Add("Payload", Payload).Add(Properties).ToString();
}
