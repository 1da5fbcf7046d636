using System.Runtime.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Serialization;

/// <summary>Reads what <see cref="PropertyFieldsWriter"/> wrote.</summary>
internal static class PropertyFieldsReader
{
    public static ConnectProperties Connect(WireReader from)
    {
        var properties = new ConnectProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.SessionExpiryInterval => properties with { SessionExpiryInterval = from.UInt() },
                PropertyId.ReceiveMaximum => properties with { ReceiveMaximum = (ushort)from.UInt() },
                PropertyId.MaximumPacketSize => properties with { MaximumPacketSize = from.UInt() },
                PropertyId.TopicAliasMaximum => properties with { TopicAliasMaximum = (ushort)from.UInt() },
                PropertyId.RequestResponseInformation => properties with { RequestResponseInformation = from.Bool() },
                PropertyId.RequestProblemInformation => properties with { RequestProblemInformation = from.Bool() },
                PropertyId.AuthenticationMethod => properties with { AuthenticationMethod = from.OptionalText() },
                PropertyId.AuthenticationData => properties with { AuthenticationData = from.Binary() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static WillProperties Will(WireReader from)
    {
        var properties = new WillProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.WillDelayInterval => properties with { WillDelayInterval = from.UInt() },
                PropertyId.PayloadFormatIndicator => properties with { PayloadFormatIndicator = from.Bool() },
                PropertyId.MessageExpiryInterval => properties with { MessageExpiryInterval = from.UInt() },
                PropertyId.ContentType => properties with { ContentType = from.OptionalText() },
                PropertyId.ResponseTopic => properties with { ResponseTopic = from.OptionalText() },
                PropertyId.CorrelationData => properties with { CorrelationData = from.Binary() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static ConnAckProperties ConnAck(WireReader from)
    {
        var properties = new ConnAckProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.SessionExpiryInterval => properties with { SessionExpiryInterval = from.UInt() },
                PropertyId.ReceiveMaximum => properties with { ReceiveMaximum = (ushort)from.UInt() },
                PropertyId.MaximumQoS => properties with { MaximumQoS = (QualityOfService)from.UInt() },
                PropertyId.RetainAvailable => properties with { RetainAvailable = from.Bool() },
                PropertyId.MaximumPacketSize => properties with { MaximumPacketSize = from.UInt() },
                PropertyId.AssignedClientIdentifier => properties with { AssignedClientIdentifier = from.OptionalText() },
                PropertyId.TopicAliasMaximum => properties with { TopicAliasMaximum = (ushort)from.UInt() },
                PropertyId.ReasonString => properties with { ReasonString = from.OptionalText() },
                PropertyId.WildcardSubscriptionAvailable => properties with { WildcardSubscriptionAvailable = from.Bool() },
                PropertyId.SubscriptionIdentifierAvailable => properties with { SubscriptionIdentifierAvailable = from.Bool() },
                PropertyId.SharedSubscriptionAvailable => properties with { SharedSubscriptionAvailable = from.Bool() },
                PropertyId.ServerKeepAlive => properties with { ServerKeepAlive = (ushort)from.UInt() },
                PropertyId.ResponseInformation => properties with { ResponseInformation = from.OptionalText() },
                PropertyId.ServerReference => properties with { ServerReference = from.OptionalText() },
                PropertyId.AuthenticationMethod => properties with { AuthenticationMethod = from.OptionalText() },
                PropertyId.AuthenticationData => properties with { AuthenticationData = from.Binary() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static PublishProperties Publish(WireReader from)
    {
        var properties = new PublishProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.PayloadFormatIndicator => properties with { PayloadFormatIndicator = from.Bool() },
                PropertyId.MessageExpiryInterval => properties with { MessageExpiryInterval = from.UInt() },
                PropertyId.TopicAlias => properties with { TopicAlias = (ushort)from.UInt() },
                PropertyId.ResponseTopic => properties with { ResponseTopic = from.OptionalText() },
                PropertyId.CorrelationData => properties with { CorrelationData = from.Binary() },
                PropertyId.ContentType => properties with { ContentType = from.OptionalText() },
                PropertyId.SubscriptionIdentifier => properties with { SubscriptionIdentifiers = ReadIdentifiers(from) },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static AckProperties Ack(WireReader from)
    {
        var properties = new AckProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.ReasonString => properties with { ReasonString = from.OptionalText() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static SubscribeProperties Subscribe(WireReader from)
    {
        var properties = new SubscribeProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.SubscriptionIdentifier => properties with { SubscriptionIdentifier = from.UInt() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static UnsubscribeProperties Unsubscribe(WireReader from)
    {
        var properties = new UnsubscribeProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id == PropertyId.UserProperty
                ? properties with { UserProperties = ReadUser(from) }
                : throw Unknown(id);
        }

        return properties;
    }

    public static DisconnectProperties Disconnect(WireReader from)
    {
        var properties = new DisconnectProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.SessionExpiryInterval => properties with { SessionExpiryInterval = from.UInt() },
                PropertyId.ReasonString => properties with { ReasonString = from.OptionalText() },
                PropertyId.ServerReference => properties with { ServerReference = from.OptionalText() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    public static AuthProperties Auth(WireReader from)
    {
        var properties = new AuthProperties();
        while (Next(from) is var id and not 0)
        {
            properties = id switch
            {
                PropertyId.AuthenticationMethod => properties with { AuthenticationMethod = from.OptionalText() },
                PropertyId.AuthenticationData => properties with { AuthenticationData = from.Binary() },
                PropertyId.ReasonString => properties with { ReasonString = from.OptionalText() },
                PropertyId.UserProperty => properties with { UserProperties = ReadUser(from) },
                _ => throw Unknown(id),
            };
        }

        return properties;
    }

    private static PropertyId Next(WireReader from) => (PropertyId)from.Byte();

    private static MqttList<UserProperty> ReadUser(WireReader from)
    {
        var properties = new UserProperty[from.Count()];
        for (var at = 0; at < properties.Length; at++)
            properties[at] = new UserProperty(from.Text(), from.Text());
        return MqttList.Wrap(properties);
    }

    private static MqttList<uint> ReadIdentifiers(WireReader from)
    {
        var identifiers = new uint[from.Count()];
        for (var at = 0; at < identifiers.Length; at++)
            identifiers[at] = from.UInt();
        return MqttList.Wrap(identifiers);
    }

    private static SerializationException Unknown(PropertyId id) =>
        new($"This version of Akka.Mqtt does not know the property {(int)id}.");
}
