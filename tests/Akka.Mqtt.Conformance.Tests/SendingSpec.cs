using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>
/// What our side does not send, as client: a packet that breaks a statement is refused before a byte of it is written, by the encoder for what is
/// wrong in itself, by the rules of the connection for what is wrong in its order; and what it does send has the form that the statement asks for.
/// </summary>
public sealed class SendingSpec
{
    private const MqttVersion V311 = MqttVersion.V311;
    private const MqttVersion V5 = MqttVersion.V5;
    private const string IllFormed = "a\ud800";
    private const string Nul = "a\0";

    private static readonly Connect Hello = new() { ClientId = "c" };
    private static readonly Connect WithMethod = Hello with { Properties = new ConnectProperties { AuthenticationMethod = "m" } };

    /// <summary>Packets that break statements by themselves, with the statements. Each is refused for a client.</summary>
    private static readonly (MqttVersion Version, string Ids, MqttPacket Packet)[] Bad =
    [
        (V311, "MQTT-1.5.3-1 MQTT-3.3.2-1", new Publish(IllFormed)),
        (V311, "MQTT-1.5.3-2 MQTT-4.7.3-2", new Publish(Nul)),
        (V311, "MQTT-4.7.3-2", new Subscribe(1, Nul)),
        (V311, "MQTT-2.3.1-1", new Publish("t") { QoS = QualityOfService.AtLeastOnce }),
        (V311, "MQTT-2.3.1-1", new Publish("t") { QoS = QualityOfService.ExactlyOnce }),
        (V311, "MQTT-2.3.1-1", new Subscribe(0, "t")),
        (V311, "MQTT-2.3.1-1", new Unsubscribe(0, "t")),
        (V311, "MQTT-2.3.1-5", new Publish("t") { PacketId = 1 }),
        (V311, "MQTT-3.1.2-14", Hello with { Will = new Will("w") { QoS = (QualityOfService)3 } }),
        (V311, "MQTT-3.1.2-22", Hello with { Password = "p" }),
        (V311, "MQTT-3.1.3-4", Hello with { ClientId = IllFormed }),
        (V311, "MQTT-3.1.3-7", Hello with { ClientId = "", CleanStart = false }),
        (V311, "MQTT-3.1.3-10", Hello with { Will = new Will(IllFormed) }),
        (V311, "MQTT-3.1.3-11", Hello with { UserName = IllFormed }),
        (V311, "MQTT-3.3.1-2", new Publish("t") { Dup = true }),
        (V311, "MQTT-3.3.1-4", new Publish("t") { QoS = (QualityOfService)3, PacketId = 1 }),
        (V311, "MQTT-3.3.2-2 MQTT-4.7.1-1", new Publish("a/#")),
        (V311, "MQTT-3.3.2-2 MQTT-4.7.1-1", new Publish("a/+")),
        (V311, "MQTT-3.8.3-1", new Subscribe(1, IllFormed)),
        (V311, "MQTT-3.8.3-3", new Subscribe(1)),
        (V311, "MQTT-3.8.3-4", new Subscribe(1, new Subscription("t", (QualityOfService)3))),
        (V311, "MQTT-3.10.3-1", new Unsubscribe(1, IllFormed)),
        (V311, "MQTT-3.10.3-2", new Unsubscribe(1)),
        (V311, "MQTT-4.7.1-2", new Subscribe(1, "a/#/b")),
        (V311, "MQTT-4.7.1-2", new Subscribe(1, "a#")),
        (V311, "MQTT-4.7.1-3", new Subscribe(1, "a+")),
        (V311, "MQTT-4.7.3-1", new Publish("")),
        (V311, "MQTT-4.7.3-1", new Subscribe(1, "")),
        (V5, "MQTT-1.5.4-1 MQTT-3.3.2-1", new Publish(IllFormed)),
        (V5, "MQTT-1.5.4-2 MQTT-4.7.3-2", new Publish(Nul)),
        (V5, "MQTT-4.7.3-2", new Subscribe(1, Nul)),
        (V5, "MQTT-1.5.7-1", new Publish("t") { Properties = new PublishProperties { UserProperties = [new(IllFormed, "v")] } }),
        (V5, "MQTT-1.5.7-1", new Publish("t") { Properties = new PublishProperties { UserProperties = [new("k", IllFormed)] } }),
        (V5, "MQTT-2.2.1-2", new Publish("t") { PacketId = 1 }),
        (V5, "MQTT-3.1.2-12", Hello with { Will = new Will("w") { QoS = (QualityOfService)3 } }),
        (V5, "MQTT-3.1.3-4", Hello with { ClientId = IllFormed }),
        (V5, "MQTT-3.1.3-11", Hello with { Will = new Will(IllFormed) }),
        (V5, "MQTT-3.1.3-12", Hello with { UserName = IllFormed }),
        (V5, "MQTT-3.3.1-2", new Publish("t") { Dup = true }),
        (V5, "MQTT-3.3.1-4", new Publish("t") { QoS = (QualityOfService)3, PacketId = 1 }),
        (V5, "MQTT-3.3.2-2 MQTT-4.7.0-1", new Publish("a/#")),
        (V5, "MQTT-3.3.2-8", new Publish("t") { Properties = new PublishProperties { TopicAlias = 0 } }),
        (V5, "MQTT-3.3.2-13", new Publish("t") { Properties = new PublishProperties { ResponseTopic = IllFormed } }),
        (V5, "MQTT-3.3.2-14", new Publish("t") { Properties = new PublishProperties { ResponseTopic = "a/+" } }),
        (V5, "MQTT-3.3.2-19", new Publish("t") { Properties = new PublishProperties { ContentType = IllFormed } }),
        (V5, "MQTT-3.3.4-6", new Publish("t") { Properties = new PublishProperties { SubscriptionIdentifiers = [1u] } }),
        (V5, "U-3.3.2.1-1", new Publish("")),
        (V5, "U-3.3.2.3.8-1", new Publish("t") { Properties = new PublishProperties { SubscriptionIdentifiers = [0u] } }),
        (V5, "MQTT-3.4.2-1", new PubAck(1, ReasonCode.GrantedQoS1)),
        (V5, "MQTT-3.5.2-1", new PubRec(1, ReasonCode.GrantedQoS1)),
        (V5, "MQTT-3.6.2-1", new PubRel(1, ReasonCode.GrantedQoS1)),
        (V5, "MQTT-3.7.2-1", new PubComp(1, ReasonCode.GrantedQoS1)),
        (V5, "MQTT-3.8.3-1", new Subscribe(1, IllFormed)),
        (V5, "MQTT-3.8.3-2 U-3.8.3-1", new Subscribe(1)),
        (V5, "MQTT-3.8.3-4", new Subscribe(1, new Subscription("$share/g/t") { NoLocal = true })),
        (V5, "U-3.8.3.1-1", new Subscribe(1, new Subscription("t", (QualityOfService)3))),
        (V5, "U-3.8.3.1-1", new Subscribe(1, new Subscription("t") { RetainHandling = (RetainHandling)3 })),
        (V5, "U-3.8.2.1.2-1", new Subscribe(1, "t") { Properties = new SubscribeProperties { SubscriptionIdentifier = 0 } }),
        (V5, "U-3.8.2.1.2-1", new Subscribe(1, "t") { Properties = new SubscribeProperties { SubscriptionIdentifier = 268_435_456 } }),
        (V5, "MQTT-3.10.3-1", new Unsubscribe(1, IllFormed)),
        (V5, "MQTT-3.10.3-2 U-3.10.3-1", new Unsubscribe(1)),
        (V5, "MQTT-3.14.2-1", new Disconnect(ReasonCode.ServerShuttingDown)),
        (V5, "MQTT-3.15.2-1", new Auth { Properties = new AuthProperties { AuthenticationMethod = "m" } }),
        (V5, "U-3.15.2.2.2-1", new Auth(ReasonCode.ReAuthenticate)),
        (V5, "U-3.1.2.11.10-1", Hello with { Properties = new ConnectProperties { AuthenticationData = "d" } }),
        (V5, "MQTT-4.7.1-1", new Subscribe(1, "a/#/b")),
        (V5, "MQTT-4.7.1-2", new Subscribe(1, "a+")),
        (V5, "MQTT-4.7.3-1", new Subscribe(1, "")),
        (V5, "MQTT-4.8.2-1", new Subscribe(1, "$share//a")),
        (V5, "MQTT-4.8.2-2", new Subscribe(1, "$share/g+/a")),
    ];

