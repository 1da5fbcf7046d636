using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>The state of the server as a whole. Nothing here visits each client.</summary>
internal static class ServerOperations
{
    public static ServerAnswer Describe(MqttServer server)
    {
        var context = server.Context;
        var (stats, traffic) = (context.Stats, context.Stats.Traffic.Sum());
        return new ServerAnswer(
            server.Name,
            OwnFigures.Version,
            (context.Now - context.StartedAt) / 1000.0,
            context.Watermark.Level.ToString(),
            stats.Connections,
            stats.Connected,
            stats.MostConnected,
            stats.Sessions,
            stats.ExpiredSessions,
            stats.Subscriptions,
            stats.SharedSubscriptions,
            context.Retained.Count,
            context.Retained.Bytes,
            stats.Accepted,
            context.Gate.Displaced,
            stats.SlowConsumers,
            stats.Throttled,
            context.HookWatch.SlowCalls,
            new TrafficAnswer(
                traffic.PacketsReceived, traffic.PacketsSent, traffic.MessagesReceived, traffic.MessagesSent,
                traffic.PayloadReceived, traffic.PayloadSent, traffic.BytesReceived, traffic.BytesSent),
            [.. Enum.GetValues<DropReason>().Select(reason => new DropAnswer(reason.ToString(), context.Drops.Of(reason)))],
            [.. stats.Refusals().Select(each => new RefusalAnswer(each.What.ToString(), each.Reason.ToString(), (byte)each.Reason, each.Count))],
            [.. Enum.GetValues<MemoryKind>().Select(kind => new MemoryAnswer(kind.ToString(), context.Memory.Used(kind), context.Memory.Bound(kind), context.Memory.Refusals(kind)))]);
    }

    public static RefusedAnswer Refused(MqttServer server) => new(
        [.. server.Context.Stats.RefusedClients.List().Select(static each => new RefusedClientAnswer(each.At, each.ClientId, each.Address, each.Reason.ToString(), (byte)each.Reason, each.Detail))]);

    public static ListenersAnswer Listeners(MqttServer server) => new(
    [
        .. server.Settings.Listeners.Select(listener => new ListenerAnswer(
            listener.Name,
            listener.Transport.ToString(),
            server.Endpoints.Where(each => each.Name == listener.Name).Select(static each => each.ToString()).ToArray() is { Length: > 0 } bound
                ? bound
                : [$"{listener.Address}{(listener.IsWebSocket ? listener.Path : "")}"], // Kestrel's
            listener.MountPoint.Length == 0 ? null : listener.MountPoint)),
    ]);
}
