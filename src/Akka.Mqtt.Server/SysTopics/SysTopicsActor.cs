using System.Globalization;
using System.Reflection;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.SysTopics;

/// <summary>
/// Publishes <c>$SYS/broker/#</c> as retained messages, with the names of mosquitto. Every <c>sys-interval</c> it publishes the values
/// that have changed.
/// </summary>
internal sealed class SysTopicsActor : UntypedActor, IWithTimers
{
    private const string Root = "$SYS/broker/";

    private readonly ServerContext _context;
    private readonly TimeSpan _interval;
    private readonly Publisher _publisher;
    private readonly Dictionary<string, string> _published = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoadAverage> _loads = new(StringComparer.Ordinal);
    private long _at;

    public SysTopicsActor(ServerContext context, TimeSpan interval)
    {
        _context = context;
        _interval = interval;
        _publisher = new Publisher(context, "", isServer: true, localOnly: true);
        _at = context.Now;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context, TimeSpan interval) =>
        Props.Create(() => new SysTopicsActor(context, interval)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        var version = typeof(MqttServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        Put("version", $"Akka.Mqtt.Server {version?.Split('+')[0]}");
        PublishAll();
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _interval, _interval);
    }

    protected override void OnReceive(object message)
    {
        if (message is Tick)
            PublishAll();
        else
            Unhandled(message);
    }

    private void PublishAll()
    {
        var stats = _context.Stats;
        var traffic = stats.Traffic.Sum();
        var dropped = 0L;
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            var count = _context.Drops.Of(reason);
            dropped += count;
            Put($"publish/messages/dropped/{reason}", count);
        }
        foreach (var what in Enum.GetValues<Refused>())
            Put($"refusals/{what}", stats.RefusalsOf(what));
        var (queued, queuedBytes) = _context.Waiting();
        Put("uptime", $"{(_context.Now - _context.StartedAt) / 1000} seconds");
        Put("clients/total", stats.Sessions);
        Put("clients/connected", stats.Connected);
        Put("clients/active", stats.Connected);
        Put("clients/disconnected", stats.Sessions - stats.Connected);
        Put("clients/inactive", stats.Sessions - stats.Connected);
        Put("clients/maximum", stats.MostConnected);
        Put("clients/expired", stats.ExpiredSessions);
        Put("messages/received", traffic.PacketsReceived);
        Put("messages/sent", traffic.PacketsSent);
        Put("messages/stored", _context.Retained.Count + queued);
        Put("store/messages/count", _context.Retained.Count + queued);
        Put("store/messages/bytes", _context.Retained.Bytes + queuedBytes);
        Put("publish/messages/received", traffic.MessagesReceived);
        Put("publish/messages/sent", traffic.MessagesSent);
        Put("publish/messages/dropped", dropped);
        Put("publish/bytes/received", traffic.PayloadReceived);
        Put("publish/bytes/sent", traffic.PayloadSent);
        Put("bytes/received", traffic.BytesReceived);
        Put("bytes/sent", traffic.BytesSent);
        Put("subscriptions/count", stats.Subscriptions);
        Put("shared_subscriptions/count", stats.SharedSubscriptions);
        Put("retained messages/count", _context.Retained.Count);
        Put("heap/current", GC.GetTotalMemory(forceFullCollection: false));
        Put("heap/gen2/bytes", GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo[GC.MaxGeneration].SizeAfterBytes);
        Put("heap/gen2/collections", GC.CollectionCount(GC.MaxGeneration));
        var seconds = (_context.Now - _at) / 1000.0;
        _at = _context.Now;
        if (seconds > 0)
        {
            Load("messages/received", traffic.PacketsReceived, seconds);
            Load("messages/sent", traffic.PacketsSent, seconds);
            Load("publish/received", traffic.MessagesReceived, seconds);
            Load("publish/sent", traffic.MessagesSent, seconds);
            Load("publish/dropped", dropped, seconds);
            Load("bytes/received", traffic.BytesReceived, seconds);
            Load("bytes/sent", traffic.BytesSent, seconds);
            Load("sockets", stats.Accepted, seconds);
            Load("connections", stats.Accepted, seconds);
        }
        _publisher.Flush();
    }

    private void Load(string name, long count, double seconds)
    {
        if (!_loads.TryGetValue(name, out var load))
            _loads.Add(name, load = new LoadAverage());
        load.Update(count, seconds);
        foreach (var (span, value) in load.Values())
            Put($"load/{name}/{span}", value.ToString("0.00", CultureInfo.InvariantCulture));
    }

    private void Put(string topic, long value) => Put(topic, value.ToString(CultureInfo.InvariantCulture));

    private void Put(string topic, string value)
    {
        if (_published.TryGetValue(topic, out var before) && before == value)
            return;
        _published[topic] = value;
        _publisher.Add(new Publish(Root + topic, value) { Retain = true });
    }

    private sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }
}
