using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of DISCONNECT in MQTT 5.0 (section 3.14.2.2). Null or empty means absent.</summary>
public sealed record DisconnectProperties
{
    /// <summary>Client only: replaces the Session Expiry Interval of CONNECT, in seconds; not allowed if that was 0.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>The reason as text.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>Server only: another server to use.</summary>
    public string? ServerReference { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("SessionExpiryInterval", SessionExpiryInterval).Add("ServerReference", ServerReference).Add("ReasonString", ReasonString)
        .Add(UserProperties).ToString();
}
