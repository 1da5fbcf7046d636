using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Fuzz;

/// <summary>Valid packets of all kinds, from which the fuzzer starts: they reach every branch that random bytes would not.</summary>
internal static class Samples
{
    private static readonly UserProperty[] Users = [new("k", "v"), new("", ""), new("naïve", "日本")];

    /// <summary>The wire form of each sample, with its version.</summary>
    public static IReadOnlyList<(MqttVersion Version, byte[] Bytes)> All { get; } = Make();

    private static List<(MqttVersion Version, byte[] Bytes)> Make()
    {
        var samples = new List<(MqttVersion, byte[])>();
        foreach (var version in (MqttVersion[])[MqttVersion.V31, MqttVersion.V311, MqttVersion.V5])
        {
            foreach (var packet in Common(version))
                samples.Add((version, MqttEncoder.Encode(packet, version)));
        }

        foreach (var packet in OfV5())
            samples.Add((MqttVersion.V5, MqttEncoder.Encode(packet, MqttVersion.V5)));
        return samples;
    }

    private static IEnumerable<MqttPacket> Common(MqttVersion version)
    {
        yield return new Connect { Version = version, ClientId = "c" };
        yield return new Connect
        {
            Version = version,
            ClientId = "client",
            CleanStart = false,
            KeepAlive = 65535,
            UserName = "user",
            Password = new byte[] { 0, 255 },
            Will = new Will("will/topic", "gone") { QoS = QualityOfService.ExactlyOnce, Retain = true },
        };
        yield return new ConnAck();
        yield return new ConnAck(ReasonCode.NotAuthorized);
        yield return new Publish("a/b", "hello");
        yield return new Publish("sensors/日本/é", new byte[200]) { QoS = QualityOfService.AtLeastOnce, PacketId = 7, Retain = true };
        yield return new Publish("$SYS/x") { QoS = QualityOfService.ExactlyOnce, PacketId = 65535, Dup = true };
        yield return new PubAck(1);
        yield return new PubRec(2);
        yield return new PubRel(3) { Dup = version == MqttVersion.V31 };
        yield return new PubComp(4);
        yield return new Subscribe(5, "a/#", new Subscription("+/b", QualityOfService.ExactlyOnce), "$share/g/x");
        yield return new SubAck(5, ReasonCodes.GrantedQoS0, ReasonCode.GrantedQoS2, ReasonCode.UnspecifiedError);
        yield return new Unsubscribe(6, "a/#", "+/b", "c");
        yield return version == MqttVersion.V5 ? new UnsubAck(6, ReasonCode.Success, ReasonCode.NoSubscriptionExisted) : new UnsubAck(6);
        yield return PingReq.Instance;
        yield return PingResp.Instance;
        yield return new Disconnect();
    }

    private static IEnumerable<MqttPacket> OfV5()
    {
        var ack = new AckProperties { ReasonString = "because", UserProperties = Users };
        yield return new Connect
        {
            ClientId = "c",
            UserName = "",
            Password = "p",
            Properties = new ConnectProperties
            {
                SessionExpiryInterval = uint.MaxValue,
                ReceiveMaximum = 10,
                MaximumPacketSize = 1000,
                TopicAliasMaximum = 5,
                RequestResponseInformation = true,
                RequestProblemInformation = false,
                AuthenticationMethod = "SCRAM",
                AuthenticationData = new byte[] { 1, 2 },
                UserProperties = Users,
            },
            Will = new Will("w", "x")
            {
                Properties = new WillProperties
                {
                    WillDelayInterval = 1,
                    PayloadFormatIndicator = true,
                    MessageExpiryInterval = 2,
                    ContentType = "text/plain",
                    ResponseTopic = "r",
                    CorrelationData = "c",
                    UserProperties = Users,
                },
            },
        };
        yield return new ConnAck
        {
            SessionPresent = true,
            Properties = new ConnAckProperties
            {
                SessionExpiryInterval = 1,
                ReceiveMaximum = 2,
                MaximumQoS = QualityOfService.AtLeastOnce,
                RetainAvailable = false,
                MaximumPacketSize = 3,
                AssignedClientIdentifier = "id",
                TopicAliasMaximum = 4,
                ReasonString = "r",
                UserProperties = Users,
                WildcardSubscriptionAvailable = true,
                SubscriptionIdentifierAvailable = false,
                SharedSubscriptionAvailable = true,
                ServerKeepAlive = 5,
                ResponseInformation = "ri",
                ServerReference = "sr",
                AuthenticationMethod = "m",
                AuthenticationData = "d",
            },
        };
        yield return new Publish("t", "payload")
        {
            QoS = QualityOfService.AtLeastOnce,
            PacketId = 9,
            Properties = new PublishProperties
            {
                PayloadFormatIndicator = true,
                MessageExpiryInterval = 0,
                TopicAlias = 3,
                ResponseTopic = "r/é",
                CorrelationData = "cd",
                UserProperties = Users,
                SubscriptionIdentifiers = new uint[] { 1, 128, 268_435_455 },
                ContentType = "j",
            },
        };
        yield return new Publish { Properties = new PublishProperties { TopicAlias = 65535 } };
        yield return new PubAck(1, ReasonCode.NoMatchingSubscribers) { Properties = ack };
        yield return new PubRec(1, ReasonCode.QuotaExceeded);
        yield return new PubRel(1, ReasonCode.PacketIdentifierNotFound) { Properties = ack };
        yield return new PubComp(1, ReasonCode.PacketIdentifierNotFound);
        yield return new Subscribe
        {
            PacketId = 1,
            Subscriptions = new Subscription[]
            {
                new("a", QualityOfService.AtLeastOnce) { NoLocal = true, RetainAsPublished = true, RetainHandling = RetainHandling.DoNotSend },
                new("$share/g/#"),
            },
            Properties = new SubscribeProperties { SubscriptionIdentifier = 16_384, UserProperties = Users },
        };
        yield return new SubAck { PacketId = 1, ReasonCodes = new[] { ReasonCode.NotAuthorized }, Properties = ack };
        yield return new Unsubscribe { PacketId = 1, Filters = ["a"], Properties = new UnsubscribeProperties { UserProperties = Users } };
        yield return new UnsubAck { PacketId = 1, ReasonCodes = new[] { ReasonCode.Success }, Properties = ack };
        yield return new Disconnect(ReasonCode.DisconnectWithWillMessage) { Properties = new DisconnectProperties { SessionExpiryInterval = 1 } };
        yield return new Disconnect(ReasonCode.ServerMoved) { Properties = new DisconnectProperties { ServerReference = "x", ReasonString = "y" } };
        yield return new Auth(ReasonCode.ContinueAuthentication)
        {
            Properties = new AuthProperties { AuthenticationMethod = "m", AuthenticationData = "d", UserProperties = Users },
        };
    }
}
