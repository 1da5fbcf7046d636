using System.Text.Json;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Compares a decoded packet with the expect_json column: every field there, and nothing else set.</summary>
internal static class ExpectedFields
{
    public static void Check(JsonElement json, MqttPacket packet) => Assert.Equal(Build(json, packet), packet);

    // Building the packet that the row describes and comparing whole records also finds fields that should be absent.
    private static MqttPacket Build(JsonElement json, MqttPacket like) => like switch
    {
        Connect => new Connect
        {
            Version = (MqttVersion)Int(json, "protocolLevel")!,
            CleanStart = Bool(json, "cleanSession") ?? Bool(json, "cleanStart")!.Value,
            KeepAlive = (ushort)Int(json, "keepAlive")!,
            ClientId = Text(json, "clientId")!,
            UserName = Text(json, "username"),
            Password = Binary(json, "passwordHex"),
            Properties = Set(json) is { } set ? ConnectProperties(set) : null,
            Will = json.TryGetProperty("will", out var will) ? Will(will) : null,
        },
        ConnAck => new ConnAck(Code(json), Bool(json, "sessionPresent")!.Value)
        {
            Properties = Set(json) is { } set ? ConnAckProperties(set) : null,
        },
        Publish => new Publish(Text(json, "topic")!, Binary(json, "payloadHex")!.Value)
        {
            QoS = (QualityOfService)Int(json, "qos")!,
            Dup = Bool(json, "dup")!.Value,
            Retain = Bool(json, "retain")!.Value,
            PacketId = (ushort)(Int(json, "packetId") ?? 0),
            Properties = Set(json) is { } set ? PublishProperties(set) : null,
        },
        PubAck => new PubAck(Id(json), Reason(json)) { Properties = Ack(json) },
        PubRec => new PubRec(Id(json), Reason(json)) { Properties = Ack(json) },
        PubRel => new PubRel(Id(json), Reason(json)) { Properties = Ack(json) },
        PubComp => new PubComp(Id(json), Reason(json)) { Properties = Ack(json) },
        Subscribe => new Subscribe
        {
            PacketId = Id(json),
            Subscriptions = MqttList.From(json.GetProperty("subscriptions").EnumerateArray().Select(Subscription)),
            Properties = Set(json) is { } set
                ? new SubscribeProperties { SubscriptionIdentifier = (uint?)Int(set, "subscriptionIdentifier"), UserProperties = Users(set) }
                : null,
        },
        SubAck => new SubAck { PacketId = Id(json), ReasonCodes = Codes(json), Properties = Ack(json) },
        Unsubscribe => new Unsubscribe
        {
            PacketId = Id(json),
            Filters = MqttList.From(json.GetProperty("filters").EnumerateArray().Select(filter => filter.GetString()!)),
            Properties = Set(json) is { } set ? new UnsubscribeProperties { UserProperties = Users(set) } : null,
        },
        UnsubAck => new UnsubAck { PacketId = Id(json), ReasonCodes = Codes(json), Properties = Ack(json) },
        PingReq => PingReq.Instance,
        PingResp => PingResp.Instance,
        Disconnect => new Disconnect(Reason(json))
        {
            Properties = Set(json) is { } set
                ? new DisconnectProperties
                {
                    SessionExpiryInterval = (uint?)Int(set, "sessionExpiryInterval"),
                    ServerReference = Text(set, "serverReference"),
                    ReasonString = Text(set, "reasonString"),
                    UserProperties = Users(set),
                }
                : null,
        },
        Auth => new Auth(Reason(json))
        {
            Properties = Set(json) is { } set
                ? new AuthProperties
                {
                    AuthenticationMethod = Text(set, "authenticationMethod"),
                    AuthenticationData = Binary(set, "authenticationDataHex"),
                    ReasonString = Text(set, "reasonString"),
                    UserProperties = Users(set),
                }
                : null,
        },
        _ => throw new InvalidOperationException(like.ToString()),
    };

    private static ConnectProperties ConnectProperties(JsonElement set) => new()
    {
        SessionExpiryInterval = (uint?)Int(set, "sessionExpiryInterval"),
        ReceiveMaximum = (ushort?)Int(set, "receiveMaximum"),
        MaximumPacketSize = (uint?)Int(set, "maximumPacketSize"),
        TopicAliasMaximum = (ushort?)Int(set, "topicAliasMaximum"),
        RequestResponseInformation = Flag(set, "requestResponseInformation"),
        RequestProblemInformation = Flag(set, "requestProblemInformation"),
        AuthenticationMethod = Text(set, "authenticationMethod"),
        AuthenticationData = Binary(set, "authenticationDataHex"),
        UserProperties = Users(set),
    };

