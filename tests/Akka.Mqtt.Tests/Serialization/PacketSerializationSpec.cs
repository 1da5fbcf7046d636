using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Tests;
using CsCheck;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Serialization;

/// <summary>Packets arrive at another node as they were told, whatever their version, valid or not.</summary>
public sealed class PacketSerializationSpec(ITestOutputHelper output) : SerializerSpec(output)
{
    private static readonly MqttList<UserProperty> Users = [new("a", "1"), new("a", "2"), new("", "")];

    /// <summary>Packets that no version can put on the wire, or that the wire would change. They have to arrive to be refused.</summary>
    public static TheoryData<MqttPacket> WithoutWireForm =>
    [
        new Publish("", "x"),
        new Publish("a/#", "x"),
        new Publish("half a pair \uD800", "x") { Properties = new PublishProperties { ContentType = "\uDC00", UserProperties = Users } },
        new Publish("a", "x") { QoS = (QualityOfService)3, PacketId = 0, Dup = true, Retain = true },
        new Publish("a", "x") { QoS = QualityOfService.AtLeastOnce },
        new Publish("a", "x") { PacketId = 9 },
        new Publish("a", "x") { Properties = new PublishProperties() },
        new Publish("a", "x")
        {
            PacketId = 1,
            Properties = new PublishProperties
            {
                PayloadFormatIndicator = false,
                MessageExpiryInterval = uint.MaxValue,
                TopicAlias = 0,
                ResponseTopic = "#",
                CorrelationData = MqttBinary.Empty,
                SubscriptionIdentifiers = [0, 1, uint.MaxValue],
                ContentType = "",
                UserProperties = Users,
            },
        },
        new Connect { Version = (MqttVersion)9, ClientId = null!, CleanStart = false, KeepAlive = 0, UserName = "u", Password = MqttBinary.Empty },
        new Connect { Version = MqttVersion.V311, Password = "alone" },
        new Connect { Properties = new ConnectProperties() },
        new Connect { Will = new Will("a", "x") { Properties = new WillProperties() } },
        new Connect
        {
            Version = MqttVersion.V31,
            Properties = new ConnectProperties
            {
                SessionExpiryInterval = 1,
                ReceiveMaximum = 0,
                MaximumPacketSize = 0,
                TopicAliasMaximum = 7,
                RequestResponseInformation = true,
                RequestProblemInformation = false,
                AuthenticationMethod = "m",
                AuthenticationData = "d",
                UserProperties = Users,
            },
            Will = new Will("#", "x")
            {
                QoS = (QualityOfService)3,
                Retain = true,
                Properties = new WillProperties
                {
                    WillDelayInterval = 1,
                    PayloadFormatIndicator = true,
                    MessageExpiryInterval = 2,
                    ContentType = "c",
                    ResponseTopic = "r",
                    CorrelationData = "d",
                    UserProperties = Users,
                },
            },
        },
        new ConnAck(ReasonCode.NotAuthorized, sessionPresent: true),
        new ConnAck((ReasonCode)0x7F)
        {
            Properties = new ConnAckProperties
            {
                SessionExpiryInterval = 1,
                ReceiveMaximum = 0,
                MaximumQoS = QualityOfService.ExactlyOnce,
                RetainAvailable = false,
                MaximumPacketSize = 0,
                AssignedClientIdentifier = "i",
                TopicAliasMaximum = 3,
                ReasonString = "r",
                WildcardSubscriptionAvailable = true,
                SubscriptionIdentifierAvailable = false,
                SharedSubscriptionAvailable = true,
                ServerKeepAlive = 4,
                ResponseInformation = "f",
                ServerReference = "s",
                AuthenticationMethod = "m",
                AuthenticationData = "d",
                UserProperties = Users,
            },
        },
        new PubAck(0, (ReasonCode)0x7F) { Properties = new AckProperties { ReasonString = "r", UserProperties = Users } },
        new PubRec(0),
        new PubRel(5) { Dup = true, Properties = new AckProperties { ReasonString = "r" } },
        new PubComp(5) { Properties = new AckProperties() },
        new Subscribe(0),
        new Subscribe { PacketId = 1, Subscriptions = new Subscription[] { null!, new("", (QualityOfService)3) { NoLocal = true, RetainAsPublished = true } } },
        new Subscribe(1, "a") { Dup = true, Properties = new SubscribeProperties { SubscriptionIdentifier = 0, UserProperties = Users } },
        new SubAck(0, (ReasonCode)0x7F),
        new Unsubscribe(0),
        new Unsubscribe(1, null!, "a") { Dup = true, Properties = new UnsubscribeProperties { UserProperties = Users } },
        new UnsubAck { PacketId = 0, Properties = new AckProperties { ReasonString = "r" } },
        new Disconnect((ReasonCode)0x7F)
        {
            Properties = new DisconnectProperties { SessionExpiryInterval = 1, ReasonString = "r", ServerReference = "s", UserProperties = Users },
        },
        new Auth
        {
            Properties = new AuthProperties { AuthenticationData = "d", ReasonString = "r", UserProperties = Users },
        },
    ];

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public void A_packet_of_any_version_arrives_as_it_was_told(MqttVersion version) => Any.Packet(version).Sample(
        packet =>
        {
            var arrived = Travel(packet);
            Assert.Equal(packet, arrived);
            Assert.Null(arrived.Header);
        },
        iter: 2000,
        threads: 1);

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public void A_received_packet_arrives_with_the_header_that_it_was_received_with(MqttVersion version) => Any.Packet(version).Sample(
        packet =>
        {
            var decoder = new MqttDecoder(null, version);
            decoder.Decode(MqttEncoder.Encode(packet, version), out _, out var received);
            var arrived = Travel(received!);
            Assert.Equal(received, arrived);
            Assert.Equal(received!.Header, arrived.Header);
        },
        iter: 2000,
        threads: 1);

    [Fact]
    public void Flags_of_a_header_that_mean_nothing_for_its_type_arrive_too()
    {
        var connect = new Connect { Version = MqttVersion.V31, ClientId = "c" };
        var bytes = MqttEncoder.Encode(connect, MqttVersion.V31);
        bytes[0] = 0x1F; // 3.1 does not use the flags of CONNECT
        new MqttDecoder().Decode(bytes, out _, out var received);
        var arrived = Travel(Assert.IsType<Connect>(received));
        Assert.Equal(new FixedHeader(0x1F, bytes.Length - 2), arrived.Header);
        Assert.Equal(connect, arrived);
    }

    [Theory]
    [MemberData(nameof(WithoutWireForm))]
    public void A_packet_that_has_no_wire_form_arrives_all_the_same(MqttPacket packet)
    {
        var arrived = Travel(packet);
        Assert.Equal(packet, arrived);
        Assert.Null(arrived.Header);
    }

    [Fact]
    public void A_text_that_is_told_as_a_payload_arrives() => Assert.Equal("hello", Travel(new Publish("t", "hello")).Payload.ToText());
}
