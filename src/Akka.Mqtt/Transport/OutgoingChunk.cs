namespace Akka.Mqtt.Transport;

/// <summary>The bytes of one write: the first <see cref="Count"/> bytes of an array, or a list of segments.</summary>
internal readonly record struct OutgoingChunk(byte[] Bytes, int Count, List<ArraySegment<byte>>? Segments)
{
    /// <summary>All of an array.</summary>
    public OutgoingChunk(byte[] bytes)
        : this(bytes, bytes.Length, null)
    {
    }

    /// <summary>The number of bytes.</summary>
    public int Length
    {
        get
        {
            if (Segments is null)
                return Count;
            var length = 0;
            foreach (var segment in Segments)
                length += segment.Count;
            return length;
        }
    }
}
