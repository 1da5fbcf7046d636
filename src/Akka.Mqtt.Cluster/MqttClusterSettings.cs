using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Cluster;

/// <summary>
/// How the servers of a cluster exchange messages: <c>akka.mqtt.cluster</c>. Create settings with <see cref="Create(ActorSystem)"/> and
/// change them with <c>with</c>. A value that is out of its range throws <see cref="ConfigurationException"/>, whose message names the
/// key.
/// </summary>
public sealed record MqttClusterSettings
{
    /// <summary>The configuration section of the defaults.</summary>
    public const string Section = "akka.mqtt.cluster";

    private MqttClusterSettings(Config config)
    {
        Role = config.GetString("role", "");
        FrameSize = config.Bytes("frame-size");
        FramePort = config.GetString("frame-port", null) is "off" or "false" ? null : config.GetInt("frame-port");
        Window = config.Bytes("window");
        MaxQueuedBytes = config.GetByteSize("max-queued-bytes", null)
            ?? throw new ConfigurationException($"{Section}.max-queued-bytes is missing.");
        ResendInterval = config.Duration("resend-interval");
        TakeOverTimeout = config.Duration("takeover-timeout");
        JoinTimeout = config.Duration("join-timeout");
        DeviceTimeout = config.Duration("device-timeout");
        DeviceAnswerTopic = config.GetString("device-answer-topic", "");
        MaxDeviceCalls = config.GetInt("max-device-calls");
        MaxDeviceEvents = config.GetInt("max-device-events");
    }

    /// <summary>Only nodes with this role of Akka.Cluster have servers. Empty: all nodes. Default: empty.</summary>
    public string Role { get; init => field = SettingRange.NotNull(value, "role"); }

    /// <summary>The largest message between two nodes, in bytes. 4 KiB to 16 MiB. Default: 64 KiB.</summary>
    public int FrameSize
    {
        get;
        init => field = SettingRange.Bytes(value, 4096, 16 << 20, "frame-size");
    }

    /// <summary>
    /// The TCP port to which the other nodes send messages, on separate connections. With 0 the operating system picks one, and the node
    /// reports it to the others. Null (<c>off</c> in HOCON): messages use Akka.Remote, which costs about twice the CPU. They also use it
    /// when Akka.Remote is encrypted, or when the port cannot be reached. 0 to 65,535. Default: 0.
    /// </summary>
    public int? FramePort
    {
        get;
        init => field = SettingRange.CountOrOff(value, 0, 65535, "frame-port");
    }

    /// <summary>Most bytes that are sent to a node before it confirms them. 4 KiB to 1 GiB. Default: 4 MiB.</summary>
    public int Window
    {
        get;
        init => field = SettingRange.Bytes(value, 4096, 1 << 30, "window");
    }

    /// <summary>
    /// Most bytes of messages that are queued for a node. Above this limit QoS 0 for that node is dropped; while the node is unreachable,
    /// QoS 1 and 2 are dropped too. 64 KiB to 1 TiB. Default: 64 MiB.
    /// </summary>
    public long MaxQueuedBytes
    {
        get;
        init => field = value is >= 65536 and <= 1L << 40
            ? value
            : throw new ConfigurationException($"max-queued-bytes = {value} is out of range: 64 KiB to 1 TiB.");
    }

    /// <summary>Messages that a node has not confirmed after this time are sent again. More than 0. Default: 1 s.</summary>
    public TimeSpan ResendInterval
    {
        get;
        init => field = SettingRange.Duration(value, "resend-interval");
    }

    /// <summary>
    /// How long a client waits for its session when another node does not answer; then it is refused with 0x88 (server unavailable). More
    /// than 0. Default: 30 s. This is longer than the split brain resolver of Akka.Cluster needs, with its defaults, to remove a lost
    /// node.
    /// </summary>
    public TimeSpan TakeOverTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "takeover-timeout");
    }

    /// <summary>
    /// How long a joining node waits for the filters of the other nodes before it accepts clients. After that time it accepts them without
    /// those filters, and logs which nodes are missing. More than 0. Default: 15 s.
    /// </summary>
    public TimeSpan JoinTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "join-timeout");
    }

    /// <summary>How long <see cref="MqttDevices"/> waits for other nodes. More than 0. Default: 5 s.</summary>
    public TimeSpan DeviceTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "device-timeout");
    }

    /// <summary>
    /// Clients publish their answers to questions of <see cref="MqttDevices"/> below this topic, so they need the right to publish there.
    /// A topic name. Default: devices/answers.
    /// </summary>
    public string DeviceAnswerTopic
    {
        get;
        init => field = TopicName.IsValid(value)
            ? value
            : throw new ConfigurationException($"device-answer-topic = \"{value}\" is not a topic name.");
    }

    /// <summary>Most calls of <see cref="MqttDevices"/> that may wait for an answer on one node. 1 to 10 million. Default: 10,000.</summary>
    public int MaxDeviceCalls
    {
        get;
        init => field = SettingRange.Count(value, 1, 10_000_000, "max-device-calls");
    }

    /// <summary>
    /// Most events of <see cref="MqttDevices"/> that are queued for a subscriber, or sent to another node without a confirmation. Further
    /// events are dropped and counted. 1 to 10 million. Default: 10,000.
    /// </summary>
    public int MaxDeviceEvents
    {
        get;
        init => field = SettingRange.Count(value, 1, 10_000_000, "max-device-events");
    }

    /// <summary>Reads the settings of an actor system.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range.</exception>
    public static MqttClusterSettings Create(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Create(system.Settings.Config.GetConfig(Section));
    }

    /// <summary>Reads settings.</summary>
    /// <param name="config">The section; keys that it does not have take the default. Null: all defaults.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range.</exception>
    public static MqttClusterSettings Create(Config? config)
    {
        var defaults = MqttCluster.DefaultConfig().GetConfig(Section);
        return new MqttClusterSettings(config is null ? defaults : config.WithFallback(defaults));
    }
}
