using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Annotated hex: a line a field, for every packet, and where bytes stop making sense.</summary>
public sealed class WireAnnotateSpec
{
    [Fact]
    public void A_publish_has_a_line_for_each_field()
    {
        #region doc:annotate
        var text = Wire.Annotate(Wire.Parse("30 07 00 03 61 2f 62 68 69"), MqttVersion.V311);
        Assert.Equal(
            """
            30            PUBLISH QoS 0
            07            remaining length 7
            00 03         topic length 3
            61 2f 62      topic "a/b"
            68 69         payload (2 bytes) "hi"
            """,
            text);
        #endregion
    }

    [Fact]
    public void A_5_0_publish_shows_each_property_on_one_line() => Annotated(
        MqttVersion.V5,
        """
        3d            PUBLISH QoS 2 DUP RETAIN
        16            remaining length 22
        00 01         topic length 1
        61            topic "a"
        00 0a         packet id 10
        0e            properties length 14
        01 01         property Payload Format Indicator 1
        23 00 07      property Topic Alias 7
        26 00 01 6b 00 03 76 61 6c  property User Property "k": "val"
        68 69         payload (2 bytes) "hi"
        """);

    [Fact]
    public void A_connect_of_3_1_tells_its_own_version() => Annotated(
        null,
        """
        10            CONNECT
        13            remaining length 19
        00 06         protocol name length 6
        4d 51 49 73 64 70  protocol name "MQIsdp"
        03            protocol level 3 (3.1)
        02            connect flags: clean session
        00 1e         keep alive 30 s
        00 05         client id length 5
        68 65 6c 6c 6f  client id "hello"
        """);

    [Fact]
    public void A_5_0_connect_shows_will_user_and_password_but_not_the_passwords_text() => Annotated(
        null,
        """
        10            CONNECT
        26            remaining length 38
        00 04         protocol name length 4
        4d 51 54 54   protocol name "MQTT"
        05            protocol level 5 (5.0)
        ee            connect flags: clean start, will QoS 1 RETAIN, user name, password
        00 00         keep alive 0 s
        05            properties length 5
        11 00 00 00 0a  property Session Expiry Interval 10
        00 01         client id length 1
        63            client id "c"
        05            will properties length 5
        18 00 00 00 01  property Will Delay Interval 1
        00 01         will topic length 1
        77            will topic "w"
        00 01         will payload length 1
        21            will payload (1 byte) "!"
        00 01         user name length 1
        75            user name "u"
        00 02         password length 2
        70 77         password (2 bytes)
        """);

