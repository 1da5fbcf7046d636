using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Where MQTT 3.1 differs from 3.1.1.</summary>
public sealed class Mqtt31Spec
{
    private static MqttDecoder Decoder => new(null, MqttVersion.V31);

    [Theory]
    [InlineData("6a020001")]
    [InlineData("8a06000100016101")]
    [InlineData("aa050001000161")]
    public void Dup_must_be_kept_on_PUBREL_SUBSCRIBE_and_UNSUBSCRIBE(string hex)
    {
        var packet = DecoderRulesSpec.Decodes(Decoder, hex);
        Assert.True(packet.Header!.Value.Dup);
        Assert.True(packet is PubRel { Dup: true } or Subscribe { Dup: true } or Unsubscribe { Dup: true });
        Assert.Equal(hex, Convert.ToHexStringLower(MqttEncoder.Encode(packet, MqttVersion.V31)));
        DecoderRulesSpec.Refuses(new MqttDecoder(null, MqttVersion.V311), hex, ReasonCode.MalformedPacket, PacketProblem.HeaderFlags);
    }

    // 3.1, section 3.1: "the DUP, QoS, and RETAIN flags are not used in the CONNECT message". 3.1.1 [MQTT-2.2.2-2], 5.0 [MQTT-2.1.3-1].
    [Theory]
    [InlineData(0x11)]
    [InlineData(0x12)]
    [InlineData(0x18)]
    [InlineData(0x1F)]
    public void Flags_of_CONNECT_must_be_disregarded_and_refused_in_later_versions(byte first)
    {
        var packet = DecoderRulesSpec.Decodes(new MqttDecoder(), $"{first:x2}0f00064d51497364700302003c000163");
        Assert.Equal((new Connect { Version = MqttVersion.V31, ClientId = "c", KeepAlive = 60 }, first), (packet with { Header = null }, packet.Header!.Value.FirstByte));
        DecoderRulesSpec.Refuses(new MqttDecoder(), $"{first:x2}0d00044d5154540402003c000163", ReasonCode.MalformedPacket, PacketProblem.HeaderFlags);
        DecoderRulesSpec.Refuses(new MqttDecoder(), $"{first:x2}0e00044d5154540502003c00000163", ReasonCode.MalformedPacket, PacketProblem.HeaderFlags);
    }

    [Fact]
    public void Reserved_byte_of_CONNACK_must_be_ignored() => Assert.Equal(new ConnAck(), DecoderRulesSpec.Decodes(Decoder, "2002ff00"));

    [Fact]
    public void Empty_client_identifier_must_be_refused() => DecoderRulesSpec.Refuses(
        new MqttDecoder(), "100e00064d51497364700302003c0000", ReasonCode.ClientIdentifierNotValid, PacketProblem.ClientId);

    [Fact]
    public void Client_identifier_of_more_than_23_characters_must_be_left_to_the_server()
    {
        var connect = new Connect { Version = MqttVersion.V31, ClientId = new string('c', 100) };
        Assert.Equal(connect, DecoderRulesSpec.Decodes(new MqttDecoder(), Convert.ToHexString(MqttEncoder.Encode(connect, MqttVersion.V31))));
    }

    // "The Remaining Length field takes precedence over the User Name flag": both fields may be missing.
    [Fact]
    public void User_name_and_password_that_are_announced_may_be_missing() => Assert.Equal(
        new Connect { Version = MqttVersion.V31, ClientId = "c" },
        DecoderRulesSpec.Decodes(new MqttDecoder(), "100f00064d514973647003c2003c000163"));

    [Theory]
    [InlineData("100f00064d51497364700402003c000163", PacketProblem.ProtocolLevel)]
    [InlineData("100d00044d5154540302003c000163", PacketProblem.ProtocolLevel)]
    [InlineData("100f00064d51497364710302003c000163", PacketProblem.ProtocolName)]
    public void Name_and_level_must_belong_together(string hex, string problem) =>
        DecoderRulesSpec.Refuses(new MqttDecoder(), hex, ReasonCode.UnsupportedProtocolVersion, problem);
}
