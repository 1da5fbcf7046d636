using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// Writes property records field by field: the identifier of MQTT 5.0 and the value of each property that is set, then 0. User properties,
/// and the subscription identifiers of PUBLISH, are lists: their number, then each element.
/// </summary>
internal static class PropertyFieldsWriter
{
    public static void Write(WireWriter to, ConnectProperties properties)
    {
        Number(to, PropertyId.SessionExpiryInterval, properties.SessionExpiryInterval);
        Number(to, PropertyId.ReceiveMaximum, properties.ReceiveMaximum);
        Number(to, PropertyId.MaximumPacketSize, properties.MaximumPacketSize);
        Number(to, PropertyId.TopicAliasMaximum, properties.TopicAliasMaximum);
        Flag(to, PropertyId.RequestResponseInformation, properties.RequestResponseInformation);
        Flag(to, PropertyId.RequestProblemInformation, properties.RequestProblemInformation);
        Text(to, PropertyId.AuthenticationMethod, properties.AuthenticationMethod);
        Binary(to, PropertyId.AuthenticationData, properties.AuthenticationData);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, WillProperties properties)
    {
        Number(to, PropertyId.WillDelayInterval, properties.WillDelayInterval);
        Flag(to, PropertyId.PayloadFormatIndicator, properties.PayloadFormatIndicator);
        Number(to, PropertyId.MessageExpiryInterval, properties.MessageExpiryInterval);
        Text(to, PropertyId.ContentType, properties.ContentType);
        Text(to, PropertyId.ResponseTopic, properties.ResponseTopic);
        Binary(to, PropertyId.CorrelationData, properties.CorrelationData);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, ConnAckProperties properties)
    {
        Number(to, PropertyId.SessionExpiryInterval, properties.SessionExpiryInterval);
        Number(to, PropertyId.ReceiveMaximum, properties.ReceiveMaximum);
        Number(to, PropertyId.MaximumQoS, (byte?)properties.MaximumQoS);
        Flag(to, PropertyId.RetainAvailable, properties.RetainAvailable);
        Number(to, PropertyId.MaximumPacketSize, properties.MaximumPacketSize);
        Text(to, PropertyId.AssignedClientIdentifier, properties.AssignedClientIdentifier);
        Number(to, PropertyId.TopicAliasMaximum, properties.TopicAliasMaximum);
        Text(to, PropertyId.ReasonString, properties.ReasonString);
        Flag(to, PropertyId.WildcardSubscriptionAvailable, properties.WildcardSubscriptionAvailable);
        Flag(to, PropertyId.SubscriptionIdentifierAvailable, properties.SubscriptionIdentifierAvailable);
        Flag(to, PropertyId.SharedSubscriptionAvailable, properties.SharedSubscriptionAvailable);
        Number(to, PropertyId.ServerKeepAlive, properties.ServerKeepAlive);
        Text(to, PropertyId.ResponseInformation, properties.ResponseInformation);
        Text(to, PropertyId.ServerReference, properties.ServerReference);
        Text(to, PropertyId.AuthenticationMethod, properties.AuthenticationMethod);
        Binary(to, PropertyId.AuthenticationData, properties.AuthenticationData);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, PublishProperties properties)
    {
        Flag(to, PropertyId.PayloadFormatIndicator, properties.PayloadFormatIndicator);
        Number(to, PropertyId.MessageExpiryInterval, properties.MessageExpiryInterval);
        Number(to, PropertyId.TopicAlias, properties.TopicAlias);
        Text(to, PropertyId.ResponseTopic, properties.ResponseTopic);
        Binary(to, PropertyId.CorrelationData, properties.CorrelationData);
        Text(to, PropertyId.ContentType, properties.ContentType);
        if (!properties.SubscriptionIdentifiers.IsEmpty)
        {
            to.Byte((byte)PropertyId.SubscriptionIdentifier);
            to.UInt((uint)properties.SubscriptionIdentifiers.Count);
            foreach (var identifier in properties.SubscriptionIdentifiers)
                to.UInt(identifier);
        }

        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, AckProperties properties)
    {
        Text(to, PropertyId.ReasonString, properties.ReasonString);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, SubscribeProperties properties)
    {
        Number(to, PropertyId.SubscriptionIdentifier, properties.SubscriptionIdentifier);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, UnsubscribeProperties properties) => End(to, properties.UserProperties);

    public static void Write(WireWriter to, DisconnectProperties properties)
    {
        Number(to, PropertyId.SessionExpiryInterval, properties.SessionExpiryInterval);
        Text(to, PropertyId.ReasonString, properties.ReasonString);
        Text(to, PropertyId.ServerReference, properties.ServerReference);
        End(to, properties.UserProperties);
    }

    public static void Write(WireWriter to, AuthProperties properties)
    {
        Text(to, PropertyId.AuthenticationMethod, properties.AuthenticationMethod);
        Binary(to, PropertyId.AuthenticationData, properties.AuthenticationData);
        Text(to, PropertyId.ReasonString, properties.ReasonString);
        End(to, properties.UserProperties);
    }

    private static void End(WireWriter to, MqttList<UserProperty> properties)
    {
        if (!properties.IsEmpty)
        {
            to.Byte((byte)PropertyId.UserProperty);
            to.UInt((uint)properties.Count);
            foreach (var (name, value) in properties)
            {
                to.Text(name);
                to.Text(value);
            }
        }

        to.Byte(PacketField.End);
    }

    private static void Number(WireWriter to, PropertyId id, uint? value)
    {
        if (value is not { } number)
            return;
        to.Byte((byte)id);
        to.UInt(number);
    }

    private static void Flag(WireWriter to, PropertyId id, bool? value) => Number(to, id, value is { } flag ? flag ? 1u : 0u : null);

    private static void Text(WireWriter to, PropertyId id, string? value)
    {
        if (value is null)
            return;
        to.Byte((byte)id);
        to.Text(value);
    }

    private static void Binary(WireWriter to, PropertyId id, MqttBinary? value)
    {
        if (value is not { } bytes)
            return;
        to.Byte((byte)id);
        to.Bytes(bytes.Span);
    }
}
