using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>
/// MQTT framing for Akka.Streams, to be joined with any <c>Flow&lt;ReadOnlyMemory&lt;byte&gt;, ReadOnlyMemory&lt;byte&gt;&gt;</c>. A
/// stream that violates the protocol fails with <see cref="MqttProtocolException"/>. Back-pressure works in both directions.
/// </summary>
public static class MqttFraming
{
    /// <summary>
    /// Both directions of one connection, with the order and role of packets checked: outgoing packets to bytes, incoming bytes to
    /// packets. The version is that of the CONNECT packet in the stream.
    /// </summary>
    /// <param name="role">Our side: a client sends CONNECT, a server receives it.</param>
    /// <param name="settings">Limits; null for the defaults of the reference configuration.</param>
    /// <returns>The framing, to be joined with a flow of bytes.</returns>
    public static BidiFlow<MqttPacket, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, MqttPacket, NotUsed> Create(
        MqttRole role, MqttConnectionSettings? settings = null) =>
        BidiFlow.FromGraph(new MqttFramingStage(role, settings ?? MqttConnectionSettings.Create((Configuration.Config?)null)));

    /// <summary>Bytes, split anywhere, to packets of either side in any order.</summary>
    /// <param name="version">The version; null to take it from the first CONNECT.</param>
    /// <param name="maxPacketSize">Largest packet in bytes with its fixed header.</param>
    /// <returns>The flow.</returns>
    public static Flow<ReadOnlyMemory<byte>, MqttPacket, NotUsed> Decoder(
        MqttVersion? version = null, int maxPacketSize = MqttDecoder.LargestPacketSize) =>
        BatchDecoder(version, maxPacketSize).SelectMany(packets => packets);

    /// <summary>
    /// Like <see cref="Decoder"/>, but all packets that a chunk completes are one element. This is the fastest way across an async
    /// boundary.
    /// </summary>
    /// <param name="version">The version; null to take it from the first CONNECT.</param>
    /// <param name="maxPacketSize">Largest packet in bytes with its fixed header.</param>
    /// <returns>The flow.</returns>
    public static Flow<ReadOnlyMemory<byte>, MqttList<MqttPacket>, NotUsed> BatchDecoder(
        MqttVersion? version = null, int maxPacketSize = MqttDecoder.LargestPacketSize) =>
        Flow.FromGraph(new MqttDecoderStage(() => new InboundDecoder(null, new MqttDecoder(null, version) { MaxPacketSize = maxPacketSize })));

    /// <summary>Packets to bytes. Packets that downstream does not take at once are combined into one chunk.</summary>
    /// <param name="version">The version.</param>
    /// <param name="chunkSize">The largest chunk in bytes; a larger packet is a chunk of its own.</param>
    /// <returns>The flow.</returns>
    public static Flow<MqttPacket, ReadOnlyMemory<byte>, NotUsed> Encoder(MqttVersion version, int chunkSize = 128 * 1024) =>
        Flow.FromGraph(new MqttEncoderStage(version, chunkSize));
}
