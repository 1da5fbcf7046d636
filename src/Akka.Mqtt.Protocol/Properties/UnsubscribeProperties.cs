using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of UNSUBSCRIBE in MQTT 5.0 (section 3.10.2.1).</summary>
public sealed record UnsubscribeProperties
{
    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText().Add(UserProperties).ToString();
}
