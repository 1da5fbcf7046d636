using System.Buffers;
using System.IO.Pipelines;

namespace Akka.Mqtt.Transport;

/// <summary>Copies bytes out of pipes.</summary>
internal static class PipeBytes
{
    /// <summary>
    /// Takes as many bytes as fit. With an empty buffer nothing is taken, and the bytes stay unexamined, so that the next read completes
    /// at once.
    /// </summary>
    public static int Take(PipeReader reader, ReadResult result, Span<byte> buffer)
    {
        var available = result.Buffer;
        var taken = available.Slice(0, Math.Min(available.Length, buffer.Length));
        var count = (int)taken.Length;
        taken.CopyTo(buffer);
        // From here on the segments belong to the pipe again.
        reader.AdvanceTo(taken.End);
        return count;
    }
}
