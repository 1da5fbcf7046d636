using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The bytes of a batch that many connections send. The first connection encodes it, once for each protocol version. Thread safe: when two
/// connections encode at the same time, both get a correct result.
/// </summary>
internal sealed class SharedEncoding
{
    private static readonly SharedEncoding.Bytes Unusable = new([], 0);

    private readonly Bytes?[] _byVersion = new Bytes?[(int)MqttVersion.V5 + 1];

    /// <summary>Encodes the batch for a version, or returns the existing bytes.</summary>
    /// <param name="packets">The batch.</param>
    /// <param name="version">The version of the connection.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>
    /// Whether all are PUBLISH packets that may be sent unchanged. If not, the caller checks the packets one by one to find the error.
    /// </returns>
    public bool TryGet(MqttList<MqttPacket> packets, MqttVersion version, out Bytes bytes)
    {
        bytes = _byVersion[(int)version] ??= Encode(packets.Span, version);
        return bytes.Packets.Length > 0;
    }

    private static Bytes Encode(ReadOnlySpan<MqttPacket> packets, MqttVersion version)
    {
        long total = 0;
        var largest = 0;
        foreach (var packet in packets)
        {
            if (packet is not Publish || !MqttEncoder.TryMeasure(packet, version, null, out var size, out _))
                return Unusable;
            total += size;
            largest = Math.Max(largest, size);
        }

        if (total > Array.MaxLength)
            return Unusable;
        var bytes = GC.AllocateUninitializedArray<byte>((int)total);
        var at = 0;
        foreach (var packet in packets)
            at += MqttEncoder.Write(packet, version, bytes.AsSpan(at));
        return new Bytes(bytes, largest);
    }

    /// <param name="Packets">All packets, one behind the other. Never changed.</param>
    /// <param name="Largest">The size of the largest packet.</param>
    internal sealed record Bytes(byte[] Packets, int Largest);
}