    private static ConnAckProperties ConnAckProperties(JsonElement set) => new()
    {
        SessionExpiryInterval = (uint?)Int(set, "sessionExpiryInterval"),
        ReceiveMaximum = (ushort?)Int(set, "receiveMaximum"),
        MaximumQoS = (QualityOfService?)Int(set, "maximumQoS"),
        RetainAvailable = Flag(set, "retainAvailable"),
        MaximumPacketSize = (uint?)Int(set, "maximumPacketSize"),
        AssignedClientIdentifier = Text(set, "assignedClientIdentifier"),
        TopicAliasMaximum = (ushort?)Int(set, "topicAliasMaximum"),
        ReasonString = Text(set, "reasonString"),
        WildcardSubscriptionAvailable = Flag(set, "wildcardSubscriptionAvailable"),
        SubscriptionIdentifierAvailable = Flag(set, "subscriptionIdentifiersAvailable"),
        SharedSubscriptionAvailable = Flag(set, "sharedSubscriptionAvailable"),
        ServerKeepAlive = (ushort?)Int(set, "serverKeepAlive"),
        ResponseInformation = Text(set, "responseInformation"),
        ServerReference = Text(set, "serverReference"),
        AuthenticationMethod = Text(set, "authenticationMethod"),
        AuthenticationData = Binary(set, "authenticationDataHex"),
        UserProperties = Users(set),
    };

    private static PublishProperties PublishProperties(JsonElement set) => new()
    {
        PayloadFormatIndicator = Flag(set, "payloadFormatIndicator"),
        MessageExpiryInterval = (uint?)Int(set, "messageExpiryInterval"),
        TopicAlias = (ushort?)Int(set, "topicAlias"),
        ResponseTopic = Text(set, "responseTopic"),
        CorrelationData = Binary(set, "correlationDataHex"),
        ContentType = Text(set, "contentType"),
        UserProperties = Users(set),
    };

    private static Will Will(JsonElement json) => new(Text(json, "topic")!, Binary(json, "payloadHex")!.Value)
    {
        QoS = (QualityOfService)Int(json, "qos")!,
        Retain = Bool(json, "retain")!.Value,
        Properties = Set(json) is { } set
            ? new WillProperties
            {
                WillDelayInterval = (uint?)Int(set, "willDelayInterval"),
                PayloadFormatIndicator = Flag(set, "payloadFormatIndicator"),
                MessageExpiryInterval = (uint?)Int(set, "messageExpiryInterval"),
                ContentType = Text(set, "contentType"),
                ResponseTopic = Text(set, "responseTopic"),
                CorrelationData = Binary(set, "correlationDataHex"),
                UserProperties = Users(set),
            }
            : null,
    };

    private static Subscription Subscription(JsonElement json) => new(Text(json, "filter")!, (QualityOfService)Int(json, "qos")!)
    {
        NoLocal = Bool(json, "noLocal") ?? false,
        RetainAsPublished = Bool(json, "retainAsPublished") ?? false,
        RetainHandling = (RetainHandling)(Int(json, "retainHandling") ?? 0),
    };

    private static AckProperties? Ack(JsonElement json) =>
        Set(json) is { } set ? new AckProperties { ReasonString = Text(set, "reasonString"), UserProperties = Users(set) } : null;

    // An empty property set is no record.
    private static JsonElement? Set(JsonElement json) =>
        json.TryGetProperty("properties", out var set) && set.EnumerateObject().Any() ? set : null;

    private static MqttList<UserProperty> Users(JsonElement set) => set.TryGetProperty("userProperties", out var users)
        ? MqttList.From(users.EnumerateArray().Select(user => new UserProperty(user[0].GetString()!, user[1].GetString()!)))
        : default;

    private static MqttList<ReasonCode> Codes(JsonElement json) =>
        json.TryGetProperty("reasonCodes", out var codes) || json.TryGetProperty("returnCodes", out codes)
            ? MqttList.From(codes.EnumerateArray().Select(code => (ReasonCode)code.GetInt32()))
            : default;

    private static ReasonCode Code(JsonElement json)
    {
        if (Int(json, "returnCode") is not { } returned)
            return Reason(json);
        Assert.True(ReasonCodes.TryFromReturnCode((byte)returned, out var code));
        return code;
    }

    private static ReasonCode Reason(JsonElement json) => (ReasonCode)(Int(json, "reasonCode") ?? 0);

    private static ushort Id(JsonElement json) => (ushort)Int(json, "packetId")!;

    private static long? Int(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetInt64() : null;

    private static bool? Bool(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetBoolean() : null;

    private static bool? Flag(JsonElement json, string name) => Int(json, name) is { } value ? value == 1 : null;

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static MqttBinary? Binary(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? MqttBinary.Wrap(Convert.FromHexString(value.GetString()!)) : (MqttBinary?)null;
}
