using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Packets that are encoded one after the other for a stream. It grows up to the chunk size, is passed on whole, and is never changed
/// afterwards.
/// </summary>
internal sealed class PacketChunk(int chunkSize)
{
    private byte[] _bytes = [];
    private int _count;

    public bool IsEmpty => _count == 0;

    public bool IsFull => _count >= chunkSize;

    public void Append(MqttPacket packet, MqttVersion version, int size)
    {
        if (_count + size > _bytes.Length)
            Array.Resize(ref _bytes, _count == 0 ? size : Math.Max(_count + size, Math.Min(_bytes.Length * 4, chunkSize)));
        _count += MqttEncoder.Write(packet, version, _bytes.AsSpan(_count));
    }

    public ReadOnlyMemory<byte> Take()
    {
        var chunk = new ReadOnlyMemory<byte>(_bytes, 0, _count);
        (_bytes, _count) = ([], 0);
        return chunk;
    }
}
