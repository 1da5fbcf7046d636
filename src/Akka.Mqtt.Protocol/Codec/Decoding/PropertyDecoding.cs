using Akka.Mqtt.Protocol.Properties;
using static Akka.Mqtt.Protocol.Properties.PropertyId;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Reads the property records of MQTT 5.0, and checks which properties are allowed in which packet (table 2-4). An empty set is null.
/// </summary>
internal static class PropertyDecoding
{
    private const ulong User = 1UL << (int)PropertyId.UserProperty;

    private const ulong OfConnect = User | 1UL << (int)SessionExpiryInterval | 1UL << (int)ReceiveMaximum | 1UL << (int)MaximumPacketSize
        | 1UL << (int)TopicAliasMaximum | 1UL << (int)RequestResponseInformation | 1UL << (int)RequestProblemInformation
        | 1UL << (int)AuthenticationMethod | 1UL << (int)AuthenticationData;

    private const ulong OfConnAck = User | 1UL << (int)SessionExpiryInterval | 1UL << (int)ReceiveMaximum | 1UL << (int)MaximumQoS
        | 1UL << (int)RetainAvailable | 1UL << (int)MaximumPacketSize | 1UL << (int)AssignedClientIdentifier | 1UL << (int)TopicAliasMaximum
        | 1UL << (int)ReasonString | 1UL << (int)WildcardSubscriptionAvailable | 1UL << (int)SubscriptionIdentifierAvailable
        | 1UL << (int)SharedSubscriptionAvailable | 1UL << (int)ServerKeepAlive | 1UL << (int)ResponseInformation
        | 1UL << (int)ServerReference | 1UL << (int)AuthenticationMethod | 1UL << (int)AuthenticationData;

    private const ulong OfMessage = User | 1UL << (int)PayloadFormatIndicator | 1UL << (int)MessageExpiryInterval | 1UL << (int)ContentType
        | 1UL << (int)ResponseTopic | 1UL << (int)CorrelationData;

    private const ulong OfPublish = OfMessage | 1UL << (int)TopicAlias | 1UL << (int)SubscriptionIdentifier;
    private const ulong OfWill = OfMessage | 1UL << (int)WillDelayInterval;
    private const ulong OfAck = User | 1UL << (int)ReasonString;
    private const ulong OfSubscribe = User | 1UL << (int)SubscriptionIdentifier;
    private const ulong OfDisconnect = OfAck | 1UL << (int)SessionExpiryInterval | 1UL << (int)ServerReference;
    private const ulong OfAuth = OfAck | 1UL << (int)AuthenticationMethod | 1UL << (int)AuthenticationData;

