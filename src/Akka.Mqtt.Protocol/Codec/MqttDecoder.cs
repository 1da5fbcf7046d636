using System.Buffers;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Decodes MQTT packets from bytes; sans-IO, never throws on input, reads nothing beyond the packet. Holds no bytes between calls:
/// <see cref="MqttFrameDecoder"/> does. Owned by one thread at a time.
/// </summary>
public sealed class MqttDecoder
{
    /// <summary>The largest packet that MQTT can express: five bytes of fixed header and 268,435,455 more.</summary>
    public const int LargestPacketSize = 268_435_455 + 5;

    /// <summary>Makes a decoder.</summary>
    /// <param name="receiver">The side that receives; packets that this side must not receive are refused. Null takes both directions.</param>
    /// <param name="version">The protocol version; null when the first CONNECT tells it (server side).</param>
    public MqttDecoder(MqttRole? receiver = null, MqttVersion? version = null)
    {
        Receiver = receiver;
        Version = version;
    }

    /// <summary>The side that receives, or null for both directions.</summary>
    public MqttRole? Receiver { get; }

    /// <summary>The protocol version; a decoded CONNECT sets it. While it is null only CONNECT can be decoded.</summary>
    public MqttVersion? Version { get; set; }

    /// <summary>The largest packet to accept, in bytes with the fixed header. Default: <see cref="LargestPacketSize"/>.</summary>
    public int MaxPacketSize { get; set; } = LargestPacketSize;

    /// <summary>The same limit while <see cref="Version"/> is not known: the CONNECT packet. Default: <see cref="LargestPacketSize"/>.</summary>
    public int MaxConnectPacketSize { get; set; } = LargestPacketSize;

    /// <summary>What was wrong, after <see cref="OperationStatus.InvalidData"/>.</summary>
    public PacketError Error { get; private set; }

    /// <summary>
    /// The version that the first CONNECT named although it was refused, so that the answer can be in its form; null when none was
    /// read or it is not one of ours.
    /// </summary>
    public MqttVersion? RefusedVersion { get; private set; }

    /// <summary>Whether the first CONNECT was refused for its protocol name: the peer does not speak MQTT.</summary>
    public bool RefusedProtocolName { get; private set; }

    /// <summary>Decodes the first packet of a buffer.</summary>
    /// <param name="source">Bytes that begin with a packet. The payload of a decoded PUBLISH aliases them.</param>
    /// <param name="consumed">Bytes that the packet took; 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <param name="packet">The packet; null unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>, <see cref="OperationStatus.NeedMoreData"/> for a packet that has not arrived whole, or
    /// <see cref="OperationStatus.InvalidData"/> with <see cref="Error"/> set: the connection is lost.
    /// </returns>
    public OperationStatus Decode(ReadOnlyMemory<byte> source, out int consumed, out MqttPacket? packet) => throw new NotImplementedException();
}
