namespace Akka.Mqtt.Protocol;

/// <summary>Properties of PUBLISH in MQTT 5.0 (section 3.3.2.3). Null or empty means absent.</summary>
public sealed record PublishProperties
{
    /// <summary>Whether the payload is UTF-8 text; absent means unspecified bytes.</summary>
    public bool? PayloadFormatIndicator { get; init; }

    /// <summary>Lifetime of the message in seconds; absent means no expiry.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>A number that stands for the topic on this connection, 1 up to the receiver's Topic Alias Maximum.</summary>
    public ushort? TopicAlias { get; init; }

    /// <summary>The topic name for a response; no wildcards.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Bytes by which the requester recognises the response.</summary>
    public MqttBinary? CorrelationData { get; init; }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>The identifiers of the subscriptions that matched, each 1 to 268,435,455. Only from server to client.</summary>
    public MqttList<uint> SubscriptionIdentifiers { get; init; }

    /// <summary>A description of the content, such as a MIME type.</summary>
    public string? ContentType { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("PayloadFormatIndicator", PayloadFormatIndicator).Add("MessageExpiryInterval", MessageExpiryInterval)
        .Add("TopicAlias", TopicAlias).Add("ResponseTopic", ResponseTopic).Add("CorrelationData", CorrelationData)
        .Add("SubscriptionIdentifiers", SubscriptionIdentifiers.IsEmpty ? null : SubscriptionIdentifiers)
        .Add("ContentType", ContentType).Add(UserProperties).ToString();
}
