using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Shared;

/// <summary>The stores of sessions and retained messages of one server, and the rules which of them are written. Thread safe.</summary>
internal sealed record ServerStores
{
    private readonly MqttServerDurability _durability;

    public ServerStores(MqttServerSettings settings, ISessionMemory memory)
    {
        _durability = settings.Durability;
        Topics = TopicDurability.Of(settings.Durability);
        Memory = memory;
        Limits = BoundsOf(settings);
        Sessions = new MemorySessionStore(Limits, memory);
        Unwritten = new UnwrittenStore(Limits, memory);
    }

    /// <summary>The limits of each session.</summary>
    public SessionLimits Limits { get; }

    /// <summary>The memory that all sessions share.</summary>
    public ISessionMemory Memory { get; }

    /// <summary>The store of sessions without a connected client.</summary>
    public ISessionStore Sessions { get; init; }

    /// <summary>Messages of parked durable sessions that are not written to the storage.</summary>
    public UnwrittenStore Unwritten { get; }

    /// <summary>The targets of durable sessions.</summary>
    public DurableTargets Targets { get; } = new();

    /// <summary>Writes durable sessions and retained messages; null when nothing outlives the process.</summary>
    public IStorageEngine? Engine { get; init; }

    /// <summary>The rules which messages are written for durable sessions; null when all are.</summary>
    public TopicDurability? Topics { get; }

    /// <summary>Whether a new session that is kept after its client disconnects is durable.</summary>
    /// <param name="listener">The name of the listener that accepted its client.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>True when it is durable.</returns>
    public bool IsDurable(string listener, string clientId) => Engine is not null && _durability.ClassOf(listener, clientId) == DurabilityClass.Durable;

    /// <summary>The storage that writes the retained message of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <returns>The storage; null when the message ends with the process, as all topics of the server itself do.</returns>
    public IStorageEngine? RetainedEngineOf(string topic) =>
        Engine is not null && !topic.StartsWith("$SYS/", StringComparison.Ordinal)
        && (Topics?.WritesRetained(topic) ?? _durability.Default == DurabilityClass.Durable)
            ? Engine
            : null;

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
