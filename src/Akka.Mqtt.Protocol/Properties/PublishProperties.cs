using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol;

/// <summary>Properties of PUBLISH in MQTT 5.0 (section 3.3.2.3). Null or empty means absent.</summary>
public sealed record PublishProperties
{
    // Which properties are present, and the value of the one-byte property. Each message whose properties differ from the previous one has
    // a record of its own, and nullable fields would make it 16 bytes larger. An absent value is the default of its type, so equality
    // compares fields.
    internal const byte HasFormat = 0x01;
    internal const byte IsText = 0x02;
    internal const byte HasExpiry = 0x04;
    internal const byte HasAlias = 0x08;
    internal const byte HasCorrelation = 0x10;
    private readonly byte _present;
    private readonly ushort _topicAlias;
    private readonly uint _messageExpiryInterval;
    private readonly MqttBinary _correlationData;

    /// <summary>No properties; set them in an initializer.</summary>
    public PublishProperties()
    {
    }

    /// <summary>Received properties.</summary>
    /// <param name="present">Which properties are present, and the value of the one-byte property: the constants above.</param>
    /// <param name="topicAlias">0 for none.</param>
    /// <param name="messageExpiryInterval">0 for none.</param>
    /// <param name="correlationData">Empty for none.</param>
    internal PublishProperties(byte present, ushort topicAlias, uint messageExpiryInterval, MqttBinary correlationData)
    {
        _present = present;
        _topicAlias = topicAlias;
        _messageExpiryInterval = messageExpiryInterval;
        _correlationData = correlationData;
    }

    /// <summary>Whether the payload is UTF-8 text; absent means unspecified bytes.</summary>
    public bool? PayloadFormatIndicator
    {
        get => (_present & HasFormat) != 0 ? (_present & IsText) != 0 : null;
        init => _present = With(With(_present, HasFormat, value.HasValue), IsText, value.GetValueOrDefault());
    }

    /// <summary>Lifetime of the message in seconds; absent means no expiry.</summary>
    public uint? MessageExpiryInterval
    {
        get => (_present & HasExpiry) != 0 ? _messageExpiryInterval : null;
        init
        {
            _present = With(_present, HasExpiry, value.HasValue);
            _messageExpiryInterval = value.GetValueOrDefault();
        }
    }

    /// <summary>A number that stands for the topic on this connection, 1 up to the receiver's Topic Alias Maximum.</summary>
    public ushort? TopicAlias
    {
        get => (_present & HasAlias) != 0 ? _topicAlias : null;
        init
        {
            _present = With(_present, HasAlias, value.HasValue);
            _topicAlias = value.GetValueOrDefault();
        }
    }

    /// <summary>The topic name for a response; no wildcards.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Bytes by which the requester identifies the response.</summary>
    public MqttBinary? CorrelationData
    {
        get => (_present & HasCorrelation) != 0 ? _correlationData : (MqttBinary?)null; // "null" without the cast would convert to an empty value
        init
        {
            _present = With(_present, HasCorrelation, value.HasValue);
            _correlationData = value.GetValueOrDefault();
        }
    }

    /// <summary>User properties, in order.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>The identifiers of the matching subscriptions, each 1 to 268,435,455. Only from server to client.</summary>
    public MqttList<uint> SubscriptionIdentifiers { get; init; }

    /// <summary>A description of the content, such as a MIME type.</summary>
    public string? ContentType { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new PropertyText()
        .Add("PayloadFormatIndicator", PayloadFormatIndicator).Add("MessageExpiryInterval", MessageExpiryInterval)
        .Add("TopicAlias", TopicAlias).Add("ResponseTopic", ResponseTopic).Add("CorrelationData", CorrelationData)
        .Add("SubscriptionIdentifiers", SubscriptionIdentifiers.IsEmpty ? null : SubscriptionIdentifiers)
        .Add("ContentType", ContentType).Add(UserProperties).ToString();

    private static byte With(byte present, byte flag, bool value) => (byte)(value ? present | flag : present & ~flag);
}
