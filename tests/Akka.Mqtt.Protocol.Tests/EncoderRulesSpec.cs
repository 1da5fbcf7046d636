using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What the encoder refuses, and why; nothing is dropped in silence.</summary>
public sealed class EncoderRulesSpec
{
    private const MqttVersion V31 = MqttVersion.V31;
    private const MqttVersion V311 = MqttVersion.V311;
    private const MqttVersion V5 = MqttVersion.V5;

    // 5.0 [MQTT-2.2.1-2], [MQTT-2.2.1-3]; 3.1.1 [MQTT-2.3.1-1], [MQTT-2.3.1-5]
    [Fact]
    public void Packet_identifier_must_be_there_where_it_is_needed()
    {
        Refuses(new Publish("t") { QoS = QualityOfService.AtLeastOnce }, V311, PacketProblem.PacketIdZero);
        Refuses(new Publish("t") { PacketId = 1 }, V311, PacketProblem.PacketIdOnQoS0);
        Refuses(new PubAck(0), V5, PacketProblem.PacketIdZero);
        Refuses(new Subscribe(0, "a"), V5, PacketProblem.PacketIdZero);
        Refuses(new Unsubscribe(0, "a"), V5, PacketProblem.PacketIdZero);
    }

    // [MQTT-3.3.1-2], [MQTT-3.3.1-4], [MQTT-3.3.2-2], [MQTT-4.7.3-1]
    [Fact]
    public void Publish_must_be_well_formed()
    {
        Refuses(new Publish("t") { QoS = (QualityOfService)3, PacketId = 1 }, V5, PacketProblem.QoS3);
        Refuses(new Publish("t") { QoS = (QualityOfService)4, PacketId = 1 }, V5, PacketProblem.QoS3);
        Refuses(new Publish("t") { Dup = true }, V5, PacketProblem.DupOnQoS0);
        Refuses(new Publish("a/+"), V311, PacketProblem.TopicWildcard);
        Refuses(new Publish(""), V311, PacketProblem.TopicEmpty);
        Refuses(new Publish(""), V5, PacketProblem.TopicEmpty);
        Refuses(new Publish { Topic = null! }, V5, PacketProblem.TextMissing);
        Accepts(new Publish { Properties = new PublishProperties { TopicAlias = 1 } }, V5);
        Refuses(new Publish("t") { Properties = new PublishProperties { TopicAlias = 0 } }, V5, PacketProblem.TopicAliasZero);
        Refuses(new Publish("t") { Properties = new PublishProperties { ResponseTopic = "#" } }, V5, PacketProblem.ResponseTopic);
    }

    // 5.0 [MQTT-1.5.4-1], [MQTT-1.5.4-2]; 3.1.1 [MQTT-1.5.3-1], [MQTT-1.5.3-2]
    [Fact]
    public void Text_must_be_encodable()
    {
        foreach (var text in (string[])["a\0", "\uD83D", "\uDE00\uD83D", "ok\uD83D\uDE00\uD83Dx"]) // attributes cannot hold half a pair
        {
            Refuses(new Publish(text), V311, PacketProblem.IllFormedText);
            Refuses(new Connect { ClientId = text }, V5, PacketProblem.IllFormedText);
        }

        Accepts(new Publish("\uD83D\uDE00"), V311);
    }

    [Fact]
    public void Text_and_binary_must_fit_two_bytes_of_length()
    {
        Accepts(new Connect { ClientId = new string('a', 65_535) }, V5);
        Refuses(new Connect { ClientId = new string('a', 65_536) }, V5, PacketProblem.TextTooLong);
        Refuses(new Connect { ClientId = new string('é', 32_768) }, V5, PacketProblem.TextTooLong);
        Refuses(new Connect { ClientId = "c", Password = new byte[65_536] }, V5, PacketProblem.BinaryTooLong);
    }

    [Fact]
    public void Packet_must_fit_the_remaining_length()
    {
        var bytes = new byte[268_435_455 - 2]; // never read or written, so that the system gives no memory for it
        Accepts(new Publish("t", MqttBinary.Wrap(bytes.AsMemory(1))), V311);
        Refuses(new Publish("t", MqttBinary.Wrap(bytes)), V311, PacketProblem.PacketTooLarge);
    }

