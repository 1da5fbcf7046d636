using System.Buffers;
using System.Text;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Rules of decoding that the vectors do not show: roles, order, versions, limits.</summary>
public sealed class DecoderRulesSpec
{
    // 5.0 and 3.1.1 [MQTT-3.1.0-1]
    [Theory]
    [InlineData("1f000161")]
    [InlineData("1100000001")]
    [InlineData("220001")]
    [InlineData("1500016d")]
    [InlineData("16000161")]
    [InlineData("210001")]
    [InlineData("2401")]
    [InlineData("2501")]
    [InlineData("2801")]
    [InlineData("2901")]
    [InlineData("2a01")]
    [InlineData("12000161")]
    [InlineData("130001")]
    [InlineData("1a000161")]
    [InlineData("1c000161")]
    [Proves("5.0", "U-3.2.2.3-1", "U-3.2.2.3.2-1", "U-3.2.2.3.3-1", "U-3.2.2.3.4-1", "U-3.2.2.3.5-1", "U-3.2.2.3.7-1")]
    [Proves("5.0", "U-3.2.2.3.11-1", "U-3.2.2.3.12-1", "U-3.2.2.3.13-1", "U-3.2.2.3.14-1", "U-3.2.2.3.15-1", "U-3.2.2.3.16-1")]
    public void A_property_that_CONNACK_has_twice_must_be_a_protocol_error(string property)
    {
        var once = Convert.FromHexString(property);
        byte[] packet = [0x20, (byte)(3 + (2 * once.Length)), 0, 0, (byte)(2 * once.Length), .. once, .. once];
        var decoder = new MqttDecoder(MqttRole.Client, MqttVersion.V5);
        Assert.Equal(System.Buffers.OperationStatus.InvalidData, decoder.Decode(packet, out _, out _));
        Assert.Equal(ReasonCode.ProtocolError, decoder.Error.ReasonCode);
    }

    [Theory]
    [InlineData("c000")]
    [InlineData("30050001617878")]
    [InlineData("e000")]
    public void Decoder_must_refuse_any_first_packet_but_CONNECT(string hex) =>
        Refuses(new MqttDecoder(MqttRole.Server), hex, ReasonCode.ProtocolError, PacketProblem.NotConnectFirst);

    [Fact]
    public void Decoder_must_learn_the_version_from_CONNECT()
    {
        var decoder = new MqttDecoder(MqttRole.Server);
        Assert.Null(decoder.Version);
        decoder.Decode(MqttEncoder.Encode(new Connect { Version = MqttVersion.V31, ClientId = "c" }, MqttVersion.V31), out _, out _);
        Assert.Equal(MqttVersion.V31, decoder.Version);
    }

    // Table 2-1: directions of flow.
    [Theory]
    [InlineData(MqttRole.Server, "20")]
    [InlineData(MqttRole.Server, "90")]
    [InlineData(MqttRole.Server, "b0")]
    [InlineData(MqttRole.Server, "d0")]
    [InlineData(MqttRole.Client, "10")]
    [InlineData(MqttRole.Client, "82")]
    [InlineData(MqttRole.Client, "a2")]
    [InlineData(MqttRole.Client, "c0")]
    [InlineData(MqttRole.Client, "e0")]
    public void Decoder_must_refuse_packets_that_its_side_does_not_receive(MqttRole receiver, string hex) => Refuses(
        new MqttDecoder(receiver, MqttVersion.V311), hex, ReasonCode.ProtocolError, PacketProblem.WrongDirection);

    [Fact]
    public void Client_must_receive_DISCONNECT_from_a_v5_server() =>
        Assert.Equal(new Disconnect(ReasonCode.ServerShuttingDown), Decodes(new MqttDecoder(MqttRole.Client, MqttVersion.V5), "e0018b"));

