using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Messages of one publisher that came in one chunk, the same for every session that gets just these: what can be known of them is found once,
/// and they are encoded once. Immutable.
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

    /// <summary>The messages: QoS, RETAIN and subscription identifiers as the session is to send them.</summary>
    public Publish[] Packets { get; }

    /// <summary>Whether all are of QoS 0 and without properties, so that they may go to a client as they are.</summary>
    public bool IsPlain { get; }

    /// <summary>Bytes as <see cref="QueuedMessage.Size"/> counts them.</summary>
    public long Size { get; }

    public long PayloadBytes { get; }

    /// <summary>The command that sends them.</summary>
    public Mqtt.WriteBatch Write { get; }
}
