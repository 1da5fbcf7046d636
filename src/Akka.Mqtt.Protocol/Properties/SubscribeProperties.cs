using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of SUBSCRIBE in MQTT 5.0 (section 3.8.2.1). Null or empty means absent.</summary>
public sealed record SubscribeProperties
{
    /// <summary>A number that the server sends with each message of these subscriptions, 1 to 268,435,455.</summary>
    public uint? SubscriptionIdentifier { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText().Add("SubscriptionIdentifier", SubscriptionIdentifier).Add(UserProperties).ToString();
}