    public static ConnectProperties? ReadConnect(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfConnect, User);
        CheckAuthentication(ref reader, in set);
        return set.IsEmpty ? null : new ConnectProperties
        {
            SessionExpiryInterval = set.SessionExpiryInterval,
            ReceiveMaximum = set.ReceiveMaximum,
            MaximumPacketSize = set.MaximumPacketSize,
            TopicAliasMaximum = set.TopicAliasMaximum,
            RequestResponseInformation = set.Flag(RequestResponseInformation),
            RequestProblemInformation = set.Flag(RequestProblemInformation),
            UserProperties = set.UserProperties,
            AuthenticationMethod = set.AuthenticationMethod,
            AuthenticationData = set.AuthenticationData,
        };
    }

    public static ConnAckProperties? ReadConnAck(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfConnAck, User);
        CheckAuthentication(ref reader, in set);
        return set.IsEmpty ? null : new ConnAckProperties
        {
            SessionExpiryInterval = set.SessionExpiryInterval,
            ReceiveMaximum = set.ReceiveMaximum,
            MaximumQoS = set.Flag(MaximumQoS) is { } one ? one ? QualityOfService.AtLeastOnce : QualityOfService.AtMostOnce : null,
            RetainAvailable = set.Flag(RetainAvailable),
            MaximumPacketSize = set.MaximumPacketSize,
            AssignedClientIdentifier = set.AssignedClientIdentifier,
            TopicAliasMaximum = set.TopicAliasMaximum,
            ReasonString = set.ReasonString,
            UserProperties = set.UserProperties,
            WildcardSubscriptionAvailable = set.Flag(WildcardSubscriptionAvailable),
            SubscriptionIdentifierAvailable = set.Flag(SubscriptionIdentifierAvailable),
            SharedSubscriptionAvailable = set.Flag(SharedSubscriptionAvailable),
            ServerKeepAlive = set.ServerKeepAlive,
            ResponseInformation = set.ResponseInformation,
            ServerReference = set.ServerReference,
            AuthenticationMethod = set.AuthenticationMethod,
            AuthenticationData = set.AuthenticationData,
        };
    }

    public static WillProperties? ReadWill(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfWill, User);
        return set.IsEmpty ? null : new WillProperties
        {
            WillDelayInterval = set.WillDelayInterval,
            PayloadFormatIndicator = set.Flag(PayloadFormatIndicator),
            MessageExpiryInterval = set.MessageExpiryInterval,
            ContentType = set.ContentType,
            ResponseTopic = set.ResponseTopic,
            CorrelationData = set.CorrelationData,
            UserProperties = set.UserProperties,
        };
    }

    public static PublishProperties? ReadPublish(ref MqttReader reader, MqttRole? receiver, PublishTexts? texts)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfPublish, User | 1UL << (int)SubscriptionIdentifier, texts);
        if (set.Has(SubscriptionIdentifier) && receiver == MqttRole.Server) // [MQTT-3.3.4-6]
            reader.ProtocolError(PacketProblem.SubscriptionIdentifierFromClient);
        if (set.IsEmpty)
            return null;
        var present = (set.Has(PayloadFormatIndicator) ? PublishProperties.HasFormat : 0) | (set.Value(PayloadFormatIndicator) ? PublishProperties.IsText : 0)
            | (set.Has(MessageExpiryInterval) ? PublishProperties.HasExpiry : 0) | (set.Has(TopicAlias) ? PublishProperties.HasAlias : 0)
            | (set.Has(CorrelationData) ? PublishProperties.HasCorrelation : 0);
        return new PublishProperties((byte)present, set.TopicAlias, set.MessageExpiry, set.Binary)
        {
            ResponseTopic = set.ResponseTopic,
            ContentType = set.ContentType,
            UserProperties = set.UserProperties,
            SubscriptionIdentifiers = set.SubscriptionIdentifiers,
        };
    }

    public static AckProperties? ReadAck(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfAck, User);
        return set.IsEmpty ? null : new AckProperties { ReasonString = set.ReasonString, UserProperties = set.UserProperties };
    }

    public static SubscribeProperties? ReadSubscribe(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfSubscribe, User);
        return set.IsEmpty
            ? null
            : new SubscribeProperties { SubscriptionIdentifier = set.SubscriptionIdentifier, UserProperties = set.UserProperties };
    }

    public static UnsubscribeProperties? ReadUnsubscribe(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, User, User);
        return set.IsEmpty ? null : new UnsubscribeProperties { UserProperties = set.UserProperties };
    }

    public static DisconnectProperties? ReadDisconnect(ref MqttReader reader, MqttRole? sender)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfDisconnect, User);
        if (sender == MqttRole.Server && set.Has(SessionExpiryInterval)) // [MQTT-3.14.2-2]
            reader.ProtocolError(PacketProblem.SessionExpiryFromServer);
        return set.IsEmpty ? null : new DisconnectProperties
        {
            SessionExpiryInterval = set.SessionExpiryInterval,
            ReasonString = set.ReasonString,
            UserProperties = set.UserProperties,
            ServerReference = set.ServerReference,
        };
    }

    public static AuthProperties? ReadAuth(ref MqttReader reader)
    {
        var set = default(PropertySet);
        set.Read(ref reader, OfAuth, User);
        if (!set.Has(AuthenticationMethod)) // U-3.15.2.2.2-1
            reader.ProtocolError(PacketProblem.AuthenticationMethod);
        return set.IsEmpty ? null : new AuthProperties
        {
            AuthenticationMethod = set.AuthenticationMethod,
            AuthenticationData = set.AuthenticationData,
            ReasonString = set.ReasonString,
            UserProperties = set.UserProperties,
        };
    }

    private static void CheckAuthentication(ref MqttReader reader, in PropertySet set)
    {
        if (set.Has(AuthenticationData) && !set.Has(AuthenticationMethod)) // U-3.1.2.11.10-1
            reader.ProtocolError(PacketProblem.AuthenticationMethod);
    }
}
