using Akka.Mqtt.Connection;

namespace Akka.Mqtt.Server.Telemetry;

/// <summary>Traffic on connections: of one batch, or the sum of all.</summary>
internal record struct TrafficCounts
{
    public long PacketsReceived { get; set; }

    public long PacketsSent { get; set; }

    public long MessagesReceived { get; set; }

    public long MessagesSent { get; set; }

    public long PayloadReceived { get; set; }

    public long PayloadSent { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    /// <summary>The traffic of a connection whose client was not accepted.</summary>
    public static TrafficCounts OfRefused(ByteCounts bytes, int packets) =>
        new() { PacketsReceived = packets, BytesReceived = bytes.Received, BytesSent = bytes.Sent };
}

/// <summary>
/// The sum of all traffic on the connections of a server. Actors count for themselves and add once a chunk. Each thread usually adds to
/// its own cache line. Thread safe.
/// </summary>
internal sealed class Traffic
{
    private const int Width = 16; // number of longs in a stripe: two cache lines, so that two stripes never share one
    private const int Fields = 8;
    private const int Stripes = 32;

    private readonly long[] _cells = new long[Stripes * Width];

    public void Add(in TrafficCounts counts)
    {
        var at = (Environment.CurrentManagedThreadId & (Stripes - 1)) * Width;
        Add(at, counts.PacketsReceived);
        Add(at + 1, counts.PacketsSent);
        Add(at + 2, counts.MessagesReceived);
        Add(at + 3, counts.MessagesSent);
        Add(at + 4, counts.PayloadReceived);
        Add(at + 5, counts.PayloadSent);
        Add(at + 6, counts.BytesReceived);
        Add(at + 7, counts.BytesSent);
    }

    public TrafficCounts Sum()
    {
        Span<long> sums = stackalloc long[Fields];
        for (var stripe = 0; stripe < Stripes; stripe++)
        {
            for (var field = 0; field < Fields; field++)
                sums[field] += Volatile.Read(ref _cells[(stripe * Width) + field]);
        }
        return new TrafficCounts
        {
            PacketsReceived = sums[0],
            PacketsSent = sums[1],
            MessagesReceived = sums[2],
            MessagesSent = sums[3],
            PayloadReceived = sums[4],
            PayloadSent = sums[5],
            BytesReceived = sums[6],
            BytesSent = sums[7],
        };
    }

    private void Add(int cell, long count)
    {
        if (count != 0)
            Interlocked.Add(ref _cells[cell], count);
    }
}
