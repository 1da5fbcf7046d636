using System.Reflection;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Admin;

/// <summary>The figures of this node for administrators: sums that the server keeps anyway, so that a question does not visit each client.</summary>
internal static class OwnFigures
{
    /// <summary>The version of this assembly.</summary>
    public static string Version { get; } =
        typeof(MqttServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>The figures of this moment.</summary>
    public static NodeFigures Of(ServerContext context)
    {
        var (stats, memory, health) = (context.Stats, context.Memory, MqttServerHealth.Of(context));
        var traffic = stats.Traffic.Sum();
        return new NodeFigures(context.Admin.Path.Parent.Name, Version, health.State, health.Detail, context.Watermark.Level.ToString(), new NodeSums
        {
            Uptime = context.Now - context.StartedAt,
            Clients = stats.Connected,
            Connections = stats.Connections,
            Sessions = stats.Sessions,
            Subscriptions = stats.Subscriptions,
            MessagesReceived = traffic.MessagesReceived,
            MessagesSent = traffic.MessagesSent,
            BytesReceived = traffic.BytesReceived,
            BytesSent = traffic.BytesSent,
            Dropped = Enum.GetValues<DropReason>().Sum(context.Drops.Of),
            Refused = Enum.GetValues<Refused>().Sum(stats.RefusalsOf),
            WaitingBytes = memory.Used(MemoryKind.Queued) + memory.Used(MemoryKind.InFlight) + memory.Used(MemoryKind.Unwritten),
            ProcessMemory = Environment.WorkingSet,
            ProcessorTime = ProcessorTime(),
        });
    }

    private static long ProcessorTime() => OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() || OperatingSystem.IsBrowser() ? 0 : (long)Environment.CpuUsage.TotalTime.TotalMilliseconds;
}
