using CsCheck;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Generators of valid packets, for each version.</summary>
internal static class Any
{
    public static readonly Gen<MqttVersion> Version = Of(MqttVersion.V31, MqttVersion.V311, MqttVersion.V5);

    private static readonly Gen<string> Text = Gen.String[Gen.Char["aä日/+# $€\u0001\uFEFFxyz"], 0, 12].Select(WithSurrogatePair);
    private static readonly Gen<string> Topic = Gen.String[Gen.Char["aä日/ $€\uFEFFxyz"], 1, 40];
    private static readonly Gen<string> Level = Gen.Frequency((4, Gen.String[Gen.Char["aé$"], 0, 4]), (1, Gen.Const("+")));
    private static readonly Gen<MqttBinary> Bytes = Gen.Byte.Array[0, 300].Select(bytes => MqttBinary.Wrap(bytes));
    private static readonly Gen<ushort> Id = Gen.UShort[1, ushort.MaxValue];
    private static readonly Gen<QualityOfService> QoS = Gen.Enum<QualityOfService>();
    private static readonly Gen<MqttList<UserProperty>> Users =
        Gen.Select(Text, Text, (name, value) => new UserProperty(name, value)).Array[0, 3].Select(users => MqttList.Create<UserProperty>(users));

    private static readonly Gen<string> Filter = Gen.Select(Level.Array[1, 5], Gen.Bool, (levels, all) => string.Join('/', levels) + (all ? "/#" : ""))
        .Where(filter => filter.Length > 0 && !filter.StartsWith("$share/", StringComparison.Ordinal));

    private static readonly Gen<AckProperties?> Ack = Gen.Select(Maybe(Text), Users, (reason, users) =>
        reason is null && users.IsEmpty ? null : new AckProperties { ReasonString = reason, UserProperties = users });

    /// <summary>A packet that may be sent in a version.</summary>
    public static Gen<MqttPacket> Packet(MqttVersion version) => version == MqttVersion.V5
        ? Gen.OneOf(Common(version), Gen.OneOf(V5Connect, V5ConnAck, V5Publish), Gen.OneOf(V5Acks, V5Others))
        : Common(version);

    private static readonly Gen<MqttPacket> V5Connect = Gen.Select(
        Common5(MqttVersion.V5), Maybe(Gen.UInt), Maybe(Id), Maybe(Gen.UInt[1, uint.MaxValue]), Maybe(Gen.Bool), Maybe(Text), Maybe(Bytes), Users,
        (connect, expiry, receive, size, info, method, data, users) => (MqttPacket)(connect with
        {
            Properties = new ConnectProperties
            {
                SessionExpiryInterval = expiry ?? 1,
                ReceiveMaximum = receive,
                MaximumPacketSize = size,
                TopicAliasMaximum = receive,
                RequestProblemInformation = info,
                RequestResponseInformation = info,
                AuthenticationMethod = method,
                AuthenticationData = method is null ? null : data,
                UserProperties = users,
            },
            Will = connect.Will is null ? null : connect.Will with
            {
                Properties = new WillProperties
                {
                    WillDelayInterval = expiry ?? 3,
                    PayloadFormatIndicator = info,
                    MessageExpiryInterval = size,
                    ContentType = method,
                    ResponseTopic = "r",
                    CorrelationData = data,
                    UserProperties = users,
                },
            },
        }));

    private static readonly Gen<MqttPacket> V5ConnAck = Gen.Select(
        Maybe(Gen.UInt), Maybe(Id), Maybe(Gen.UInt[1, uint.MaxValue]), Maybe(Gen.Bool), Maybe(Text), Maybe(Bytes), Users,
        (expiry, receive, size, flag, text, data, users) => (MqttPacket)new ConnAck(ReasonCode.Success, flag ?? false)
        {
            Properties = new ConnAckProperties
            {
                SessionExpiryInterval = expiry,
                ReceiveMaximum = receive,
                MaximumQoS = flag is null ? null : QualityOfService.AtLeastOnce,
                RetainAvailable = flag,
                MaximumPacketSize = size,
                AssignedClientIdentifier = text,
                TopicAliasMaximum = receive,
                ReasonString = text,
                WildcardSubscriptionAvailable = flag,
                SubscriptionIdentifierAvailable = flag,
                SharedSubscriptionAvailable = flag,
                ServerKeepAlive = receive ?? 0,
                ResponseInformation = text,
                ServerReference = text,
                AuthenticationMethod = text,
                AuthenticationData = text is null ? null : data,
                UserProperties = users,
            },
        });

    private static readonly Gen<MqttPacket> V5Publish = Gen.Select(
        Publish, Maybe(Gen.UInt), Maybe(Gen.Bool), Maybe(Topic), Maybe(Bytes), Gen.UInt[1, 268_435_455].Array[0, 4], Id, Users,
        (publish, expiry, flag, topic, data, identifiers, alias, users) => (MqttPacket)(publish with
        {
            Topic = flag == true ? "" : publish.Topic,
            Properties = new PublishProperties
            {
                PayloadFormatIndicator = flag,
                MessageExpiryInterval = expiry,
                ContentType = topic,
                ResponseTopic = topic,
                CorrelationData = data,
                SubscriptionIdentifiers = identifiers,
                TopicAlias = alias,
                UserProperties = users,
            },
        }));