    [Theory]
    [InlineData(MqttVersion.V311, "20 02 01 05", "flags: session present", "return code 5 not authorized")]
    [InlineData(MqttVersion.V5, "20 03 00 87 00", "flags: no session", "reason 0x87 NotAuthorized", "properties length 0")]
    [InlineData(MqttVersion.V311, "40 02 00 01", "PUBACK", "packet id 1")]
    [InlineData(MqttVersion.V5, "50 03 00 01 10", "PUBREC", "reason 0x10 NoMatchingSubscribers")]
    [InlineData(MqttVersion.V311, "62 02 00 01", "PUBREL", "packet id 1")]
    [InlineData(MqttVersion.V31, "6a 02 00 01", "PUBREL DUP", "packet id 1")]
    [InlineData(MqttVersion.V5, "70 06 00 01 92 02 1f 00 00", "PUBCOMP", "!! ends here: Reason String")]
    [InlineData(MqttVersion.V5, "82 09 00 01 00 00 03 61 2f 62 2e", "SUBSCRIBE", "filter \"a/b\"", "QoS 2, no local, retain as published, retain handling 2")]
    [InlineData(MqttVersion.V311, "90 04 00 01 02 80", "SUBACK", "granted QoS 2", "reason 0x80 UnspecifiedError")]
    [InlineData(MqttVersion.V311, "a2 05 00 01 00 01 61", "UNSUBSCRIBE", "filter \"a\"")]
    [InlineData(MqttVersion.V5, "b0 04 00 01 00 11", "UNSUBACK", "reason 0x11 NoSubscriptionExisted")]
    [InlineData(MqttVersion.V311, "c0 00", "PINGREQ", "remaining length 0")]
    [InlineData(MqttVersion.V311, "d0 00", "PINGRESP", "remaining length 0")]
    [InlineData(MqttVersion.V5, "e0 02 8e 00", "DISCONNECT", "reason 0x8e SessionTakenOver")]
    [InlineData(MqttVersion.V5, "f0 06 18 04 15 00 01 6d", "AUTH", "reason 0x18 ContinueAuthentication", "property Authentication Method \"m\"")]
    public void Every_packet_type_is_read(MqttVersion version, string hex, params string[] expected)
    {
        var text = Wire.Annotate(Wire.Parse(hex), version);
        Assert.All(expected, part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("30 ff ff ff ff 01", "!! remaining length has more than four bytes")]
    [InlineData("30", "!! ends here: remaining length needs 1 byte, none is left")]
    [InlineData("30 05 00 09 61 62 63", "!! ends here: topic needs 9 bytes, 3 are left")]
    [InlineData("30 0a 00 01 61 62", "!! the bytes end here: 6 more of this packet are missing")]
    [InlineData("30 04 00 02 c3 28", "!! topic is not UTF-8")]
    [InlineData("00 00", "!! packet type 0 is forbidden")]
    [InlineData("c0 01 00", "!! 1 byte left over at the end of the packet")]
    [InlineData("f0 00", "!! AUTH is not in 3.x")]
    [InlineData("82 02 00 01", "!! SUBSCRIBE without a filter")]
    [InlineData("80 06 00 01 00 01 61 00", "<- flags 0x0, must be 0x2")]
    [InlineData("36 05 00 01 61 00 01", "<- forbidden QoS")]
    [InlineData("40 02 00 00", "packet id 0 <- must not be 0")]
    [InlineData("c0 80 00", "<- longer than needed")]
    public void A_malformed_packet_shows_where_it_stops_making_sense(string hex, string expected) =>
        Assert.Contains(expected, Wire.Annotate(Wire.Parse(hex), MqttVersion.V311), StringComparison.Ordinal);

    [Theory]
    [InlineData("30 05 00 01 61 01 99", "!! 0x99 is not a property")]
    [InlineData("30 05 00 01 61 09 01", "!! properties need 9 bytes, the packet has 1")]
    public void A_malformed_property_shows_where_it_stops_making_sense(string hex, string expected) =>
        Assert.Contains(expected, Wire.Annotate(Wire.Parse(hex), MqttVersion.V5), StringComparison.Ordinal);

    [Fact]
    public void Packets_after_a_connect_are_read_by_its_version()
    {
        var text = Wire.Annotate(Wire.Parse("10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00  e0 02 04 00"));
        Assert.Contains("reason 0x04 DisconnectWithWillMessage", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_long_is_cut_short_and_says_so()
    {
        var text = Wire.Annotate(Wire.Parse("30 67 00 01 61" + string.Concat(Enumerable.Repeat(" 2e", 100))), MqttVersion.V311, maxFieldBytes: 20);
        Assert.Contains("payload (100 bytes) … 80 bytes not shown", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30 07 00 03 61 2f 62 68 69")]
    [InlineData("30 05 00 03 61 2f 62")]
    [InlineData("30 05 00 09 61 62 63")]
    [InlineData("00 00 01 02 03")]
    public void Annotated_hex_parses_back_to_the_bytes(string hex) =>
        Assert.Equal(Wire.Parse(hex), Wire.Parse(Wire.Annotate(Wire.Parse(hex), MqttVersion.V311)));

    [Fact]
    public void Random_bytes_are_annotated_without_an_exception_and_parse_back()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            if (i % 2 == 0 && bytes.Length > 1)
                bytes[1] = (byte)(bytes.Length - 2);
            var text = Wire.Annotate(bytes, (MqttVersion)random.Next(3, 6));
            Assert.Equal(bytes, Wire.Parse(text));
        }
    }

    private static void Annotated(MqttVersion? version, string text) => Assert.Equal(text, Wire.Annotate(Wire.Parse(text), version));
}
