using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol.Session;
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
/// What the actors of one server share: settings, the routing table, retained messages, the clock, counters. Thread safe.
/// </summary>
internal sealed record ServerContext(
    MqttServerSettings Settings,
    MqttServerHooks Hooks,
    RoutingTable Routing,
    RetainedIndex Retained,
    DropCounters Drops,
    SecurityTable Security)
{
    /// <summary>The clock of the server.</summary>
    public TimeProvider Clock => Hooks.Clock;

    /// <summary>Answers <see cref="MqttServer.GetClients"/> and the like; the server's name in events.</summary>
    public IActorRef Admin { get; init; } = ActorRefs.Nobody;

    /// <summary>What is counted, but for drops.</summary>
    public ServerStats Stats { get; } = new();

    /// <summary>Which refusals get a line in the log.</summary>
    public RefusalLog Refusals { get; } = new(Hooks.Clock);

    /// <summary>Watches the user's code that runs where messages are handled.</summary>
    public HookWatch HookWatch { get; } = new(Settings.SlowHookThreshold, Hooks.Clock);

    /// <summary>All sessions.</summary>
    public ClientDirectory Clients { get; } = new();

    /// <summary>Where messages for durable sessions go.</summary>
    public DurableTargets Targets { get; } = new();

    /// <summary>How short of memory the server is.</summary>
    public MemoryWatermark Watermark { get; } = new(Settings.Limits);

    /// <summary>The bytes that clients make the server keep.</summary>
    public MemoryBudget Memory { get; init; } = null!;

    /// <summary>Which connections are taken, and how many there are.</summary>
    public ConnectionGate Gate { get; init; } = null!;

    /// <summary>Who connects too often; null when nobody is counted.</summary>
    public FlappingGuard? Flapping { get; } = FlappingGuard.Of(Settings.Limits);

    /// <summary>Takes the time that deliveries take; null when nobody measures.</summary>
    public IDeliveryMeter? Meters { get; init; }

    /// <summary>Bytes of memory that the process uses.</summary>
    public Func<long> UsedMemory { get; init; } = static () => Environment.WorkingSet;

    /// <summary>When the server started, by <see cref="Now"/>.</summary>
    public long StartedAt { get; init; }

    /// <summary>Cancelled when nothing of the server is left.</summary>
    public CancellationTokenSource Stopped { get; } = new();

    /// <summary>The monotonic clock of the server, in milliseconds: for rates and time-outs.</summary>
    public long Now => (long)Clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The time in milliseconds since the Unix epoch: for all that is kept, and must mean something after a restart.</summary>
    public long UtcNow => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The bounds of each session.</summary>
    public SessionLimits SessionLimits { get; } = BoundsOf(Settings);

    /// <summary>The memory that all sessions share.</summary>
    public ISessionMemory SessionMemory { get; init; } = null!;

    /// <summary>Which actor holds which session.</summary>
    public ISessionDirectory<IActorRef> Directory { get; init; } = null!;

    /// <summary>Says which sessions this node of a cluster has; null for a server that is alone.</summary>
    public ISessionOwners? Owners { get; init; }

    /// <summary>Where sessions are while no client is connected.</summary>
    public ISessionStore Store { get; init; } = null!;

    /// <summary>Writes durable sessions and retained messages; null when nothing outlives the process.</summary>
    public IStorageEngine? Engine { get; init; }

    /// <summary>Whether a session that begins is durable, if it is kept when its client goes.</summary>
    /// <param name="listener">The name of the listener by which its client came.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>Whether it is.</returns>
    public bool IsDurable(string listener, string clientId) =>
        Engine is not null && Settings.Durability.ClassOf(listener, clientId) == DurabilityClass.Durable;

    /// <summary>Which messages are written for durable sessions; null when all are.</summary>
    public TopicDurability? Topics { get; } = TopicDurability.Of(Settings.Durability);

    /// <summary>Messages that are not written, of durable sessions that only the storage has.</summary>
    public UnwrittenStore Unwritten { get; init; } = null!;

    /// <summary>Writes the retained message of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <returns>The storage; null when the message ends with the process, as what the server says of itself does.</returns>
    public IStorageEngine? RetainedEngineOf(string topic) =>
        Engine is not null && !topic.StartsWith("$SYS/", StringComparison.Ordinal) && (Topics?.WritesRetained(topic) ?? Settings.Durability.Default == DurabilityClass.Durable) ? Engine : null;

    /// <summary>The log of sessions: one for all, because most sessions never write a line.</summary>
    public ILoggingAdapter Log { get; init; } = NoLogger.Instance;

    /// <summary>What waits for all clients together, as far as this process has counted it.</summary>
    /// <returns>Messages and bytes.</returns>
    public (long Messages, long Bytes) Waiting()
    {
        var (entries, parked) = (Clients.Waiting(), Targets.WaitingInAll());
        return (entries.Messages + parked.Messages, entries.Bytes + parked.Bytes);
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
            new RoutingTable(),
            new RetainedIndex(settings.MaxRetainedMessages, settings.MaxRetainedBytes, memory),
            new DropCounters(),
            new SecurityTable(settings, hooks));
        var sessionMemory = new SessionBudget(memory);
        return context with
        {
            StartedAt = context.Now,
            Memory = memory,
            SessionMemory = sessionMemory,
            Owners = hooks.Cluster?.MakeOwners(),
            Directory = new MemorySessionDirectory<IActorRef>(context.Clock),
            Store = new MemorySessionStore(context.SessionLimits, sessionMemory),
            Unwritten = new UnwrittenStore(context.SessionLimits, sessionMemory),
            Gate = new ConnectionGate(
                settings, Math.Min(settings.MaxConnections, Descriptors.MostConnections ?? int.MaxValue), memory, context.Stats.AddConnection),
        };
    }

    private static SessionLimits BoundsOf(MqttServerSettings settings) => new()
    {
        MaxQueuedMessages = settings.MaxQueuedMessages,
        MaxQueuedBytes = settings.MaxQueuedBytes,
        Overflow = settings.Limits.QueueOverflow switch
        {
            QueueOverflowRule.DropOldest => QueueOverflow.DropOldest,
            QueueOverflowRule.DropQoS0First => QueueOverflow.DropQoS0First,
            _ => QueueOverflow.DropNewest,
        },
        MaxInflightMessages = settings.MaxInflightMessages,
        MaxInflightBytes = settings.Limits.MaxInflightBytes,
        QueueQoS0 = settings.Features.QueueQoS0Messages,
    };
}