    // 5.0 [MQTT-3.3.4-6]
    [Fact]
    public void Server_must_refuse_a_subscription_identifier_from_a_client()
    {
        const string Hex = "3006000174020b01";
        Refuses(new MqttDecoder(MqttRole.Server, MqttVersion.V5), Hex, ReasonCode.ProtocolError, PacketProblem.SubscriptionIdentifierFromClient);
        var publish = (Publish)Decodes(new MqttDecoder(MqttRole.Client, MqttVersion.V5), Hex);
        Assert.Equal(1u, Assert.Single((IEnumerable<uint>)publish.Properties!.SubscriptionIdentifiers));
    }

    // 5.0 [MQTT-3.14.2-1], [MQTT-3.14.2-2], [MQTT-3.15.2-1]
    [Theory]
    [InlineData(MqttRole.Client, "e00104", PacketProblem.ReasonCode)]
    [InlineData(MqttRole.Server, "e0018b", PacketProblem.ReasonCode)]
    [InlineData(MqttRole.Client, "e00700051100000001", PacketProblem.SessionExpiryFromServer)]
    [InlineData(MqttRole.Client, "f00619041500016d", PacketProblem.ReasonCode)]
    [InlineData(MqttRole.Server, "f00600041500016d", PacketProblem.ReasonCode)]
    [InlineData(null, "f000", PacketProblem.AuthenticationMethod)]
    public void Decoder_must_judge_DISCONNECT_and_AUTH_by_their_sender(MqttRole? receiver, string hex, string problem) =>
        Refuses(new MqttDecoder(receiver, MqttVersion.V5), hex, ReasonCode.ProtocolError, problem);

    // 5.0 [MQTT-2.1.3-1], 3.1.1 [MQTT-2.2.2-2], [MQTT-3.3.1-4]
    [Theory]
    [InlineData("00", PacketProblem.ReservedType)]
    [InlineData("36", PacketProblem.QoS3)]
    [InlineData("60", PacketProblem.HeaderFlags)]
    [InlineData("8a", PacketProblem.HeaderFlags)]
    [InlineData("f0", PacketProblem.AuthBeforeV5)]
    public void Decoder_must_refuse_a_bad_first_byte_at_once(string hex, string problem) =>
        Refuses(new MqttDecoder(null, MqttVersion.V311), hex, ReasonCode.MalformedPacket, problem);

    [Fact]
    public void Error_must_carry_the_header_of_the_packet()
    {
        var decoder = new MqttDecoder(null, MqttVersion.V311);
        decoder.Decode(Convert.FromHexString("3803000161"), out _, out _);
        Assert.Equal(new FixedHeader(0x38, 3), decoder.Error.Header);
        Assert.True(decoder.Error.Header!.Value.Dup);
    }

