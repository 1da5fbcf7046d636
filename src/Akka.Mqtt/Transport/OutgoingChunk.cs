namespace Akka.Mqtt.Transport;

/// <summary>Bytes of one write: the first <see cref="Count"/> of an array, or segments that belong together.</summary>
internal readonly record struct OutgoingChunk(byte[] Bytes, int Count, List<ArraySegment<byte>>? Segments)
{
    /// <summary>All of an array.</summary>
    public OutgoingChunk(byte[] bytes)
        : this(bytes, bytes.Length, null)
    {
    }

    /// <summary>How many bytes it is.</summary>
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
