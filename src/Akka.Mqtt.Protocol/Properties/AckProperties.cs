using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK in MQTT 5.0. Null or empty means absent.</summary>
public sealed record AckProperties
{
    /// <summary>The reason as text.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText().Add("ReasonString", ReasonString).Add(UserProperties).ToString();
}
