using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

public static partial class Any
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzäöüß0123456789-_ ";

    /// <summary>Creates random packets of all types that a version has, except CONNECT, so that they can follow one.</summary>
    /// <param name="seed">The same seed gives the same packets.</param>
    /// <param name="count">How many.</param>
    /// <param name="version">The protocol version. Default: 5.0.</param>
    /// <returns>The packets.</returns>
    public static IReadOnlyList<MqttPacket> Packets(int seed, int count, MqttVersion version = MqttVersion.V5)
    {
        var random = new Random(seed);
        var packets = new MqttPacket[count];
        for (var i = 0; i < count; i++)
            packets[i] = Packet(random, version, (MqttPacketType)random.Next(2, version == MqttVersion.V5 ? 16 : 15));
        return packets;
    }

    /// <summary>Creates one random packet of a type: optional fields and properties are present or absent, all values are valid.</summary>
    /// <param name="random">The source of randomness.</param>
    /// <param name="version">The protocol version.</param>
    /// <param name="type">The type; AUTH only in 5.0.</param>
    /// <returns>The packet.</returns>
    public static MqttPacket Packet(Random random, MqttVersion version, MqttPacketType type)
    {
        ArgumentNullException.ThrowIfNull(random);
        var v5 = version == MqttVersion.V5;
        return type switch
        {
            MqttPacketType.Connect => RandomConnect(random, version),
            MqttPacketType.ConnAck => RandomConnAck(random, version),
            MqttPacketType.Publish => RandomPublish(random, v5),
            MqttPacketType.PubAck => new PubAck(Id(random), Result(random, v5, ReasonCode.NoMatchingSubscribers))
            {
                Properties = Ack(random, v5),
            },
            MqttPacketType.PubRec => new PubRec(Id(random), Result(random, v5, ReasonCode.QuotaExceeded))
            {
                Properties = Ack(random, v5),
            },
            MqttPacketType.PubRel => new PubRel(Id(random), Result(random, v5, ReasonCode.PacketIdentifierNotFound))
            {
                Properties = Ack(random, v5),
            },
            MqttPacketType.PubComp => new PubComp(Id(random), Result(random, v5, ReasonCode.PacketIdentifierNotFound))
            {
                Properties = Ack(random, v5),
            },
            MqttPacketType.Subscribe => RandomSubscribe(random, v5),
            MqttPacketType.SubAck => RandomSubAck(random, version),
            MqttPacketType.Unsubscribe => new Unsubscribe
            {
                PacketId = Id(random),
                Filters = List(random, () => Filter(random)),
                Properties = Maybe(random, v5)
                    ? new UnsubscribeProperties { UserProperties = UserProperties(random, atLeastOne: true) }
                    : null,
            },
            MqttPacketType.UnsubAck => new UnsubAck
            {
                PacketId = Id(random),
                ReasonCodes = v5 ? List(random, () => Flip(random) ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted) : default,
                Properties = Ack(random, v5),
            },
            MqttPacketType.PingReq => Protocol.PingReq.Instance,
            MqttPacketType.PingResp => Protocol.PingResp.Instance,
            MqttPacketType.Disconnect => new Disconnect(Result(random, v5, ReasonCode.UnspecifiedError))
            {
                Properties = Maybe(random, v5) ? new DisconnectProperties { ReasonString = Text(random) } : null,
            },
            MqttPacketType.Auth when v5 => new Auth(ReasonCode.ContinueAuthentication)
            {
                Properties = new AuthProperties
                {
                    AuthenticationMethod = "m" + Text(random),
                    AuthenticationData = Maybe(random) ? Bytes(random, 40) : (MqttBinary?)null,
                },
            },
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, $"Not a packet of MQTT {Wire.Name(version)}."),
        };
    }

    private static Connect RandomConnect(Random random, MqttVersion version)
    {
        var v5 = version == MqttVersion.V5;
        var userName = Maybe(random) ? Text(random) : null;
        return new Connect
        {
            Version = version,
            // 3.1 allows 1 to 23 characters.
            ClientId = $"client-{random.Next(1_000_000)}",
            CleanStart = Flip(random),
            KeepAlive = (ushort)random.Next(ushort.MaxValue + 1),
            UserName = userName,
            Password = userName is not null && Flip(random) ? Bytes(random, 20) : (MqttBinary?)null,
            Will = Maybe(random) ? RandomWill(random, v5) : null,
            Properties = Maybe(random, v5)
                ? new ConnectProperties
                {
                    SessionExpiryInterval = Maybe(random) ? (uint)random.NextInt64(uint.MaxValue) : null,
                    ReceiveMaximum = Maybe(random) ? Id(random) : null,
                    MaximumPacketSize = (uint)random.Next(1000, int.MaxValue),
                    UserProperties = UserProperties(random),
                }
                : null,
            IsBridge = !v5 && Maybe(random),
        };
    }

    private static Will RandomWill(Random random, bool v5) => new(Topic(random), Bytes(random, 60))
    {
        QoS = QoS(random),
        Retain = Flip(random),
        Properties = Maybe(random, v5)
            ? new WillProperties { WillDelayInterval = (uint)random.Next(), UserProperties = UserProperties(random) }
            : null,
    };

    private static ConnAck RandomConnAck(Random random, MqttVersion version)
    {
        var accepted = Flip(random);
        return new ConnAck
        {
            ReasonCode = accepted ? ReasonCode.Success : ReasonCode.NotAuthorized,
            SessionPresent = accepted && version != MqttVersion.V31 && Flip(random),
            Properties = Maybe(random, version == MqttVersion.V5)
                ? new ConnAckProperties
                {
                    TopicAliasMaximum = Id(random),
                    AssignedClientIdentifier = Maybe(random) ? "x" + Text(random) : null,
                    UserProperties = UserProperties(random),
                }
                : null,
        };
    }

    private static Publish RandomPublish(Random random, bool v5)
    {
        var qos = QoS(random);
        return new Publish
        {
            Topic = Topic(random),
            Payload = Bytes(random, random.Next(20) == 0 ? 5000 : 100),
            QoS = qos,
            PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : Id(random),
            Retain = Flip(random),
            Dup = qos != QualityOfService.AtMostOnce && Flip(random),
            Properties = Maybe(random, v5)
                ? new PublishProperties
                {
                    MessageExpiryInterval = (uint)random.Next(),
                    ResponseTopic = Maybe(random) ? Topic(random) : null,
                    CorrelationData = Maybe(random) ? Bytes(random, 16) : (MqttBinary?)null,
                    ContentType = Maybe(random) ? Text(random) : null,
                    UserProperties = UserProperties(random),
                }
                : null,
        };
    }

    private static Subscribe RandomSubscribe(Random random, bool v5) => new()
    {
        PacketId = Id(random),
        Subscriptions = List(random, () => new Subscription(Filter(random), QoS(random))
        {
            NoLocal = Maybe(random, v5),
            RetainAsPublished = Maybe(random, v5),
            RetainHandling = v5 ? (RetainHandling)random.Next(3) : RetainHandling.SendAtSubscribe,
        }),
        Properties = Maybe(random, v5)
            ? new SubscribeProperties
            {
                SubscriptionIdentifier = (uint)random.Next(1, 268_435_456),
                UserProperties = UserProperties(random),
            }
            : null,
    };

    private static SubAck RandomSubAck(Random random, MqttVersion version) => new()
    {
        PacketId = Id(random),
        // 3.1 has no failure code.
        ReasonCodes = List(random, () =>
            version != MqttVersion.V31 && random.Next(4) == 0 ? ReasonCode.UnspecifiedError : (ReasonCode)random.Next(3)),
        Properties = Ack(random, version == MqttVersion.V5),
    };

    private static AckProperties? Ack(Random random, bool v5) =>
        Maybe(random, v5) ? new AckProperties { ReasonString = Text(random), UserProperties = UserProperties(random) } : null;

    private static ReasonCode Result(Random random, bool v5, ReasonCode other) => Maybe(random, v5) ? other : ReasonCode.Success;

    private static MqttList<UserProperty> UserProperties(Random random, bool atLeastOne = false) =>
        atLeastOne || Maybe(random) ? List(random, () => new UserProperty(Text(random), Text(random))) : default;

    private static MqttList<T> List<T>(Random random, Func<T> next)
    {
        var items = new T[random.Next(1, 5)];
        for (var i = 0; i < items.Length; i++)
            items[i] = next();
        return MqttList.Create<T>(items);
    }

    private static string Topic(Random random)
    {
        var levels = new string[random.Next(1, 5)];
        for (var i = 0; i < levels.Length; i++)
            levels[i] = "t" + Text(random);
        return string.Join('/', levels);
    }

    private static string Filter(Random random) => random.Next(4) switch
    {
        0 => "#",
        1 => $"+/{Topic(random)}",
        2 => $"{Topic(random)}/#",
        _ => Topic(random),
    };

    private static string Text(Random random) => new(random.GetItems<char>(Letters, random.Next(12)));

    private static MqttBinary Bytes(Random random, int max)
    {
        var bytes = new byte[random.Next(max + 1)];
        random.NextBytes(bytes);
        return MqttBinary.Wrap(bytes);
    }

    private static ushort Id(Random random) => (ushort)random.Next(1, ushort.MaxValue + 1);

    private static QualityOfService QoS(Random random) => (QualityOfService)random.Next(3);

    private static bool Flip(Random random) => random.Next(2) == 0;

    private static bool Maybe(Random random, bool possible = true) => possible && random.Next(2) == 0;
}