    // 5.0 [MQTT-3.1.2-24]: the whole packet counts.
    [Fact]
    public void Decoder_must_refuse_a_large_packet_by_its_header()
    {
        var decoder = new MqttDecoder(null, MqttVersion.V5) { MaxPacketSize = 1000 };
        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode(Convert.FromHexString("30e507"), out _, out _)); // 997 + 3
        Refuses(decoder, "30e607", ReasonCode.PacketTooLarge, PacketProblem.PacketTooLarge);
    }

    [Fact]
    public void Frame_decoder_must_not_allocate_ahead_of_arrival()
    {
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V311));
        Assert.Equal(0, frames.BufferCapacity);
        Assert.Equal(OperationStatus.NeedMoreData, frames.Decode(Convert.FromHexString("30ffffff7f"), [])); // 256 MB announced
        Assert.InRange(frames.BufferCapacity, 5, 4096);
        var arrived = 5;
        for (var chunk = 0; chunk < 40; chunk++)
        {
            frames.Decode(new byte[1000], []);
            arrived += 1000;
            Assert.Equal(arrived, frames.BufferedBytes);
            Assert.InRange(frames.BufferCapacity, arrived, Math.Max(4096, 2 * arrived));
        }
    }

    [Fact]
    public void Frame_decoder_must_stay_failed()
    {
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V311));
        var packets = new List<MqttPacket>();
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(Convert.FromHexString("c0000000c000"), packets));
        Assert.Equal([PingReq.Instance], packets);
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(Convert.FromHexString("c000"), packets));
        Assert.Single(packets);
    }

    [Fact]
    public void Payload_must_alias_the_chunk_and_repeated_topics_one_string()
    {
        byte[] bytes = [0x30, 0x05, 0x00, 0x01, (byte)'t', 1, 2];
        var decoder = new MqttDecoder(null, MqttVersion.V311);
        decoder.Decode(bytes, out _, out var first);
        decoder.Decode(bytes, out _, out var second);
        Assert.True(((Publish)first!).Payload.Span.Overlaps(bytes));
        Assert.Same(((Publish)first).Topic, ((Publish)second!).Topic);
    }

    [Fact]
    public void Unsubscribe_must_hold_ten_thousand_filters()
    {
        var unsubscribe = new Unsubscribe(1, [.. Enumerable.Range(0, 10_000).Select(number => $"f/{number}")]);
        Assert.Equal(unsubscribe, Decodes(new MqttDecoder(null, MqttVersion.V5), Convert.ToHexString(MqttEncoder.Encode(unsubscribe, MqttVersion.V5))));
    }

    // What a fuzzer found: a stray byte behind the filters.
    [Theory]
    [InlineData("a206000100016162")]
    [InlineData("820700010001610000")]
    public void Decoder_must_refuse_a_stray_byte_behind_the_filters(string hex) => Refuses(
        new MqttDecoder(null, MqttVersion.V311), hex, ReasonCode.MalformedPacket, PacketProblem.Truncated);

    // 5.0 [MQTT-1.5.4-3], 3.1.1 [MQTT-1.5.3-3]; U-1.5.4-2: control characters are accepted.
    [Theory]
    [InlineData("\uFEFFtopic")]
    [InlineData("a\u0001\u007F\u009Fb")]
    [InlineData("\uFFFF\U0010FFFF")]
    public void Decoder_must_keep_unusual_characters(string topic)
    {
        var decoder = new MqttDecoder(null, MqttVersion.V5);
        Assert.Equal(OperationStatus.Done, decoder.Decode(MqttEncoder.Encode(new Publish(topic), MqttVersion.V5), out _, out var packet));
        Assert.Equal(topic, ((Publish)packet!).Topic, StringComparer.Ordinal);
    }

    // Every cut and every ill-formed sequence of RFC 3629 at its edges.
    [Theory]
    [InlineData("c1bf")]
    [InlineData("e09fbf")]
    [InlineData("eda080")]
    [InlineData("f08fbfbf")]
    [InlineData("f4908080")]
    [InlineData("f5808080")]
    [InlineData("80")]
    [InlineData("c3")]
    public void Decoder_must_refuse_ill_formed_text(string hex)
    {
        var text = Convert.FromHexString(hex);
        foreach (var lead in (string[])["", "a", "abcdefghijklmnopqrstuvwxyz0123456789"])
        {
            byte[] topic = [.. Encoding.ASCII.GetBytes(lead), .. text];
            byte[] packet = [0x30, (byte)(topic.Length + 2), 0, (byte)topic.Length, .. topic];
            Refuses(new MqttDecoder(null, MqttVersion.V311), Convert.ToHexString(packet), ReasonCode.MalformedPacket, PacketProblem.IllFormedText);
        }
    }

    internal static MqttPacket Decodes(MqttDecoder decoder, string hex)
    {
        Assert.True(decoder.Decode(Convert.FromHexString(hex), out _, out var packet) == OperationStatus.Done, decoder.Error.ToString());
        return packet!;
    }

    internal static void Refuses(MqttDecoder decoder, string hex, ReasonCode code, string problem)
    {
        Assert.Equal(OperationStatus.InvalidData, decoder.Decode(Convert.FromHexString(hex), out _, out _));
        Assert.Equal(problem, decoder.Error.Message);
        Assert.Equal(code, decoder.Error.ReasonCode);
    }
}