    private static readonly Gen<MqttPacket> V5Acks = Gen.OneOf(
        Gen.Select(Id, Code(MqttPacketType.PubAck), Ack, (id, code, set) => (MqttPacket)new PubAck(id, code) { Properties = set }),
        Gen.Select(Id, Code(MqttPacketType.PubRec), Ack, (id, code, set) => (MqttPacket)new PubRec(id, code) { Properties = set }),
        Gen.Select(Id, Code(MqttPacketType.PubRel), Ack, (id, code, set) => (MqttPacket)new PubRel(id, code) { Properties = set }),
        Gen.Select(Id, Code(MqttPacketType.PubComp), Ack, (id, code, set) => (MqttPacket)new PubComp(id, code) { Properties = set }),
        Gen.Select(Id, Code(MqttPacketType.SubAck).Array[1, 200], Ack,
            (id, codes, set) => (MqttPacket)new SubAck { PacketId = id, ReasonCodes = codes, Properties = set }),
        Gen.Select(Id, Code(MqttPacketType.UnsubAck).Array[1, 5], Ack,
            (id, codes, set) => (MqttPacket)new UnsubAck { PacketId = id, ReasonCodes = codes, Properties = set }));

    private static readonly Gen<MqttPacket> V5Others = Gen.OneOf(
        Gen.Select(Id, Gen.Select(Filter, QoS, Gen.Bool, Gen.Bool, Gen.Enum<RetainHandling>(), (filter, qos, noLocal, retain, handling) =>
                new Subscription(filter, qos) { NoLocal = noLocal, RetainAsPublished = retain, RetainHandling = handling }).Array[1, 6],
            Gen.UInt[1, 268_435_455], Users, (id, subscriptions, identifier, users) => (MqttPacket)new Subscribe
            {
                PacketId = id,
                Subscriptions = subscriptions,
                Properties = new SubscribeProperties { SubscriptionIdentifier = identifier, UserProperties = users },
            }),
        Gen.Select(Code(MqttPacketType.Disconnect), Maybe(Gen.UInt), Maybe(Text), Users, (code, expiry, text, users) =>
            (MqttPacket)new Disconnect(code)
            {
                Properties = expiry is null && text is null && users.IsEmpty ? null : new DisconnectProperties
                {
                    SessionExpiryInterval = expiry, ServerReference = text, ReasonString = text, UserProperties = users,
                },
            }),
        Gen.Select(Code(MqttPacketType.Auth), Text, Maybe(Bytes), Users, (code, method, data, users) => (MqttPacket)new Auth(code)
        {
            Properties = new AuthProperties { AuthenticationMethod = method, AuthenticationData = data, UserProperties = users },
        }));

    private static Gen<Publish> Publish => Gen.Select(Topic, Bytes, QoS, Id, Gen.Bool, Gen.Bool, (topic, payload, qos, id, retain, dup) =>
        new Publish(topic, payload) { QoS = qos, PacketId = qos == 0 ? (ushort)0 : id, Retain = retain, Dup = dup && qos != 0 });

    private static Gen<MqttPacket> Common(MqttVersion version) => Gen.OneOf(
        Common5(version).Select(connect => (MqttPacket)connect),
        Of(ReasonCode.Success, ReasonCode.UnsupportedProtocolVersion, ReasonCode.NotAuthorized)
            .Select(code => (MqttPacket)new ConnAck(code, code == 0 && version != MqttVersion.V31)),
        Publish.Select(publish => (MqttPacket)publish),
        Id.Select(id => (MqttPacket)new PubAck(id)),
        Id.Select(id => (MqttPacket)new PubRec(id)),
        Id.Select(id => (MqttPacket)new PubRel(id) { Dup = version == MqttVersion.V31 }),
        Id.Select(id => (MqttPacket)new PubComp(id)),
        Gen.Select(Id, Gen.Select(Filter, QoS, (filter, qos) => new Subscription(filter, qos)).Array[1, 6],
            (id, subscriptions) => (MqttPacket)new Subscribe(id, subscriptions) { Dup = version == MqttVersion.V31 }),
        Gen.Select(Id, Of(ReasonCodes.GrantedQoS0, ReasonCode.GrantedQoS2, ReasonCode.UnspecifiedError).Array[1, 6],
            (id, codes) => (MqttPacket)new SubAck(id, codes)),
        Gen.Select(Id, Filter.Array[1, 6], (id, filters) => (MqttPacket)new Unsubscribe(id, filters) { Dup = version == MqttVersion.V31 }),
        Id.Select(id => (MqttPacket)(version == MqttVersion.V5 ? new UnsubAck(id, ReasonCode.Success) : new UnsubAck(id))),
        Of<MqttPacket>(PingReq.Instance, PingResp.Instance, new Disconnect()));

    private static Gen<Connect> Common5(MqttVersion version) => Gen.Select(
        Topic, Gen.Bool, Gen.UShort, Maybe(Text), Maybe(Bytes), Maybe(Gen.Select(Topic, Bytes, QoS, Gen.Bool, (topic, payload, qos, retain) =>
            new Will(topic, payload) { QoS = qos, Retain = retain })),
        (id, clean, keepAlive, user, password, will) => new Connect
        {
            Version = version,
            ClientId = id,
            CleanStart = clean,
            KeepAlive = keepAlive,
            UserName = user,
            Password = user is null && version != MqttVersion.V5 ? null : password,
            Will = will,
        });

    private static Gen<ReasonCode> Code(MqttPacketType type) => Of([.. Enum.GetValues<ReasonCode>().Where(code => code.IsAllowed(type))]);

    private static Gen<T?> Maybe<T>(Gen<T> some)
        where T : struct => Gen.Select(Gen.Bool, some, (has, value) => has ? value : (T?)null);

    private static Gen<string?> Maybe(Gen<string> some) => Gen.Select(Gen.Bool, some, (has, value) => has ? value : null);

    private static Gen<Will?> Maybe(Gen<Will> some) => Gen.Select(Gen.Bool, some, (has, value) => has ? value : null);

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string WithSurrogatePair(string text) => text.Length % 3 == 0 ? text + "😀" : text;
}
