using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of a will in MQTT 5.0 (section 3.1.3.2). Null or empty means absent.</summary>
public sealed record WillProperties
{
    /// <summary>Seconds between the end of the connection and the publication of the will; absent means 0.</summary>
    public uint? WillDelayInterval { get; init; }

    /// <summary>Whether the payload is UTF-8 text; absent means unspecified bytes.</summary>
    public bool? PayloadFormatIndicator { get; init; }

    /// <summary>Lifetime of the message in seconds; absent means no expiry.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>A description of the content, such as a MIME type.</summary>
    public string? ContentType { get; init; }

    /// <summary>The topic name for a response; no wildcards.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Bytes by which the requester identifies the response.</summary>
    public MqttBinary? CorrelationData { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("WillDelayInterval", WillDelayInterval).Add("PayloadFormatIndicator", PayloadFormatIndicator)
        .Add("MessageExpiryInterval", MessageExpiryInterval).Add("ContentType", ContentType).Add("ResponseTopic", ResponseTopic)
        .Add("CorrelationData", CorrelationData).Add(UserProperties).ToString();
}
