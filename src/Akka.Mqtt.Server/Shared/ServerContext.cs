using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Server.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Server.Shared;

/// <summary>
/// The objects that all actors of one server share: settings, routing table, retained messages, clock, counters. Thread safe.
/// </summary>
internal sealed record ServerContext(
    MqttServerSettings Settings,
    MqttServerHooks Hooks,
    RoutingTable Routing,
    IRetainedStore Retained,
    DropCounters Drops,
    SecurityTable Security)
{
    /// <summary>The clock of the server.</summary>
    public TimeProvider Clock => Hooks.Clock;

    /// <summary>
    /// The actor that answers <see cref="MqttServer.GetClients"/> and similar questions; its name is the server's name in events.
    /// </summary>
    public IActorRef Admin { get; init; } = ActorRefs.Nobody;

    /// <summary>All counters except drops.</summary>
    public ServerStats Stats { get; } = new();

    /// <summary>Decides which refusals are logged.</summary>
    public RefusalLog Refusals { get; } = new(Hooks.Clock);

    /// <summary>Measures user code that runs on the threads that handle messages.</summary>
    public HookWatch HookWatch { get; } = new(Settings.SlowHookThreshold, Hooks.Clock);

    /// <summary>All sessions.</summary>
    public ClientDirectory Clients { get; } = new();

    /// <summary>The stores of sessions and retained messages.</summary>
    public ServerStores Stores { get; init; } = null!;

    /// <summary>The objects that enforce the limits for clients.</summary>
    public Protection Protection { get; init; } = null!;

    /// <inheritdoc cref="ServerStores.Targets"/>
    public DurableTargets Targets => Stores.Targets;

    /// <inheritdoc cref="ServerStores.Limits"/>
    public SessionLimits SessionLimits => Stores.Limits;

    /// <inheritdoc cref="ServerStores.Memory"/>
    public ISessionMemory SessionMemory => Stores.Memory;

    /// <inheritdoc cref="ServerStores.Sessions"/>
    public ISessionStore Store => Stores.Sessions;

    /// <inheritdoc cref="ServerStores.Unwritten"/>
    public UnwrittenStore Unwritten => Stores.Unwritten;

    /// <inheritdoc cref="ServerStores.Engine"/>
    public IStorageEngine? Engine => Stores.Engine;

    /// <inheritdoc cref="ServerStores.Topics"/>
    public TopicDurability? Topics => Stores.Topics;

    /// <inheritdoc cref="Limits.Protection.Watermark"/>
    public MemoryWatermark Watermark => Protection.Watermark;

    /// <inheritdoc cref="Limits.Protection.Memory"/>
    public MemoryBudget Memory => Protection.Memory;

    /// <inheritdoc cref="Limits.Protection.Gate"/>
    public ConnectionGate Gate => Protection.Gate;

    /// <inheritdoc cref="Limits.Protection.Flapping"/>
    public FlappingGuard? Flapping => Protection.Flapping;

    /// <summary>Records the duration of deliveries; null when it is not measured.</summary>
    public IDeliveryMeter? Meters { get; init; }

    /// <summary>
    /// Whether the server has instruments. A server that only warms up the process has none, because they would have the same names as
    /// those of the real server.
    /// </summary>
    public bool IsMeasured { get; init; } = true;

    /// <summary>When the server started, by <see cref="Now"/>.</summary>
    public long StartedAt { get; init; }

    /// <summary>The state of the server between its start and its end.</summary>
    public ServerLifecycle Lifecycle { get; } = new();

    /// <inheritdoc cref="ServerLifecycle.Stopped"/>
    public CancellationTokenSource Stopped => Lifecycle.Stopped;

    /// <summary>The monotonic clock of the server in milliseconds, for rates and time-outs.</summary>
    public long Now => (long)Clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The time in milliseconds since the Unix epoch, for all data that is kept and must have a meaning after a restart.</summary>
    public long UtcNow => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Knows which actor holds which session.</summary>
    public ISessionDirectory<IActorRef> Directory { get; init; } = null!;

    /// <summary>Knows which sessions this node of a cluster has; null for a server without a cluster.</summary>
    public ISessionOwners? Owners { get; init; }

    /// <summary>The log of sessions. All sessions share one, because most never write a line.</summary>
    public ILoggingAdapter Log { get; init; } = NoLogger.Instance;

    /// <summary>The messages that wait for all clients together, as far as they are counted.</summary>
    /// <returns>Messages and bytes.</returns>
    public (long Messages, long Bytes) Waiting()
    {
        var (entries, written, unwritten) = (Clients.Waiting(), Targets.WaitingInAll(), Unwritten.WaitingInAll());
        return (entries.Messages + written.Messages + unwritten.Messages, entries.Bytes + written.Bytes + unwritten.Bytes);
    }

    public static ServerContext Create(MqttServerSettings settings, TimeProvider clock) =>
        Create(settings, new MqttServerHooks { Clock = clock });

    public static ServerContext Create(MqttServerSettings settings, MqttServerHooks? hooks = null)
    {
        hooks ??= new MqttServerHooks();
        settings.Validate();
        var memory = new MemoryBudget(settings.Limits);
        var mostConnect = memory.Bound(MemoryKind.PreAuthentication) / 2;
        if (settings.Connection.MaxConnectPacketSize > mostConnect)
        {
            throw new ConfigurationException(string.Create(
                CultureInfo.InvariantCulture,
                $"connection.max-connect-packet-size = {settings.Connection.MaxConnectPacketSize} is too large for memory.shares.pre-authentication: "
                + $"at most {mostConnect} bytes, so that two clients can connect at a time. Lower it, or raise the share or memory.limit."));
        }
        var context = new ServerContext(
            settings,
            hooks,
            new RoutingTable { Gate = hooks.Cluster is null ? null : new FlushGate() },
            new RetainedIndex(settings.MaxRetainedMessages, settings.MaxRetainedBytes, memory),
            new DropCounters(),
            new SecurityTable(settings, hooks));
        return context with
        {
            StartedAt = context.Now,
            Owners = hooks.Cluster?.MakeOwners(),
            Directory = new MemorySessionDirectory<IActorRef>(context.Clock),
            Stores = new ServerStores(settings, new SessionBudget(memory)),
            Protection = new Protection(
                memory,
                new ConnectionGate(settings, Math.Min(settings.MaxConnections, Descriptors.MostConnections ?? int.MaxValue), memory, context.Stats.AddConnection),
                new MemoryWatermark(settings.Limits),
                FlappingGuard.Of(settings.Limits))
            {
                Bans = new MqttServerBans(context.Clock),
            },
        };
    }
}
