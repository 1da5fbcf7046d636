using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Dashboard.Live;

/// <summary>Takes samples. It reads sums that the server keeps anyway, so its cost does not depend on the number of clients. Not thread safe.</summary>
internal sealed class LiveSampler
{
    private readonly ServerContext _context;
    private Sums _before;

    public LiveSampler(ServerContext context)
    {
        _context = context;
        _before = Read();
    }

    /// <summary>Takes a sample, with rates since the previous one.</summary>
    public LiveSample Take()
    {
        var (before, now) = (_before, Read());
        _before = now;
        var seconds = Math.Max(0.001, (now.At - before.At) / 1000.0);
        double Rate(long from, long to) => Math.Round((to - from) / seconds, 1);
        var stats = _context.Stats;
        var memory = _context.Memory;
        return new LiveSample(
            _context.Clock.GetUtcNow(),
            stats.Connected,
            stats.Connections,
            stats.Sessions,
            stats.Subscriptions,
            _context.Retained.Count,
            _context.Watermark.Level.ToString(),
            Rate(before.Traffic.MessagesReceived, now.Traffic.MessagesReceived),
            Rate(before.Traffic.MessagesSent, now.Traffic.MessagesSent),
            Rate(before.Traffic.BytesReceived, now.Traffic.BytesReceived),
            Rate(before.Traffic.BytesSent, now.Traffic.BytesSent),
            Rate(before.Accepted, now.Accepted),
            Rate(before.Dropped, now.Dropped),
            Rate(before.Refused, now.Refused),
            memory.Used(MemoryKind.Queued) + memory.Used(MemoryKind.InFlight) + memory.Used(MemoryKind.Unwritten),
            Environment.WorkingSet,
            Math.Round((now.Processor - before.Processor).TotalSeconds / seconds * 100, 1));
    }

    private Sums Read()
    {
        var (dropped, refused) = (0L, 0L);
        foreach (var reason in Enum.GetValues<DropReason>())
            dropped += _context.Drops.Of(reason);
        foreach (var what in Enum.GetValues<Refused>())
            refused += _context.Stats.RefusalsOf(what);
        return new Sums(_context.Now, _context.Stats.Traffic.Sum(), _context.Stats.Accepted, dropped, refused, ProcessorTime());
    }

    private static TimeSpan ProcessorTime() => OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() || OperatingSystem.IsBrowser() ? default : Environment.CpuUsage.TotalTime;

    private readonly record struct Sums(long At, TrafficCounts Traffic, long Accepted, long Dropped, long Refused, TimeSpan Processor);
}