    [Fact]
    public void Version_5_fields_must_be_refused_before_version_5()
    {
        Refuses(new Publish("t") { Properties = new PublishProperties() }, V311, PacketProblem.PropertiesBeforeV5);
        Refuses(new Connect { Version = V311, Properties = new ConnectProperties() }, V311, PacketProblem.PropertiesBeforeV5);
        Refuses(new Connect { Version = V311, Will = new Will("w") { Properties = new WillProperties() } }, V311, PacketProblem.PropertiesBeforeV5);
        Refuses(new Subscribe(1, new Subscription("a") { NoLocal = true }), V311, PacketProblem.OptionsBeforeV5);
        Refuses(new Disconnect(ReasonCode.DisconnectWithWillMessage), V311, PacketProblem.ReasonBeforeV5);
        Refuses(new UnsubAck(1, ReasonCode.Success), V311, PacketProblem.ReasonBeforeV5);
        Refuses(new PubAck(1, ReasonCode.NotAuthorized), V311, PacketProblem.AckFailure);
        Accepts(new PubAck(1, ReasonCode.NoMatchingSubscribers), V311);
        Refuses(new SubAck(1, ReasonCode.NotAuthorized), V311, PacketProblem.ReasonCode);
        Refuses(new Auth { Properties = new AuthProperties { AuthenticationMethod = "m" } }, V311, PacketProblem.NotInVersion);
        Refuses(new ConnAck(ReasonCode.Banned), V311, PacketProblem.ReturnCode);
    }

    [Fact]
    public void Dup_must_be_refused_where_only_version_3_1_has_it()
    {
        Accepts(new PubRel(1) { Dup = true }, V31);
        Refuses(new PubRel(1) { Dup = true }, V311, PacketProblem.DupAfterV31);
        Refuses(new Subscribe(1, "a") { Dup = true }, V5, PacketProblem.DupAfterV31);
        Refuses(new Unsubscribe(1, "a") { Dup = true }, V5, PacketProblem.DupAfterV31);
    }

    // 3.1.1 [MQTT-3.1.2-22], [MQTT-3.1.3-7]; 5.0 allows both.
    [Fact]
    public void Connect_must_hold_the_rules_of_its_version()
    {
        Refuses(new Connect { Version = V311, Password = "p" }, V311, PacketProblem.PasswordOnly);
        Accepts(new Connect { Password = "p" }, V5);
        Refuses(new Connect { Version = V311, CleanStart = false }, V311, PacketProblem.ClientId);
        Accepts(new Connect { Version = V311 }, V311);
        Accepts(new Connect { CleanStart = false }, V5);
        Refuses(new Connect { Version = V31 }, V31, PacketProblem.ClientId);
        Accepts(new Connect { Version = V31, ClientId = "c" }, V31);
        Refuses(new Connect { Version = V31, ClientId = "c" }, V5, PacketProblem.OtherVersion);
        Refuses(new Connect { Will = new Will("a/#") }, V5, PacketProblem.WillTopic);
        Refuses(new Connect { Properties = new ConnectProperties { ReceiveMaximum = 0 } }, V5, PacketProblem.PropertyZero);
        Refuses(new Connect { Properties = new ConnectProperties { AuthenticationData = "d" } }, V5, PacketProblem.AuthenticationMethod);
    }

    // 5.0 [MQTT-3.2.2-6], [MQTT-3.2.2-8]; 3.1.1 [MQTT-3.2.2-4]
    [Fact]
    public void Connack_must_hold_the_rules_of_its_version()
    {
        Accepts(new ConnAck(ReasonCode.Success, true), V311);
        Refuses(new ConnAck(ReasonCode.Success, true), V31, PacketProblem.SessionPresentV31);
        Refuses(new ConnAck(ReasonCode.NotAuthorized, true), V5, PacketProblem.SessionPresent);
        Refuses(new ConnAck(ReasonCode.GrantedQoS1), V5, PacketProblem.ReasonCode);
        Refuses(
            new ConnAck { Properties = new ConnAckProperties { MaximumQoS = QualityOfService.ExactlyOnce } }, V5, PacketProblem.PropertyBoolean);
    }

