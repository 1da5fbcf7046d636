using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol;

/// <content>
/// The fast path for nearly all packets of a connection: a PUBLISH with a known topic or an alias for it, and an acknowledgement with a
/// body of two bytes. It accepts packets, but refuses none: everything unexpected, whether invalid or only rare, is left to the general
/// path, which reads the packet from the start.
/// </content>
public sealed partial class MqttDecoder
{
    /// <summary>Highest number of property bytes that are cached; also the largest Property Length in one byte.</summary>
    private const int MaxRepeated = 127;

    // The bytes and the record of the last properties of a PUBLISH. Most publishers send the same properties with each message, and a
    // record is immutable.
    private byte[] _repeated = [];
    private int _repeatedSize;
    private PublishProperties? _repeatedProperties;

    /// <summary>Decodes consecutive whole packets, as long as the fast path accepts them and the list has room.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="bytes">All bytes of the chunk.</param>
    /// <param name="at">The position of the next packet.</param>
    /// <param name="packets">Receives the packets.</param>
    /// <returns>The number of decoded packets.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal int DecodeRun(in ReadOnlyMemory<byte> chunk, ReadOnlySpan<byte> bytes, ref int at, Span<MqttPacket> packets)
    {
        var position = at;
        var count = 0;
        while (true)
        {
            if (_topics is { } topics)
                count += DecodeExpected(topics, in chunk, bytes, ref position, packets[count..]);
            if (count == packets.Length || DecodeCommon(in chunk, position, bytes[position..], out var size) is not { } packet)
                break;
            packets[count++] = packet;
            if (packet is Publish { QoS: QualityOfService.AtMostOnce, Properties: null } publish)
                _topics?.KeepHead(publish, bytes.Slice(position, size));
            position += size;
        }

        at = position;
        return count;
    }

    /// <summary>
    /// Decodes messages whose bytes before the payload equal those of earlier messages in the same order: one topic or several in turn,
    /// QoS 0, payloads of one size per topic. Many devices and gateways send nothing else. Each message needs one comparison.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int DecodeExpected(TextCache topics, in ReadOnlyMemory<byte> chunk, ReadOnlySpan<byte> bytes, ref int at, Span<MqttPacket> packets)
    {
        var position = at;
        var count = 0;
        while (count < packets.Length && topics.Follow(bytes[position..]) is { } head)
        {
            var size = head.Bytes.Length;
            packets[count++] = new Publish(head.Header, head.Topic, chunk.Slice(position + size, head.Size - size), 0, null);
            position += head.Size;
        }

        at = position;
        return count;
    }

    private MqttPacket? DecodeCommon(in ReadOnlyMemory<byte> chunk, int at, ReadOnlySpan<byte> bytes, out int size)
    {
        // Fixed header: first byte, Remaining Length of one or two bytes; then at least two bytes.
        size = 0;
        if (bytes.Length < 4)
            return null;
        var first = bytes[0];
        int length = bytes[1];
        var headerSize = 2;
        if (length >= 0x80)
        {
            int high = bytes[2];
            if (high is 0 or >= 0x80)
                return null;
            length = (length & 0x7F) | high << 7;
            headerSize = 3;
        }

        size = headerSize + length;
        if (size > bytes.Length || size > MaxPacketSize || !_legalFirstBytes[first])
            return null;
        return first >> 4 == (int)MqttPacketType.Publish
            ? DecodeKnownTopic(in chunk, at + headerSize, bytes.Slice(headerSize, length), first)
            : length == 2 ? DecodeShortAck(first, bytes) : null;
    }

    private Publish? DecodeKnownTopic(in ReadOnlyMemory<byte> chunk, int at, ReadOnlySpan<byte> body, byte first)
    {
        // Topic name; packet identifier if QoS > 0; 5.0: properties; payload.
        if (_topics is null || body.Length < 2)
            return null;
        var header = new FixedHeader(first, body.Length);
        var topicLength = BinaryPrimitives.ReadUInt16BigEndian(body);
        var position = 2 + topicLength;
        if (position > body.Length)
            return null;
        var topic = "";
        if (topicLength > 0)
        {
            if (_topics.Find(body.Slice(2, topicLength)) is not { } known)
                return null;
            topic = known;
        }
        else if (!_isV5)
        {
            return null;
        }

        ushort packetId = 0;
        if (header.QoS != QualityOfService.AtMostOnce)
        {
            if (body.Length - position < 2)
                return null;
            packetId = BinaryPrimitives.ReadUInt16BigEndian(body[position..]);
            if (packetId == 0)
                return null;
            position += 2;
        }

        PublishProperties? properties = null;
        if (_isV5)
        {
            if (position >= body.Length)
                return null;
            int size = body[position++];
            if (size != 0)
            {
                if (size > MaxRepeated || size > body.Length - position)
                    return null;
                var bytes = body.Slice(position, size);
                properties = KnownAliases.Find(bytes) ?? (bytes.SequenceEqual(_repeated.AsSpan(0, _repeatedSize))
                    ? _repeatedProperties
                    : ReadProperties(chunk.Slice(at + position - 1, body.Length - position + 1), bytes, body[(position - 1)..]));
                if (properties is null)
                    return null;
                position += size;
            }
        }

        if (topic.Length == 0 && properties?.TopicAlias is null)
            return null; // the general path reports the error
        return new Publish(header, topic, chunk.Slice(at + position, body.Length - position), packetId, properties);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PublishProperties? ReadProperties(ReadOnlyMemory<byte> memory, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> withLength)
    {
        var reader = new MqttReader(memory, withLength, MaxUserProperties);
        var properties = PropertyDecoding.ReadPublish(ref reader, Receiver, Texts);
        if (reader.Failed)
            return null;
        if (properties is { CorrelationData: null }) // correlation data refer to the chunk, and differ from message to message
        {
            if (_repeated.Length < bytes.Length)
                _repeated = new byte[bytes.Length];
            bytes.CopyTo(_repeated);
            _repeatedSize = bytes.Length;
            _repeatedProperties = properties;
        }

        return properties;
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a separate call, so that the loop for PUBLISH keeps its registers
    private static MqttPacket? DecodeShortAck(byte first, ReadOnlySpan<byte> bytes)
    {
        var packetId = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return packetId == 0 ? null : KnownAcks.Get(first, packetId);
    }
}
