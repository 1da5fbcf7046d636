using Akka.Configuration;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Limits that protect a server from its clients, in addition to those of <see cref="MqttServerSettings"/>. The reference configuration
/// explains each in <c>akka.mqtt.server</c>. A value out of its range throws <see cref="ConfigurationException"/>, whose message names the
/// key.
/// </summary>
public sealed record MqttServerLimits
{
    internal MqttServerLimits(Config config)
    {
        MaxConnectRate = config.CountOrOff("max-connect-rate");
        MaxConnectBurst = config.Count("max-connect-burst");
        ConnectRateShare = config.Number("max-connect-rate-share");
        MaxPendingConnections = config.Count("max-pending-connections");
        MaxConcurrentLogins = config.GetString("logins.max-concurrent", null) is "auto" ? null : config.Count("logins.max-concurrent");
        MaxWaitingLogins = config.Count("logins.max-waiting");
        MaxWaitingLoginBytes = config.LongBytes("logins.max-waiting-bytes");
        MaxKeepAlive = config.DurationOrOff("max-keep-alive");
        MaxTopicLength = config.Count("max-topic-length");
        MaxPayloadSize = config.BytesOrOff("max-payload-size");
        MaxInflightBytes = config.LongBytes("max-inflight-bytes");
        QueueOverflow = config.OneOf(
            "queue-overflow",
            ("drop-qos0-first", QueueOverflowRule.DropQoS0First),
            ("drop-newest", QueueOverflowRule.DropNewest),
            ("drop-oldest", QueueOverflowRule.DropOldest),
            ("disconnect", QueueOverflowRule.Disconnect));
        MaxPublishMessageRate = config.CountOrOff("publish-rate.max-messages");
        MaxPublishByteRate = config.BytesOrOff("publish-rate.max-bytes");
        PublishRateAction = config.OneOf(
            "publish-rate.action", ("throttle", PublishRateAction.Throttle), ("disconnect", PublishRateAction.Disconnect));
        FlappingConnects = config.CountOrOff("flapping.max-connects");
        FlappingWindow = config.Duration("flapping.window");
        FlappingBan = config.Duration("flapping.ban");
        FlappingClients = config.Count("flapping.max-clients");
        MemoryLimit = config.GetString("memory.limit", null) switch
        {
            "auto" => null,
            "off" or "false" => long.MaxValue,
            _ => config.LongBytes("memory.limit"),
        };
        Memory = new MqttServerMemory(config);
        MemoryCheckInterval = config.Duration("memory.check-interval");
        RefuseConnectsAt = config.NumberOrOff("memory.refuse-connects-at");
        DropQoS0At = config.NumberOrOff("memory.drop-qos0-at");
        DisconnectAt = config.NumberOrOff("memory.disconnect-at");
        SlowConsumerShare = config.Number("slow-consumer.limit");
        SlowConsumerTimeout = config.DurationOrOff("slow-consumer.timeout");
    }

    /// <summary>The highest number of new connections per second; null for no limit. Default: null.</summary>
    public int? MaxConnectRate { get; init => field = SettingRange.CountOrOff(value, 1, 1_000_000, "max-connect-rate"); }

    /// <summary>
    /// The number of connections that may arrive at once before <see cref="MaxConnectRate"/> limits them. Default: 1,000.
    /// </summary>
    public int MaxConnectBurst { get; init => field = SettingRange.Count(value, 1, 1_000_000, "max-connect-burst"); }

    /// <summary>The share of <see cref="MaxConnectRate"/> and of its burst that one address may use. Default: 0.5.</summary>
    public double ConnectRateShare { get; init => field = SettingRange.Number(value, 0.01, 1, "max-connect-rate-share"); }

