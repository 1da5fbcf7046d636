using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of CONNECT in MQTT 5.0 (section 3.1.2.11). Null or empty means absent; the defaults are those of the standard.</summary>
public sealed record ConnectProperties
{
    /// <summary>Session Expiry Interval in seconds; 0xFFFFFFFF never expires; absent means 0, the session ends with the connection.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>How many QoS 1 and 2 messages the client takes at once, 1 to 65,535; absent means 65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>The largest packet the client takes, in bytes with the fixed header, 1 to 4,294,967,295; absent means no limit.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>The highest topic alias that the server may use, 0 to 65,535; absent means 0, none.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>Whether the client asks for Response Information; absent means no.</summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>Whether the server may put reason strings and user properties on all packets; absent means yes.</summary>
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