    /// <summary>Packets that break statements by their place: what went before, from us or to us, and the packet that must not follow.</summary>
    private static readonly (MqttVersion Version, string Ids, MqttPacket[] Before, MqttPacket Packet)[] OutOfPlace =
    [
        (V311, "MQTT-3.1.0-1", [], new PingReq()),
        (V311, "MQTT-3.1.0-1", [], new Disconnect()),
        (V311, "MQTT-3.14.4-2", [Hello, new ConnAck(), new Disconnect()], new PingReq()),
        (V5, "MQTT-3.1.0-1", [], new PingReq()),
        (V5, "MQTT-3.1.2-30", [WithMethod], new Publish("t")),
        (V5, "MQTT-3.14.4-1", [Hello, new ConnAck(), new Disconnect()], new PingReq()),
        (V5, "MQTT-4.12.0-7", [Hello, new ConnAck()], new Auth(ReasonCode.ReAuthenticate) { Properties = new AuthProperties { AuthenticationMethod = "m" } }),
        (V5, "MQTT-4.12.0-5", [WithMethod], new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "other" } }),
        (V5, "U-3.14.2.2.2-1", [Hello, new ConnAck()], new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 5 } }),
    ];

    /// <summary>What is sent, byte by byte, and the statements about its form.</summary>
    private static readonly (MqttVersion Version, string Ids, MqttPacket Packet, string Hex)[] Form =
    [
        (V311, "MQTT-2.2.2-1", new PingReq(), "c000"),
        (V311, "MQTT-2.2.2-1", new Disconnect(), "e000"),
        (V311, "MQTT-3.6.1-1 MQTT-2.2.2-1", new PubRel(1), "62020001"),
        (V311, "MQTT-3.8.1-1", new Subscribe(1, "t"), "8206000100017400"),
        (V311, "MQTT-3.10.1-1", new Unsubscribe(1, "t"), "a2050001000174"),
        (V311, "MQTT-3.1.2-11 MQTT-3.1.2-13 MQTT-3.1.2-15 MQTT-3.1.2-18 MQTT-3.1.2-20 MQTT-3.1.3-3", Hello, "100d00044d5154540402003c000163"),
        (V311, "MQTT-3.1.2-19", Hello with { UserName = "u" }, "101000044d5154540482003c000163000175"),
        (
            V311, "MQTT-3.1.2-9 MQTT-3.1.2-21 MQTT-3.1.3-1",
            Hello with { Will = new Will("w", "m") { QoS = QualityOfService.AtLeastOnce, Retain = true }, UserName = "u", Password = "p" },
            "101900044d51545404ee003c00016300017700016d000175000170"),
        (V311, "MQTT-3.3.2-1", new Publish("t", "x"), "300400017478"),
        (V5, "MQTT-2.1.3-1", new PingReq(), "c000"),
        (V5, "MQTT-2.1.3-1 MQTT-3.14.1-1", new Disconnect(), "e000"),
        (V5, "MQTT-3.6.1-1", new PubRel(1), "62020001"),
        (V5, "MQTT-3.8.1-1 MQTT-2.2.2-1", new Subscribe(1, "t"), "820700010000017400"),
        (V5, "MQTT-3.10.1-1 MQTT-2.2.2-1", new Unsubscribe(1, "t"), "a206000100000174"),
        (V5, "MQTT-3.15.1-1", new Auth(ReasonCode.ReAuthenticate) { Properties = new AuthProperties { AuthenticationMethod = "m" } }, "f00619041500016d"),
        (V5, "MQTT-3.1.2-1 MQTT-3.1.2-11 MQTT-3.1.2-13 MQTT-3.1.2-16 MQTT-3.1.2-18 MQTT-3.1.3-3", Hello, "100e00044d5154540502003c00000163"),
        (V5, "MQTT-3.1.2-17", Hello with { UserName = "u" }, "101100044d5154540582003c00000163000175"),
        (V5, "MQTT-3.1.2-19", Hello with { Password = "p" }, "101100044d5154540542003c00000163000170"),
        (
            V5, "MQTT-3.1.2-9 MQTT-3.1.3-1 MQTT-3.1.3-12",
            Hello with { Will = new Will("w", "m") { QoS = QualityOfService.AtLeastOnce, Retain = true }, UserName = "u", Password = "p" },
            "101b00044d51545405ee003c000001630000017700016d000175000170"),
        (V5, "MQTT-3.3.2-1 MQTT-1.5.5-1", new Publish("t", "x"), "30050001740078"),
    ];

    public static TheoryData<int, string> BadCases => Named(Bad.Select(row => (row.Version, row.Ids)));

    public static TheoryData<int, string> OutOfPlaceCases => Named(OutOfPlace.Select(row => (row.Version, row.Ids)));

    public static TheoryData<int, string> FormCases => Named(Form.Select(row => (row.Version, row.Ids)));

    [Theory]
    [MemberData(nameof(BadCases))]
    public void A_client_does_not_send_a_packet_that_breaks(int row, string statements)
    {
        var (version, _, packet) = Bad[row];
        if (packet is Connect connect)
            packet = connect with { Version = version };
        Assert.False(MqttEncoder.TryMeasure(packet, version, MqttRole.Client, out _, out var error), statements);
        Assert.True(error.ReasonCode.IsFailure() && error.Message.Length > 0);
    }

    [Theory]
    [MemberData(nameof(OutOfPlaceCases))]
    public void A_client_does_not_send_a_packet_whose_place_breaks(int row, string statements)
    {
        var (version, _, before, packet) = OutOfPlace[row];
        var rules = new ConnectionRules(MqttRole.Client);
        foreach (var each in before)
        {
            if (each is Connect connect)
                Assert.True(rules.TrySend(connect with { Version = version }, out _));
            else
                Assert.True(each is ConnAck ? rules.TryReceive(each, out _) : rules.TrySend(each, out _));
        }

        Assert.False(rules.TrySend(packet, out var error), statements);
        Assert.Equal(ReasonCode.ProtocolError, error.ReasonCode);
    }

    [Theory]
    [MemberData(nameof(FormCases))]
    public void What_is_sent_has_the_form_of(int row, string statements)
    {
        var (version, _, packet, hex) = Form[row];
        if (packet is Connect connect)
            packet = connect with { Version = version };
        Assert.True(Convert.ToHexStringLower(MqttEncoder.Encode(packet, version)) == hex, $"{statements}: {Convert.ToHexStringLower(MqttEncoder.Encode(packet, version))}");
    }

    /// <summary>What the map of statements reads: the statements of each row, and the test that runs it.</summary>
    internal static IEnumerable<(string Version, string Id, string Test)> Statements() =>
        Each(Bad.Select(row => (row.Version, row.Ids)), nameof(A_client_does_not_send_a_packet_that_breaks))
            .Concat(Each(OutOfPlace.Select(row => (row.Version, row.Ids)), nameof(A_client_does_not_send_a_packet_whose_place_breaks)))
            .Concat(Each(Form.Select(row => (row.Version, row.Ids)), nameof(What_is_sent_has_the_form_of)));

    private static IEnumerable<(string Version, string Id, string Test)> Each(IEnumerable<(MqttVersion Version, string Ids)> rows, string test) =>
        rows.SelectMany(row => row.Ids.Split(' ').Select(id => (row.Version == V5 ? "5.0" : "3.1.1", id, $"{nameof(SendingSpec)}.{test}")));

    private static TheoryData<int, string> Named(IEnumerable<(MqttVersion Version, string Ids)> rows)
    {
        var data = new TheoryData<int, string>();
        var at = 0;
        foreach (var (version, ids) in rows)
            data.Add(at++, $"{version} {ids}");
        return data;
    }
}
