using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of CONNECT in MQTT 5.0 (section 3.1.2.11). Null or empty means absent; the defaults are those of the standard.</summary>
public sealed record ConnectProperties
{
    /// <summary>
    /// Session Expiry Interval in seconds. With 0xFFFFFFFF the session never expires; absent means 0: it ends with the connection.
    /// </summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>How many unacknowledged QoS 1 and 2 messages the client accepts, 1 to 65,535; absent means 65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>
    /// The largest packet that the client accepts, in bytes with the fixed header, 1 to 4,294,967,295; absent means no limit.
    /// </summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>The highest topic alias that the server may use, 0 to 65,535; absent means 0, none.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>Whether the client requests Response Information; absent means no.</summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>Whether the server may add reason strings and user properties to all packets; absent means yes.</summary>
    public bool? RequestProblemInformation { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>The name of the extended authentication method; absent means none.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Data for the method; only together with <see cref="AuthenticationMethod"/>. Not shown by <see cref="ToString"/>.</summary>
    public MqttBinary? AuthenticationData { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("SessionExpiryInterval", SessionExpiryInterval).Add("ReceiveMaximum", ReceiveMaximum)
        .Add("MaximumPacketSize", MaximumPacketSize).Add("TopicAliasMaximum", TopicAliasMaximum)
        .Add("RequestResponseInformation", RequestResponseInformation).Add("RequestProblemInformation", RequestProblemInformation)
        .Add("AuthenticationMethod", AuthenticationMethod).Hide("AuthenticationData", AuthenticationData).Add(UserProperties).ToString();
}
