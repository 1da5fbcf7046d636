using System.Buffers;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Turns chunks as they arrive, cut anywhere, into packets: a <see cref="MqttDecoder"/> and the beginning of a packet that has not arrived
/// whole. Whole packets are decoded where they lie; only a packet that spans chunks is copied. Owned by one thread at a time.
/// </summary>
public sealed class MqttFrameDecoder
{
    /// <summary>Makes a frame decoder.</summary>
    /// <param name="decoder">The packet decoder; carries version, role and limit.</param>
    public MqttFrameDecoder(MqttDecoder decoder) => Decoder = decoder;

    /// <summary>The packet decoder.</summary>
    public MqttDecoder Decoder { get; }

    /// <summary>Bytes of an incomplete packet that are kept for the next chunk.</summary>
    public int BufferedBytes => throw new NotImplementedException();

    /// <summary>Decodes all packets that this chunk completes and keeps the rest.</summary>
    /// <param name="chunk">The next bytes. Nobody may write to them afterwards: payloads alias them.</param>
    /// <param name="packets">Where packets are added, in order. On an error it holds those that came before it.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/> when the chunk ended with a packet, <see cref="OperationStatus.NeedMoreData"/> when part of a packet
    /// is kept, <see cref="OperationStatus.InvalidData"/> when <see cref="MqttDecoder.Error"/> is set: nothing more can be decoded.
    /// </returns>
    public OperationStatus Decode(ReadOnlyMemory<byte> chunk, List<MqttPacket> packets) => throw new NotImplementedException();
}
