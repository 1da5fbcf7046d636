using System.Buffers.Binary;
using System.Diagnostics;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// The first bytes of every payload: 8 of time, 4 of the run, so that another run on the same server is not counted, 4 of the publisher.
/// The time is that of sending or, with open loop, the time at which the message should be sent.
/// </summary>
internal static class Stamp
{
    public const int Size = 16;

    /// <summary>A payload of that size that begins with a stamp.</summary>
    public static byte[] Create(int size, long time, int run, int publisher)
    {
        var payload = new byte[size];
        BinaryPrimitives.WriteInt64LittleEndian(payload, time);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(8), run);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(12), publisher);
        return payload;
    }

    /// <summary>Reads the stamp of a message of this run.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, int run, out long time, out int publisher)
    {
        (time, publisher) = (0, 0);
        if (payload.Length < Size || BinaryPrimitives.ReadInt32LittleEndian(payload[8..]) != run)
            return false;
        time = BinaryPrimitives.ReadInt64LittleEndian(payload);
        publisher = BinaryPrimitives.ReadInt32LittleEndian(payload[12..]);
        return true;
    }

    /// <summary>Nanoseconds between two times.</summary>
    public static long Nanoseconds(long from, long to) => (long)((to - from) * (1e9 / Stopwatch.Frequency));
}
