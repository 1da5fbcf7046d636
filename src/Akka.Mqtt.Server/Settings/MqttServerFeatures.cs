using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Which parts of the protocol a server offers; CONNACK of 5.0 says what it does not. The meaning of each is in <c>akka.mqtt.server</c> of the
/// reference configuration.
/// </summary>
public sealed record MqttServerFeatures
{
    internal MqttServerFeatures(Config config)
    {
        AllowEmptyClientId = config.Switch("allow-empty-client-id");
        RetainAvailable = config.Switch("retain-available");
        WildcardSubscriptionsAvailable = config.Switch("wildcard-subscriptions-available");
        SharedSubscriptionsAvailable = config.Switch("shared-subscriptions-available");
        SubscriptionIdentifiersAvailable = config.Switch("subscription-identifiers-available");
        MaximumQoS = (QualityOfService)config.Count("max-qos");
        UpgradeOutgoingQoS = config.Switch("upgrade-outgoing-qos");
        CheckRetainSource = config.Switch("check-retain-source");
        QueueQoS0Messages = config.Switch("queue-qos0-messages");
        AssignedClientIdPrefix = config.GetString("assigned-client-id-prefix", null);
        AllowControlCharacters = config.Switch("allow-control-characters");
    }

    /// <summary>Whether a client may let the server choose its identifier. Default: yes.</summary>
    public bool AllowEmptyClientId { get; init; }

    /// <summary>Whether messages may be retained. Default: yes.</summary>
    public bool RetainAvailable { get; init; }

    /// <summary>Whether filters may have wildcards. Default: yes.</summary>
    public bool WildcardSubscriptionsAvailable { get; init; }

    /// <summary>Whether subscriptions may be shared. Default: yes.</summary>
    public bool SharedSubscriptionsAvailable { get; init; }

    /// <summary>Whether subscriptions may have identifiers. Default: yes.</summary>
    public bool SubscriptionIdentifiersAvailable { get; init; }

    /// <summary>The highest QoS that clients may publish with, and that subscriptions are granted. Default: 2.</summary>
    public QualityOfService MaximumQoS { get; init => field = (QualityOfService)SettingRange.Count((int)value, 0, 2, "max-qos"); }

    /// <summary>Whether messages go out with the QoS of the subscription although they were published with a lower one. Default: no.</summary>
    public bool UpgradeOutgoingQoS { get; init; }

    /// <summary>Whether a retained message is delivered only while its publisher may still publish it. Default: yes.</summary>
    public bool CheckRetainSource { get; init; }

    /// <summary>Whether messages of QoS 0 wait for clients that are away, as those of QoS 1 and 2 do. Default: no.</summary>
    public bool QueueQoS0Messages { get; init; }

    /// <summary>What the identifiers begin with that the server gives to clients without one. Default: <c>auto-</c>.</summary>
    public string AssignedClientIdPrefix
    {
        get;
        init => field = value is not null && (value.Length == 0 || TopicName.IsValid(value))
            ? value
            : throw new ConfigurationException("assigned-client-id-prefix is longer than a text of MQTT, or has wildcards.");
    }

    /// <summary>Whether topics and client identifiers may have control characters. Default: yes.</summary>
    public bool AllowControlCharacters { get; init; }
}
