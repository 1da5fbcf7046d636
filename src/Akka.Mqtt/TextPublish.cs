using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>A received PUBLISH with its payload as text, for a handler that registered with <see cref="Mqtt.Register.PayloadEncoding"/>.</summary>
/// <param name="Packet">The packet as it was received.</param>
/// <param name="Payload">The payload, decoded.</param>
public sealed record TextPublish(Publish Packet, string Payload)
{
    /// <summary>The topic name.</summary>
    public string Topic => Packet.Topic;

    /// <summary>The QoS.</summary>
    public QualityOfService QoS => Packet.QoS;

    /// <summary>The packet identifier, when the QoS is 1 or 2; else 0.</summary>
    public ushort PacketId => Packet.PacketId;

    /// <summary>RETAIN.</summary>
    public bool Retain => Packet.Retain;

    /// <summary>DUP.</summary>
    public bool Dup => Packet.Dup;

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public PublishProperties? Properties => Packet.Properties;

    /// <inheritdoc/>
    public override string ToString() => $"Text{Packet}";
}
