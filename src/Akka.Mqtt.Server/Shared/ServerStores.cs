using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Shared;

/// <summary>Where the sessions and retained messages of one server are kept, and which of them are written. Thread safe.</summary>
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

    /// <summary>The bounds of each session.</summary>
    public SessionLimits Limits { get; }

    /// <summary>The memory that all sessions share.</summary>
    public ISessionMemory Memory { get; }

    /// <summary>Where sessions are while no client is connected.</summary>
    public ISessionStore Sessions { get; init; }

    /// <summary>Messages that are not written, of durable sessions that only the storage has.</summary>
    public UnwrittenStore Unwritten { get; }

    /// <summary>Where messages for durable sessions go.</summary>
    public DurableTargets Targets { get; } = new();

    /// <summary>Writes durable sessions and retained messages; null when nothing outlives the process.</summary>
    public IStorageEngine? Engine { get; init; }

    /// <summary>Which messages are written for durable sessions; null when all are.</summary>
    public TopicDurability? Topics { get; }

    /// <summary>Whether a session that begins is durable, if it is kept when its client goes.</summary>
    /// <param name="listener">The name of the listener by which its client came.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>Whether it is.</returns>
    public bool IsDurable(string listener, string clientId) => Engine is not null && _durability.ClassOf(listener, clientId) == DurabilityClass.Durable;

    /// <summary>Writes the retained message of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <returns>The storage; null when the message ends with the process, as what the server says of itself does.</returns>
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