    /// <summary>The highest number of connections whose client is not accepted yet. Default: 10,000.</summary>
    public int MaxPendingConnections { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-pending-connections"); }

    /// <summary>How many passwords are hashed at the same time; null for half of the processors, at least 1. Default: null.</summary>
    public int? MaxConcurrentLogins { get; init => field = SettingRange.CountOrOff(value, 1, 1024, "logins.max-concurrent"); }

    /// <summary>How many logins may wait for hashing. Default: 1,000.</summary>
    public int MaxWaitingLogins { get; init => field = SettingRange.Count(value, 0, 1_000_000, "logins.max-waiting"); }

    /// <summary>Bytes that waiting logins may keep. Default: 4 MiB.</summary>
    public long MaxWaitingLoginBytes { get; init => field = SettingRange.LongBytes(value, "logins.max-waiting-bytes"); }

    /// <summary>The longest Keep Alive; null for no limit. Default: null.</summary>
    public TimeSpan? MaxKeepAlive { get; init => field = SettingRange.SecondsOrOff(value, 1, ushort.MaxValue, "max-keep-alive"); }

    /// <summary>The longest topic name or filter, in bytes of UTF-8. Default: 65,535.</summary>
    public int MaxTopicLength { get; init => field = SettingRange.Count(value, 1, ushort.MaxValue, "max-topic-length"); }

    /// <summary>The longest payload of a message, in bytes; null for no limit except that of the packet size. Default: null.</summary>
    public int? MaxPayloadSize { get; init => field = SettingRange.BytesOrOff(value, 1, 268_435_455, "max-payload-size"); }

    /// <summary>Bytes of QoS 1 and 2 messages that may be unacknowledged by one client. Default: 16 MiB.</summary>
    public long MaxInflightBytes { get; init => field = SettingRange.LongBytes(value, "max-inflight-bytes"); }

    /// <summary>Which message a full session queue drops. Default: <see cref="QueueOverflowRule.DropQoS0First"/>.</summary>
    public QueueOverflowRule QueueOverflow { get; init => field = SettingRange.Choice(value, "queue-overflow"); }

    /// <summary>Messages that one client may publish per second; null for no limit. Default: null.</summary>
    public int? MaxPublishMessageRate { get; init => field = SettingRange.CountOrOff(value, 1, 100_000_000, "publish-rate.max-messages"); }

    /// <summary>Bytes of topics and payloads that one client may publish per second; null for no limit. Default: null.</summary>
    public int? MaxPublishByteRate { get; init => field = SettingRange.BytesOrOff(value, 1, int.MaxValue, "publish-rate.max-bytes"); }

    /// <summary>What the server does with a client that publishes faster. Default: <see cref="PublishRateAction.Throttle"/>.</summary>
    public PublishRateAction PublishRateAction { get; init => field = SettingRange.Choice(value, "publish-rate.action"); }

    /// <summary>How often one client may connect within <see cref="FlappingWindow"/>; null for no limit. Default: null.</summary>
    public int? FlappingConnects { get; init => field = SettingRange.CountOrOff(value, 1, 1_000_000, "flapping.max-connects"); }

    /// <summary>The time over which connects are counted. Default: 1 minute.</summary>
    public TimeSpan FlappingWindow { get; init => field = SettingRange.Period(value, "flapping.window"); }

    /// <summary>How long a client that connects too often is refused. Default: 5 minutes.</summary>
    public TimeSpan FlappingBan { get; init => field = SettingRange.Period(value, "flapping.ban"); }

    /// <summary>How many clients are counted at the same time. Default: 100,000.</summary>
    public int FlappingClients { get; init => field = SettingRange.Count(value, 1, 10_000_000, "flapping.max-clients"); }

    /// <summary>
    /// The memory that the process may use, in bytes. Null: the amount that the runtime reports. <see cref="long.MaxValue"/>: no limit.
    /// Default: null.
    /// </summary>
    public long? MemoryLimit
    {
        get;
        init => field = value is null or long.MaxValue ? value : SettingRange.LongBytes(value.Value, "memory.limit");
    }

    /// <summary>How much of <see cref="MemoryLimit"/> clients can use, by kind.</summary>
    public MqttServerMemory Memory { get; init => field = SettingRange.NotNull(value, "memory.shares"); }

    /// <summary>How often the memory of the process is measured. Default: 1 s.</summary>
    public TimeSpan MemoryCheckInterval { get; init => field = SettingRange.Duration(value, "memory.check-interval"); }

    /// <summary>Share of memory in use from which new connections are refused; null for never. Default: 0.80.</summary>
    public double? RefuseConnectsAt { get; init => field = Share(value, "memory.refuse-connects-at"); }

    /// <summary>Share of memory in use from which messages of QoS 0 are dropped; null for never. Default: 0.87.</summary>
    public double? DropQoS0At { get; init => field = Share(value, "memory.drop-qos0-at"); }

    /// <summary>
    /// Share of memory in use from which the clients with the most waiting bytes are disconnected; null for never. Default: 0.93.
    /// </summary>
    public double? DisconnectAt { get; init => field = Share(value, "memory.disconnect-at"); }

    /// <summary>Share of the queue limits above which a connected client is a slow consumer. Default: 0.5.</summary>
    public double SlowConsumerShare { get; init => field = SettingRange.Number(value, 0.01, 1, "slow-consumer.limit"); }

    /// <summary>How long a client may be a slow consumer before it is disconnected; null for ever. Default: 5 minutes.</summary>
    public TimeSpan? SlowConsumerTimeout { get; init => field = SettingRange.PeriodOrOff(value, "slow-consumer.timeout"); }

    private static double? Share(double? value, string key) => value is { } share ? SettingRange.Number(share, 0.01, 1, key) : null;
}
