using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Measures and writes the property records of MQTT 5.0: by ascending identifier, user properties last.</summary>
internal static class PropertyEncoding
{
    public static void Measure(ConnectProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            measure.Property(set.SessionExpiryInterval);
            measure.Authentication(set.AuthenticationMethod, set.AuthenticationData);
            measure.Property(set.RequestProblemInformation);
            measure.Property(set.RequestResponseInformation);
            measure.NonZero(set.ReceiveMaximum); // U-3.1.2.11.3-1
            measure.Property(set.TopicAliasMaximum);
            measure.NonZero(set.MaximumPacketSize); // U-3.1.2.11.4-1
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(ConnectProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.SessionExpiryInterval, set.SessionExpiryInterval);
            writer.Property(PropertyId.AuthenticationMethod, set.AuthenticationMethod);
            writer.Property(PropertyId.AuthenticationData, set.AuthenticationData);
            writer.Property(PropertyId.RequestProblemInformation, set.RequestProblemInformation);
            writer.Property(PropertyId.RequestResponseInformation, set.RequestResponseInformation);
            writer.Property(PropertyId.ReceiveMaximum, set.ReceiveMaximum);
            writer.Property(PropertyId.TopicAliasMaximum, set.TopicAliasMaximum);
            writer.Property(PropertyId.MaximumPacketSize, set.MaximumPacketSize);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(ConnAckProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            measure.Property(set.SessionExpiryInterval);
            measure.Property(set.AssignedClientIdentifier);
            measure.Property(set.ServerKeepAlive);
            measure.Authentication(set.AuthenticationMethod, set.AuthenticationData);
            measure.Property(set.ResponseInformation);
            measure.Property(set.ServerReference);
            measure.Property(set.ReasonString);
            measure.NonZero(set.ReceiveMaximum); // U-3.2.2.3.3-1
            measure.Property(set.TopicAliasMaximum);
            measure.Require(set.MaximumQoS is null or <= QualityOfService.AtLeastOnce, PacketProblem.PropertyBoolean); // U-3.2.2.3.4-1
            measure.Property(IsOne(set.MaximumQoS));
            measure.Property(set.RetainAvailable);
            measure.NonZero(set.MaximumPacketSize);
            measure.Property(set.WildcardSubscriptionAvailable);
            measure.Property(set.SubscriptionIdentifierAvailable);
            measure.Property(set.SharedSubscriptionAvailable);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(ConnAckProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.SessionExpiryInterval, set.SessionExpiryInterval);
            writer.Property(PropertyId.AssignedClientIdentifier, set.AssignedClientIdentifier);
            writer.Property(PropertyId.ServerKeepAlive, set.ServerKeepAlive);
            writer.Property(PropertyId.AuthenticationMethod, set.AuthenticationMethod);
            writer.Property(PropertyId.AuthenticationData, set.AuthenticationData);
            writer.Property(PropertyId.ResponseInformation, set.ResponseInformation);
            writer.Property(PropertyId.ServerReference, set.ServerReference);
            writer.Property(PropertyId.ReasonString, set.ReasonString);
            writer.Property(PropertyId.ReceiveMaximum, set.ReceiveMaximum);
            writer.Property(PropertyId.TopicAliasMaximum, set.TopicAliasMaximum);
            writer.Property(PropertyId.MaximumQoS, IsOne(set.MaximumQoS));
            writer.Property(PropertyId.RetainAvailable, set.RetainAvailable);
            writer.Property(PropertyId.MaximumPacketSize, set.MaximumPacketSize);
            writer.Property(PropertyId.WildcardSubscriptionAvailable, set.WildcardSubscriptionAvailable);
            writer.Property(PropertyId.SubscriptionIdentifierAvailable, set.SubscriptionIdentifierAvailable);
            writer.Property(PropertyId.SharedSubscriptionAvailable, set.SharedSubscriptionAvailable);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(PublishProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            measure.Property(set.PayloadFormatIndicator);
            measure.Property(set.MessageExpiryInterval);
            measure.Property(set.ContentType);
            ResponseTopic(set.ResponseTopic, ref measure);
            measure.Property(set.CorrelationData);
            if (!set.SubscriptionIdentifiers.IsEmpty && measure.Sender == MqttRole.Client) // [MQTT-3.3.4-6]
                measure.ProtocolError(PacketProblem.SubscriptionIdentifierFromClient);
            foreach (var identifier in set.SubscriptionIdentifiers)
                measure.SubscriptionIdentifier(identifier);
            if (set.TopicAlias == 0) // [MQTT-3.3.2-8]
                measure.Fail(ReasonCode.TopicAliasInvalid, PacketProblem.TopicAliasZero);
            measure.Property(set.TopicAlias);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(PublishProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.PayloadFormatIndicator, set.PayloadFormatIndicator);
            writer.Property(PropertyId.MessageExpiryInterval, set.MessageExpiryInterval);
            writer.Property(PropertyId.ContentType, set.ContentType);
            writer.Property(PropertyId.ResponseTopic, set.ResponseTopic);
            writer.Property(PropertyId.CorrelationData, set.CorrelationData);
            foreach (var identifier in set.SubscriptionIdentifiers)
                writer.VariableProperty(PropertyId.SubscriptionIdentifier, identifier);
            writer.Property(PropertyId.TopicAlias, set.TopicAlias);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(WillProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            measure.Property(set.WillDelayInterval);
            measure.Property(set.PayloadFormatIndicator);
            measure.Property(set.MessageExpiryInterval);
            measure.Property(set.ContentType);
            ResponseTopic(set.ResponseTopic, ref measure);
            measure.Property(set.CorrelationData);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(WillProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.WillDelayInterval, set.WillDelayInterval);
            writer.Property(PropertyId.PayloadFormatIndicator, set.PayloadFormatIndicator);
            writer.Property(PropertyId.MessageExpiryInterval, set.MessageExpiryInterval);
            writer.Property(PropertyId.ContentType, set.ContentType);
            writer.Property(PropertyId.ResponseTopic, set.ResponseTopic);
            writer.Property(PropertyId.CorrelationData, set.CorrelationData);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(AckProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            measure.Property(set.ReasonString);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(AckProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.ReasonString, set.ReasonString);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(SubscribeProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            if (set.SubscriptionIdentifier is { } identifier)
                measure.SubscriptionIdentifier(identifier);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(SubscribeProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            if (set.SubscriptionIdentifier is { } identifier)
                writer.VariableProperty(PropertyId.SubscriptionIdentifier, identifier);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(UnsubscribeProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
            measure.UserProperties(set.UserProperties);
        measure.EndProperties(start);
    }

    public static void Write(UnsubscribeProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
            writer.UserProperties(set.UserProperties);
        writer.EndProperties(start);
    }

    public static void Measure(DisconnectProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        if (set is not null)
        {
            if (set.SessionExpiryInterval is not null && measure.Sender == MqttRole.Server) // [MQTT-3.14.2-2]
                measure.ProtocolError(PacketProblem.SessionExpiryFromServer);
            if (set.ServerReference is not null && measure.Sender == MqttRole.Client)
                measure.ProtocolError(PacketProblem.ServerReferenceFromClient);
            measure.Property(set.SessionExpiryInterval);
            measure.Property(set.ServerReference);
            measure.Property(set.ReasonString);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(DisconnectProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.SessionExpiryInterval, set.SessionExpiryInterval);
            writer.Property(PropertyId.ServerReference, set.ServerReference);
            writer.Property(PropertyId.ReasonString, set.ReasonString);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    public static void Measure(AuthProperties? set, ref PacketMeasure measure)
    {
        var start = measure.Size;
        measure.Require(set?.AuthenticationMethod is not null, PacketProblem.AuthenticationMethod); // U-3.15.2.2.2-1
        if (set is not null)
        {
            measure.Authentication(set.AuthenticationMethod, set.AuthenticationData);
            measure.Property(set.ReasonString);
            measure.UserProperties(set.UserProperties);
        }

        measure.EndProperties(start);
    }

    public static void Write(AuthProperties? set, ref MqttWriter writer)
    {
        var start = writer.BeginProperties();
        if (set is not null)
        {
            writer.Property(PropertyId.AuthenticationMethod, set.AuthenticationMethod);
            writer.Property(PropertyId.AuthenticationData, set.AuthenticationData);
            writer.Property(PropertyId.ReasonString, set.ReasonString);
            writer.UserProperties(set.UserProperties);
        }

        writer.EndProperties(start);
    }

    private static void ResponseTopic(string? topic, ref PacketMeasure measure)
    {
        if (topic is null)
            return;
        measure.Add(1);
        measure.Topic(topic, PacketProblem.ResponseTopic); // [MQTT-3.3.2-14]
    }

    private static bool? IsOne(QualityOfService? qos) => qos is { } set ? set != QualityOfService.AtMostOnce : null;
}
