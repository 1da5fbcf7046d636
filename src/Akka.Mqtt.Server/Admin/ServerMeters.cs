using System.Diagnostics.Metrics;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// The instruments of one server, on a meter named <see cref="MqttServer.MeterName"/>. All but one read, when a listener asks, what the
/// server counts anyway, so they cost nothing without a listener. No tag contains an address or a client identifier.
/// </summary>
internal sealed class ServerMeters : IDeliveryMeter, IDisposable
{
    private readonly Histogram<double> _delivery;

    public ServerMeters(ServerContext context)
    {
        Meter = new Meter(MqttServer.MeterName);
        var stats = context.Stats;
        Level("mqtt.server.connections", "{connection}", "Open connections.", () => stats.Connections);
        Level("mqtt.server.clients", "{client}", "Clients that are connected.", () => stats.Connected);
        Level("mqtt.server.sessions", "{session}", "Sessions, with a client or without.", () => stats.Sessions);
        Level("mqtt.server.subscriptions", "{subscription}", "Subscriptions, shared ones included.", () => stats.Subscriptions);
        Level("mqtt.server.retained.messages", "{message}", "Retained messages.", () => context.Retained.Count);
        Level("mqtt.server.retained.size", "By", "Bytes of retained messages.", () => context.Retained.Bytes);
        Level("mqtt.server.queued.messages", "{message}", "Messages that wait for clients.", () => context.Waiting().Messages);
        Level("mqtt.server.queued.size", "By", "Bytes that wait for clients.", () => context.Waiting().Bytes);
        Meter.CreateObservableGauge("mqtt.server.load.level", () => (long)context.Watermark.Level, "{level}", "0 normal, 1 refuses connects, 2 drops QoS 0, 3 disconnects.");
        Level("mqtt.server.connections.pending", "{connection}", "Connections whose client is not accepted yet.", () => context.Gate.Pending);
        Sum("mqtt.server.connections.displaced", "{connection}", "Silent connections closed to make room.", () => context.Gate.Displaced);
        Meter.CreateObservableUpDownCounter("mqtt.server.memory.used", () => Memory(context.Memory.Used), "By", "Bytes kept for clients, by kind.");
        Meter.CreateObservableCounter(
            "mqtt.server.memory.refused", () => Memory(context.Memory.Refusals), "{refusal}", "Times that a kind had no memory left, by kind.");
        Sum("mqtt.server.connections.accepted", "{connection}", "Connections that were accepted.", () => stats.Accepted);
        Sum("mqtt.server.sessions.expired", "{session}", "Sessions that expired because their client did not connect in time.", () => stats.ExpiredSessions);
        Sum("mqtt.server.packets.received", "{packet}", "Packets received.", () => stats.Traffic.Sum().PacketsReceived);
        Sum("mqtt.server.packets.sent", "{packet}", "Packets sent.", () => stats.Traffic.Sum().PacketsSent);
        Sum("mqtt.server.messages.received", "{message}", "PUBLISH packets received.", () => stats.Traffic.Sum().MessagesReceived);
        Sum("mqtt.server.messages.sent", "{message}", "PUBLISH packets sent.", () => stats.Traffic.Sum().MessagesSent);
        Sum("mqtt.server.payload.received", "By", "Payload bytes received.", () => stats.Traffic.Sum().PayloadReceived);
        Sum("mqtt.server.payload.sent", "By", "Payload bytes sent.", () => stats.Traffic.Sum().PayloadSent);
        Sum("mqtt.server.io.received", "By", "Bytes received from clients.", () => stats.Traffic.Sum().BytesReceived);
        Sum("mqtt.server.io.sent", "By", "Bytes sent to clients.", () => stats.Traffic.Sum().BytesSent);
        Sum("mqtt.server.slow_consumers", "{client}", "Times that a client became a slow consumer.", () => stats.SlowConsumers);
        Sum("mqtt.server.throttled", "{pause}", "Times that reading paused because a client published too fast.", () => stats.Throttled);
        Sum("mqtt.server.slow_hooks", "{call}", "Calls of authorizers and interceptors that took longer than slow-hook-threshold.", () => context.HookWatch.SlowCalls);
        Meter.CreateObservableCounter("mqtt.server.messages.dropped", () => Dropped(context.Drops), "{message}", "Messages dropped, by reason.");
        Meter.CreateObservableCounter("mqtt.server.refusals", () => Refusals(stats), "{refusal}", "Refused connects, connections, messages and subscriptions, by kind and reason code.");
        Level("mqtt.server.storage.pending", "By", "Bytes that wait for a commit of the storage.", () => context.Engine?.PendingBytes ?? 0);
        Sum("mqtt.server.storage.failures", "{failure}", "Commits of the storage that failed and were retried.", () => context.Engine?.FailedCommits ?? 0);
        Meter.CreateObservableGauge(
            "mqtt.server.storage.commit.age", () => context.Engine?.CommitAge.TotalSeconds ?? 0, "s", "How long the current commit of the storage has been running.");
        _delivery = Meter.CreateHistogram<double>(
            "mqtt.server.delivery.duration", "s", "From the receipt of a batch of messages to the session that it is for.", tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
    }

    public Meter Meter { get; }

    /// <summary>A batch has reached its session.</summary>
    public void Delivered(long milliseconds)
    {
        if (_delivery.Enabled)
            _delivery.Record(milliseconds / 1000.0);
    }

    public void Dispose() => Meter.Dispose();

    private static IEnumerable<Measurement<long>> Memory(Func<MemoryKind, long> read)
    {
        foreach (var kind in Enum.GetValues<MemoryKind>())
            yield return new Measurement<long>(read(kind), new KeyValuePair<string, object?>("kind", kind.ToString()));
    }

    private static IEnumerable<Measurement<long>> Dropped(DropCounters drops)
    {
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            if (drops.Of(reason) is > 0 and var count)
                yield return new Measurement<long>(count, new KeyValuePair<string, object?>("reason", reason.ToString()));
        }
    }

    private static IEnumerable<Measurement<long>> Refusals(ServerStats stats)
    {
        foreach (var (what, reason, count) in stats.Refusals())
        {
            yield return new Measurement<long>(
                count,
                new KeyValuePair<string, object?>("what", what.ToString()),
                new KeyValuePair<string, object?>("reason", NameOf(reason)));
        }
    }

    private static string NameOf(ReasonCode reason) => reason.ToString();

    private void Level(string name, string unit, string description, Func<long> read) =>
        Meter.CreateObservableUpDownCounter(name, read, unit, description);

    private void Sum(string name, string unit, string description, Func<long> read) =>
        Meter.CreateObservableCounter(name, read, unit, description);
}
