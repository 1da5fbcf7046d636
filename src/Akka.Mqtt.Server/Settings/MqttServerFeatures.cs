using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// The parts of the protocol that a server offers. CONNACK of 5.0 announces those that it does not offer. The reference configuration
/// explains each in <c>akka.mqtt.server</c>.
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

    /// <summary>Whether the server assigns an identifier to a client that sends none. Default: yes.</summary>
    public bool AllowEmptyClientId { get; init; }

    /// <summary>Whether messages may be retained. Default: yes.</summary>
    public bool RetainAvailable { get; init; }

    /// <summary>Whether filters may have wildcards. Default: yes.</summary>
    public bool WildcardSubscriptionsAvailable { get; init; }

    /// <summary>Whether subscriptions may be shared. Default: yes.</summary>
    public bool SharedSubscriptionsAvailable { get; init; }

    /// <summary>Whether subscriptions may have identifiers. Default: yes.</summary>
    public bool SubscriptionIdentifiersAvailable { get; init; }

    /// <summary>The highest QoS with which clients may publish, and which subscriptions are granted. Default: 2.</summary>
    public QualityOfService MaximumQoS { get; init => field = (QualityOfService)SettingRange.Count((int)value, 0, 2, "max-qos"); }

    /// <summary>
    /// Whether messages are sent with the QoS of the subscription although they were published with a lower one. Default: no.
    /// </summary>
    public bool UpgradeOutgoingQoS { get; init; }

    /// <summary>Whether a retained message is delivered only as long as its publisher has the right to publish it. Default: yes.</summary>
    public bool CheckRetainSource { get; init; }

    /// <summary>Whether messages of QoS 0 are queued for offline clients, like those of QoS 1 and 2. Default: no.</summary>
    public bool QueueQoS0Messages { get; init; }

    /// <summary>The prefix of the identifiers that the server assigns to clients without one. Default: <c>auto-</c>.</summary>
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
