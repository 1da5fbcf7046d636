using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Messages of one publisher that were received in one chunk. All sessions that receive exactly these messages share the batch, so its
/// properties are calculated once and it is encoded once. Immutable.
/// </summary>
internal sealed class MessageBatch
{
    public MessageBatch(Publish[] packets, bool isShared)
    {
        Packets = packets;
        IsPlain = true;
        foreach (var packet in packets)
        {
            IsPlain &= packet.QoS == QualityOfService.AtMostOnce && packet.Properties is null;
            PayloadBytes += packet.Payload.Length;
            Size += QueuedMessage.SizeOf(packet);
        }
        var list = MqttList.Wrap<MqttPacket>(packets);
        Write = isShared && IsPlain ? Mqtt.WriteBatch.ForMany(list) : new Mqtt.WriteBatch(list);
    }

    /// <summary>The messages, with QoS, RETAIN and subscription identifiers in the form in which the session sends them.</summary>
    public Publish[] Packets { get; }

    /// <summary>Whether all are of QoS 0 without properties, so that they can be sent to a client unchanged.</summary>
    public bool IsPlain { get; }

    /// <summary>Bytes as <see cref="QueuedMessage.Size"/> counts them.</summary>
    public long Size { get; }

    public long PayloadBytes { get; }

    /// <summary>The command that sends them.</summary>
    public Mqtt.WriteBatch Write { get; }
}
