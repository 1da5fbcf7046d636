using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of AUTH in MQTT 5.0 (section 3.15.2.2).</summary>
public sealed record AuthProperties
{
    /// <summary>The authentication method, as in CONNECT; an AUTH without it is a protocol error.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Data for the method. Not shown by <see cref="ToString"/>.</summary>
    public MqttBinary? AuthenticationData { get; init; }

    /// <summary>The reason as text.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("AuthenticationMethod", AuthenticationMethod).Hide("AuthenticationData", AuthenticationData).Add("ReasonString", ReasonString)
        .Add(UserProperties).ToString();
}
