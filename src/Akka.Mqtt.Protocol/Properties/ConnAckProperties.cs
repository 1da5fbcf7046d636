using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of CONNACK in MQTT 5.0 (section 3.2.2.3). Null or empty means absent; the defaults are those of the standard.</summary>
public sealed record ConnAckProperties
{
    /// <summary>The Session Expiry Interval that the server uses, in seconds; absent means the one of CONNECT.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>How many unacknowledged QoS 1 and 2 messages the server accepts, 1 to 65,535; absent means 65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>The highest QoS that the server accepts: 0 or 1; absent means 2.</summary>
    public QualityOfService? MaximumQoS { get; init; }

    /// <summary>Whether retained messages are supported; absent means yes.</summary>
    public bool? RetainAvailable { get; init; }

    /// <summary>
    /// The largest packet that the server accepts, in bytes with the fixed header, 1 to 4,294,967,295; absent means no limit.
    /// </summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>The client identifier that the server assigned to a client with an empty one.</summary>
    public string? AssignedClientIdentifier { get; init; }

    /// <summary>The highest topic alias that the client may use, 0 to 65,535; absent means 0, none.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>The reason as text.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>Whether filters with wildcards are supported; absent means yes.</summary>
    public bool? WildcardSubscriptionAvailable { get; init; }

    /// <summary>Whether subscription identifiers are supported; absent means yes.</summary>
    public bool? SubscriptionIdentifierAvailable { get; init; }

    /// <summary>Whether shared subscriptions are supported; absent means yes.</summary>
    public bool? SharedSubscriptionAvailable { get; init; }

    /// <summary>The keep-alive that the client must use instead of its own, in seconds.</summary>
    public ushort? ServerKeepAlive { get; init; }

    /// <summary>The beginning of response topics, if the client requested it.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>Another server to use.</summary>
    public string? ServerReference { get; init; }

    /// <summary>The name of the extended authentication method, as in CONNECT.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Data for the method. Not shown by <see cref="ToString"/>.</summary>
    public MqttBinary? AuthenticationData { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("SessionExpiryInterval", SessionExpiryInterval).Add("ReceiveMaximum", ReceiveMaximum).Add("MaximumQoS", MaximumQoS)
        .Add("RetainAvailable", RetainAvailable).Add("MaximumPacketSize", MaximumPacketSize)
        .Add("AssignedClientIdentifier", AssignedClientIdentifier).Add("TopicAliasMaximum", TopicAliasMaximum)
        .Add("WildcardSubscriptionAvailable", WildcardSubscriptionAvailable)
        .Add("SubscriptionIdentifierAvailable", SubscriptionIdentifierAvailable)
        .Add("SharedSubscriptionAvailable", SharedSubscriptionAvailable).Add("ServerKeepAlive", ServerKeepAlive)
        .Add("ResponseInformation", ResponseInformation).Add("ServerReference", ServerReference).Add("ReasonString", ReasonString)
        .Add("AuthenticationMethod", AuthenticationMethod).Hide("AuthenticationData", AuthenticationData).Add(UserProperties).ToString();
}
