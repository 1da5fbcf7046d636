using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>
/// MQTT framing for Akka.Streams: joins to any <c>Flow&lt;ReadOnlyMemory&lt;byte&gt;, ReadOnlyMemory&lt;byte&gt;&gt;</c>. A stream that breaks
/// the protocol fails with <see cref="MqttProtocolException"/>. Back-pressure passes through both ways.
/// </summary>
public static class MqttFraming
{
    /// <summary>
    /// Both directions of one connection, with the order and role of packets checked: packets to bytes on the way out, bytes to packets on the
    /// way in. The version is that of the CONNECT packet that passes.
    /// </summary>
    /// <param name="role">Our side: a client sends CONNECT, a server receives it.</param>
    /// <param name="settings">Limits; null for the defaults of the reference configuration.</param>
    /// <returns>The framing, to be joined with a flow of bytes.</returns>
    public static BidiFlow<MqttPacket, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, MqttPacket, NotUsed> Create(
        MqttRole role, MqttConnectionSettings? settings = null) =>
        BidiFlow.FromGraph(new MqttFramingStage(role, settings ?? MqttConnectionSettings.Create((Configuration.Config?)null)));

    /// <summary>Bytes, cut anywhere, to packets, in any order and of either side.</summary>
    /// <param name="version">The version; null learns it from the first CONNECT.</param>
    /// <param name="maxPacketSize">Largest packet in bytes with its fixed header.</param>
    /// <returns>The flow.</returns>
    public static Flow<ReadOnlyMemory<byte>, MqttPacket, NotUsed> Decoder(
        MqttVersion? version = null, int maxPacketSize = MqttDecoder.LargestPacketSize) =>
        BatchDecoder(version, maxPacketSize).SelectMany(packets => packets);

    /// <summary>As <see cref="Decoder"/>, but all packets that a chunk completes come as one element: the cheapest way across an async boundary.</summary>
    /// <param name="version">The version; null learns it from the first CONNECT.</param>
    /// <param name="maxPacketSize">Largest packet in bytes with its fixed header.</param>
    /// <returns>The flow.</returns>
    public static Flow<ReadOnlyMemory<byte>, MqttList<MqttPacket>, NotUsed> BatchDecoder(
        MqttVersion? version = null, int maxPacketSize = MqttDecoder.LargestPacketSize) =>
        Flow.FromGraph(new MqttDecoderStage(() => new InboundDecoder(null, new MqttDecoder(null, version) { MaxPacketSize = maxPacketSize })));

    /// <summary>Packets to bytes; packets that downstream does not take at once are coalesced into one chunk.</summary>
    /// <param name="version">The version.</param>
    /// <param name="chunkSize">Largest chunk in bytes, but for a packet that is larger by itself.</param>
    /// <returns>The flow.</returns>
    public static Flow<MqttPacket, ReadOnlyMemory<byte>, NotUsed> Encoder(MqttVersion version, int chunkSize = 128 * 1024) =>
        Flow.FromGraph(new MqttEncoderStage(version, chunkSize));
}
