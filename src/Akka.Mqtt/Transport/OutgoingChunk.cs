using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>Bytes of one write: the first <see cref="Count"/> of an array, or segments that belong together.</summary>
internal readonly record struct OutgoingChunk(byte[] Bytes, int Count, List<ArraySegment<byte>>? Segments)
{
    public ByteString ToByteString() => Segments is null ? ByteString.FromBytes(Bytes, 0, Count) : ByteString.FromBytes(Segments);
}