    // 5.0 [MQTT-3.8.3-2], [MQTT-3.8.3-4], [MQTT-4.7.1-1], [MQTT-4.8.2-1], [MQTT-3.10.3-2]
    [Fact]
    public void Subscribe_and_unsubscribe_must_have_valid_filters()
    {
        Refuses(new Subscribe(1), V5, PacketProblem.NoFilter);
        Refuses(new Unsubscribe(1), V311, PacketProblem.NoFilter);
        Refuses(new Subscribe(1, "a/#/b"), V311, PacketProblem.Filter);
        Refuses(new Unsubscribe(1, "a+"), V311, PacketProblem.Filter);
        Refuses(new Subscribe(1, "$share//a"), V5, PacketProblem.SharedFilter);
        Accepts(new Subscribe(1, "$share//a"), V311);
        Refuses(new Subscribe(1, new Subscription("$share/g/a") { NoLocal = true }), V5, PacketProblem.NoLocalShared);
        Refuses(new Subscribe(1, new Subscription("a") { RetainHandling = (RetainHandling)3 }), V5, PacketProblem.RetainHandling);
        Refuses(
            new Subscribe(1, "a") with { Properties = new SubscribeProperties { SubscriptionIdentifier = 268_435_456 } }, V5, PacketProblem.PropertyRange);
        Refuses(new SubAck(1), V5, PacketProblem.NoReasonCode);
    }

    // Table 2-1; 5.0 [MQTT-3.3.4-6], [MQTT-3.14.2-2], [MQTT-3.15.2-1]
    [Fact]
    public void Packets_must_come_from_the_side_that_may_send_them()
    {
        Refuses(new ConnAck(), V5, PacketProblem.WrongSender, MqttRole.Client);
        Refuses(new Connect(), V5, PacketProblem.WrongSender, MqttRole.Server);
        Refuses(PingReq.Instance, V311, PacketProblem.WrongSender, MqttRole.Server);
        Refuses(new Disconnect(), V311, PacketProblem.WrongSender, MqttRole.Server);
        Accepts(new Disconnect(), V5, MqttRole.Server);
        Refuses(new Disconnect(ReasonCode.ServerBusy), V5, PacketProblem.ReasonCode, MqttRole.Client);
        Refuses(
            new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 1 } }, V5, PacketProblem.SessionExpiryFromServer, MqttRole.Server);
        var identified = new Publish("t") { Properties = new PublishProperties { SubscriptionIdentifiers = new uint[] { 1 } } };
        Refuses(identified, V5, PacketProblem.SubscriptionIdentifierFromClient, MqttRole.Client);
        Accepts(identified, V5, MqttRole.Server);
    }

    [Fact]
    public void Encode_must_say_what_is_wrong() =>
        Assert.Contains(PacketProblem.TopicWildcard, Assert.Throws<ArgumentException>(() => MqttEncoder.Encode(new Publish("#"), V5)).Message, StringComparison.Ordinal);

    [Fact]
    public void Encoding_must_allocate_nothing()
    {
        var target = new byte[1000];
        MqttPacket[] packets =
        [
            new Publish("sensors/é/1", "payload") { Properties = new PublishProperties { ContentType = "x", UserProperties = [new("a", "b")] } },
            new Connect { ClientId = "c", UserName = "u", Password = "p", Will = new Will("w", "x") },
            new Subscribe(1, "a/#", "b"),
            new PubAck(1),
            new PubAck(1, ReasonCode.NotAuthorized),
        ];

        // The first round initialises, and once in a while the runtime itself allocates on the thread.
        var deadline = Environment.TickCount64 + 5_000;
        long allocated;
        do
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var packet in packets)
            {
                MqttEncoder.TryMeasure(packet, V5, null, out _, out _);
                MqttEncoder.Write(packet, V5, target);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        while (allocated > 0 && Environment.TickCount64 < deadline);
        Assert.Equal(0, allocated);
    }

    private static void Accepts(MqttPacket packet, MqttVersion version, MqttRole? sender = null) =>
        Assert.True(MqttEncoder.TryMeasure(packet, version, sender, out _, out var error), error.ToString());

    private static void Refuses(MqttPacket packet, MqttVersion version, string problem, MqttRole? sender = null)
    {
        Assert.False(MqttEncoder.TryMeasure(packet, version, sender, out var size, out var error));
        Assert.Equal(0, size);
        Assert.Equal(problem, error.Message);
        Assert.True(error.ReasonCode.IsFailure());
    }
}
