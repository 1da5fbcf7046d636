using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt;

/// <summary>
/// How <see cref="MqttLanes"/> handle messages: how many at once, how long, how often again. The defaults and their meaning are in
/// <c>akka.mqtt.client.lanes</c> of the reference configuration. A value that is out of its range throws a <see cref="ConfigurationException"/> whose message
/// names the key.
/// </summary>
public sealed record MqttLanesSettings
{
    /// <summary>The configuration section of the defaults.</summary>
    public const string Section = MqttClientSettings.Section + ".lanes";

    private MqttLanesSettings(Config config)
    {
        Count = config.Count("count");
        Timeout = config.DurationOrOff("timeout");
        Retries = config.Count("retries");
        FirstWait = config.Duration("first-wait");
        LongestWait = config.Duration("longest-wait");
        MaxWaitingBytes = config.Bytes("max-waiting-bytes");
        DeadLetterTopic = config.GetString("dead-letter-topic", "");
    }

    /// <summary>How many messages are handled at once. Default: 16.</summary>
    public int Count
    {
        get;
        init => field = SettingRange.Count(value, 1, 1024, "count");
    }

    /// <summary>How long one attempt to handle a message may take; null for no limit. Default: 30 s.</summary>
    public TimeSpan? Timeout
    {
        get;
        init => field = SettingRange.DurationOrOff(value, "timeout");
    }

    /// <summary>Attempts after the first, before a message becomes a dead letter. Default: 5.</summary>
    public int Retries
    {
        get;
        init => field = SettingRange.Count(value, 0, 1_000_000, "retries");
    }

    /// <summary>The longest random wait before the second attempt; it doubles with each attempt. Default: 200 ms.</summary>
    public TimeSpan FirstWait
    {
        get;
        init => field = SettingRange.Duration(value, "first-wait");
    }

    /// <summary>The upper limit of <see cref="FirstWait"/> after doubling. Default: 30 s.</summary>
    public TimeSpan LongestWait
    {
        get;
        init => field = SettingRange.Duration(value, "longest-wait");
    }

    /// <summary>Bytes of messages that may wait in lanes before those of QoS 0 are dropped. Default: 4 MiB.</summary>
    public int MaxWaitingBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-waiting-bytes");
    }

    /// <summary>Dead letters are published with QoS 1; the topic is this text, a slash and the topic of the message. Empty: not published. Default: empty.</summary>
    public string DeadLetterTopic
    {
        get;
        init => field = value is null || value.Contains('+', StringComparison.Ordinal) || value.Contains('#', StringComparison.Ordinal)
            ? throw new ConfigurationException($"dead-letter-topic = '{value}' is not a topic name: it must not contain '+' or '#'.")
            : value;
    }

    /// <summary>The actor that receives dead letters, instead of a topic; null for none. In code only.</summary>
    public IActorRef? DeadLetterActor { get; init; }

    /// <summary>
    /// Messages with the same key are handled one after another, in order; null takes the topic. It must not throw. In code only.
    /// </summary>
    public Func<Publish, string>? Key { get; init; }

    /// <summary>Whether messages become dead letters at all.</summary>
    internal bool HasDeadLetters => DeadLetterActor is not null || DeadLetterTopic.Length > 0;

    /// <summary>Reads <c>akka.mqtt.client.lanes</c> of an actor system, over the reference configuration.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range; the message names the key.</exception>
    public static MqttLanesSettings Create(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Create(system.Settings.Config.GetConfig(Section));
    }

    /// <summary>Reads a section of the same shape; keys that it does not have come from the reference configuration.</summary>
    /// <param name="config">The section, or null for the defaults.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is out of its range; the message names the key.</exception>
    public static MqttLanesSettings Create(Config? config) =>
        ConfigReader.Settings(config, Section, static all => new MqttLanesSettings(all).Checked());

    /// <summary>Checks rules about several settings.</summary>
    internal MqttLanesSettings Checked() =>
        LongestWait < FirstWait ? throw new ConfigurationException($"longest-wait = {LongestWait:c} is shorter than first-wait = {FirstWait:c}.")
        : DeadLetterActor is not null && DeadLetterTopic.Length > 0 ? throw new ConfigurationException("Dead letters can be sent to dead-letter-topic or to an actor, not to both.")
        : this;
}
