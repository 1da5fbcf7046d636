using System.Diagnostics;
using HdrHistogram;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The counters of a run at one moment; two snapshots make a report.</summary>
internal readonly record struct BenchSnapshot(long Time, long Sent, long Arrived, ProcessUsage? Server, TimeSpan OwnCpu)
{
    public static BenchSnapshot Take(LoadRun run) => new(
        Stopwatch.GetTimestamp(), run.SentCount, run.ArrivedCount, ProcessUsage.Read(run.Options.Pid),
        OperatingSystem.IsBrowser() ? default : Environment.CpuUsage.TotalTime);

    /// <summary>The options of a run, for its report.</summary>
    public static BenchReport Describe(BenchOptions options)
    {
        var idle = options.Mode == BenchMode.Idle;
        return new BenchReport
        {
            Mode = options.Mode.ToString().ToLowerInvariant(),
            Url = options.Url.ToString(),
            Tls = options.IsTls,
            Protocol = options.Protocol switch { Protocol.MqttVersion.V31 => "3.1", Protocol.MqttVersion.V311 => "3.1.1", _ => "5" },
            Qos = idle ? null : (int)options.QoS,
            Size = idle ? null : options.Size,
            Pubs = idle ? null : options.Pubs,
            Subs = idle ? null : options.Subs,
            Conns = idle ? options.Connections : null,
            Topics = idle ? null : options.Topics,
            Share = idle ? null : options.Share,
            Window = idle ? null : options.Window,
            Rate = options.Rate,
            Bg = idle ? null : options.Background,
            Warmup = idle ? null : options.Warmup.TotalSeconds,
            Seconds = options.Seconds.TotalSeconds,
            Measured = 0,
        };
    }

    /// <summary>What happened from one moment to another.</summary>
    public static BenchReport Report(LoadRun run, BenchSnapshot from, BenchSnapshot to, long? lost)
    {
        var seconds = Stopwatch.GetElapsedTime(from.Time, to.Time).TotalSeconds;
        var (sent, arrived) = (to.Sent - from.Sent, to.Arrived - from.Arrived);
        var server = to.Server?.Cpu - from.Server?.Cpu;
        var own = to.OwnCpu - from.OwnCpu;
        return Describe(run.Options) with
        {
            Measured = Math.Round(seconds, 3),
            Sent = sent,
            Received = arrived,
            SentPerS = BenchReport.Round(sent / seconds),
            ReceivedPerS = BenchReport.Round(arrived / seconds),
            MbPerS = BenchReport.Round(arrived / seconds * run.Options.Size / 1e6, 2),
            Lost = lost,
            LatencyUs = Latency(run.Latencies),
            ServerCpuUsPerMessage = BenchReport.Round(server?.TotalMicroseconds / arrived, 3),
            ServerCpuPercent = BenchReport.Round(server?.TotalSeconds / seconds * 100),
            ServerRssMb = BenchReport.Round(to.Server?.ResidentBytes / 1048576.0),
            OwnCpuUsPerMessage = BenchReport.Round(own.TotalMicroseconds / arrived, 3),
            OwnCpuPercent = BenchReport.Round(own.TotalSeconds / seconds * 100),
        };
    }

    private static BenchReport.LatencyReport? Latency(HistogramBase nanoseconds)
    {
        if (nanoseconds.TotalCount == 0)
            return null;
        double At(double percentile) => Math.Round(nanoseconds.GetValueAtPercentile(percentile) / 1e3, 1);
        return new BenchReport.LatencyReport(At(50), At(90), At(99), At(99.9), At(100));
    }
}
