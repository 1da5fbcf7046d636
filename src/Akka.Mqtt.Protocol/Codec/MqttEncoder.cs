using System.Buffers.Binary;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Encodes MQTT packets. No IO; allocates nothing except the target buffer. First measure a packet, which checks all its fields, then
/// write it.
/// </summary>
public static class MqttEncoder
{
    /// <summary>Checks a packet against the rules of a version and calculates its size on the wire.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The protocol version of the connection.</param>
    /// <param name="sender">The side that sends, or null to allow what either may send.</param>
    /// <param name="size">The size in bytes with the fixed header; 0 if the packet is not valid.</param>
    /// <param name="error">The error when the packet is not valid.</param>
    /// <returns>Whether the packet may be written.</returns>
    public static bool TryMeasure(MqttPacket packet, MqttVersion version, MqttRole? sender, out int size, out PacketError error)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (packet is Publish plain)
        {
            if (plain.Properties is null && PublishEncoding.TryMeasurePlain(plain, version, out size))
            {
                error = default;
                return true;
            }
        }
        else if (AckEncoding.TryPlain(packet, out _))
        {
            size = AckEncoding.PlainSize;
            error = default;
            return true;
        }

        return TryMeasureAny(packet, version, sender, out size, out error);
    }

    private static bool TryMeasureAny(MqttPacket packet, MqttVersion version, MqttRole? sender, out int size, out PacketError error)
    {
        var measure = new PacketMeasure(version, sender);
        if (packet is Publish publish)
            PublishEncoding.Measure(publish, ref measure);
        else
            MeasureOther(packet, ref measure);

        var total = 1 + VariableByteInteger.Size((uint)Math.Min(measure.Size, VariableByteInteger.MaxValue)) + measure.Size;
        if (measure.Size > VariableByteInteger.MaxValue)
            measure.Fail(ReasonCode.PacketTooLarge, PacketProblem.PacketTooLarge);
        if (measure.Problem is { } problem)
        {
            size = 0;
            error = new PacketError(measure.Code, problem);
            return false;
        }

        size = (int)total;
        error = default;
        return true;
    }

    /// <summary>Writes a packet that <see cref="TryMeasure"/> accepted.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The same version that it was measured for.</param>
    /// <param name="destination">At least as many bytes as measured.</param>
    /// <returns>Bytes written: the measured size.</returns>
    public static int Write(MqttPacket packet, MqttVersion version, Span<byte> destination)
    {
        var head = WriteHead(packet, version, destination);
        if (packet is not Publish publish)
            return head;
        var payload = publish.Payload.Span;
        payload.CopyTo(destination[head..]);
        return head + payload.Length;
    }

    /// <summary>
    /// Writes a packet that <see cref="TryMeasure"/> accepted, without the payload of a PUBLISH. The caller sends the payload after it:
    /// for payloads that are too large to copy. Other packets are written completely.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The same version that it was measured for.</param>
    /// <param name="destination">At least as many bytes as measured, less the payload of a PUBLISH.</param>
    /// <returns>Bytes written: the measured size, less the payload of a PUBLISH.</returns>
    public static int WriteHead(MqttPacket packet, MqttVersion version, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (packet is Publish plain)
        {
            if (plain.Properties is null && PublishEncoding.WritePlainHead(plain, version, destination) is > 0 and var written)
                return written;
        }
        else if (AckEncoding.TryPlain(packet, out var bytes))
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, bytes);
            return AckEncoding.PlainSize;
        }

        var writer = new MqttWriter(destination);
        if (packet is Publish publish)
            PublishEncoding.WriteHead(publish, version, ref writer);
        else
            WriteOther(packet, version, ref writer);
        return writer.Position;
    }

    /// <summary>Encodes a packet into a new array.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The protocol version.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ArgumentException">The packet violates a rule of that version; the message names the rule.</exception>
    public static byte[] Encode(MqttPacket packet, MqttVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (!TryMeasure(packet, version, null, out var size, out var error))
            throw new ArgumentException(error.ToString(), nameof(packet));
        var bytes = new byte[size];
        Write(packet, version, bytes);
        return bytes;
    }

    private static void MeasureOther(MqttPacket packet, ref PacketMeasure measure)
    {
        if (measure.Sender is { } sender)
            measure.Require(FirstByteRules.MaySend(sender, packet.Type, measure.Version), PacketProblem.WrongSender);
        switch (packet)
        {
            case Connect connect:
                ConnectEncoding.Measure(connect, ref measure);
                break;
            case ConnAck connAck:
                ConnectEncoding.Measure(connAck, ref measure);
                break;
            case PubAck pubAck:
                AckEncoding.Measure(MqttPacketType.PubAck, pubAck.PacketId, pubAck.ReasonCode, pubAck.Properties, ref measure);
                break;
            case PubRec pubRec:
                AckEncoding.Measure(MqttPacketType.PubRec, pubRec.PacketId, pubRec.ReasonCode, pubRec.Properties, ref measure);
                break;
            case PubRel pubRel:
                measure.Dup(pubRel.Dup);
                AckEncoding.Measure(MqttPacketType.PubRel, pubRel.PacketId, pubRel.ReasonCode, pubRel.Properties, ref measure);
                break;
            case PubComp pubComp:
                AckEncoding.Measure(MqttPacketType.PubComp, pubComp.PacketId, pubComp.ReasonCode, pubComp.Properties, ref measure);
                break;
            case Subscribe subscribe:
                SubscribeEncoding.Measure(subscribe, ref measure);
                break;
            case SubAck subAck:
                SubscribeEncoding.Measure(subAck, ref measure);
                break;
            case Unsubscribe unsubscribe:
                UnsubscribeEncoding.Measure(unsubscribe, ref measure);
                break;
            case UnsubAck unsubAck:
                UnsubscribeEncoding.Measure(unsubAck, ref measure);
                break;
            case Disconnect disconnect:
                DisconnectEncoding.Measure(disconnect, ref measure);
                break;
            case Auth auth:
                DisconnectEncoding.Measure(auth, ref measure);
                break;
        }
    }

    private static void WriteOther(MqttPacket packet, MqttVersion version, ref MqttWriter writer)
    {
        switch (packet)
        {
            case Connect connect:
                ConnectEncoding.Write(connect, version, ref writer);
                break;
            case ConnAck connAck:
                ConnectEncoding.Write(connAck, version, ref writer);
                break;
            case PubAck pubAck:
                AckEncoding.Write(0x40, pubAck.PacketId, pubAck.ReasonCode, pubAck.Properties, version, ref writer);
                break;
            case PubRec pubRec:
                AckEncoding.Write(0x50, pubRec.PacketId, pubRec.ReasonCode, pubRec.Properties, version, ref writer);
                break;
            case PubRel pubRel:
                AckEncoding.Write(pubRel.Dup ? (byte)0x6A : (byte)0x62, pubRel.PacketId, pubRel.ReasonCode, pubRel.Properties, version, ref writer);
                break;
            case PubComp pubComp:
                AckEncoding.Write(0x70, pubComp.PacketId, pubComp.ReasonCode, pubComp.Properties, version, ref writer);
                break;
            case Subscribe subscribe:
                SubscribeEncoding.Write(subscribe, version, ref writer);
                break;
            case SubAck subAck:
                SubscribeEncoding.Write(subAck, version, ref writer);
                break;
            case Unsubscribe unsubscribe:
                UnsubscribeEncoding.Write(unsubscribe, version, ref writer);
                break;
            case UnsubAck unsubAck:
                UnsubscribeEncoding.Write(unsubAck, version, ref writer);
                break;
            case Disconnect disconnect:
                DisconnectEncoding.Write(disconnect, version, ref writer);
                break;
            case Auth auth:
                DisconnectEncoding.Write(auth, ref writer);
                break;
            default: // PINGREQ and PINGRESP are a fixed header
                writer.Begin((byte)((int)packet.Type << 4));
                writer.End();
                break;
        }
    }
}
