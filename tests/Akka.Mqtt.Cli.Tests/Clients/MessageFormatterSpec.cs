using System.Text;
using Akka.Mqtt.Cli.Clients.Output;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>What <c>sub</c> writes. The expected texts are what mosquitto_sub 2.0.11 wrote for the same messages, but where a comment says otherwise.</summary>
public class MessageFormatterSpec
{
    private const string Json = """{"a": 1.50, "b":[1,2,{"c":null}], "é":"q\"\u00e9\/","n":[],"o":{},"big":1e300,"i":-0.00001234,"j":12345678901234567890,"t":true}""";

    private static readonly Publish Full = new("x/topic", MqttBinary.FromText("""{"a": 1.50, "b":[1,2,{"c":null}], "é":"q\"\u00e9\/"}"""))
    {
        QoS = QualityOfService.AtLeastOnce,
        PacketId = 1,
        Properties = new PublishProperties
        {
            ContentType = "text/plain",
            CorrelationData = MqttBinary.FromText("co"),
            MessageExpiryInterval = 100,
            PayloadFormatIndicator = true,
            ResponseTopic = "re/sp",
            SubscriptionIdentifiers = new uint[] { 7 },
            UserProperties = new UserProperty[] { new("k", "v"), new("k2", "v2") },
        },
    };

    private static string Show(Publish message, string? format, bool verbose = false, bool endsLine = true, bool pretty = false, List<string>? warnings = null)
    {
        var formatter = new MessageFormatter(format is null ? null : OutputFormat.Parse(format), verbose, endsLine, pretty, Clock.Instance, text => warnings?.Add(text));
        formatter.Write(message);
        return Encoding.Latin1.GetString(formatter.Written.Span); // each byte is a character
    }

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("%t|%10t|%-10t|%3.2t|%.2t|%010t", "x/topic|   x/topic|x/topic   | x/|x/|   x/topic")]
    [InlineData("%l|%5l|%05l|%-5l|%-05l|", "53|   53|00053|53   |53   |")]
    [InlineData("%10x|%-10x|%010x|%3x", "7b2261223a|7b2261223a|7b2261223a| 7b")]
    [InlineData("%8p|%-8p|%08p|%3p", "{\"a\": 1.|{\"a\": 1.|{\"a\": 1.|{\"a")]
    [InlineData("%q %r %m", "1 0 1")]
    [InlineData("%10q|%-3r|%3m|%-3m|", "1|0|  1|1  |")]
    [InlineData("%A|%4A|%04A|%-4A|%-04A", "|    |0000|    |0000")]
    [InlineData("%C|%12C|%-12C|%.2C|", "text/plain|  text/plain|text/plain  |te|")]
    [InlineData("%D|%E|%08E|%F|%3F", "co|100|00000100|1|  1")]
    [InlineData("%P|%R|%10R|%S", "k:v k2:v2|re/sp|     re/sp|7")]
    [InlineData(@"%%|@@|\\|\0|\a|\e|\n|\r|\t|\v", "%|@|\\|\0|\a|\e|\n|\r|\t|\v")]
    [InlineData("plain", "plain")]
    public void A_format_is_what_mosquitto_sub_makes_of_it(string format, string expected) => Assert.Equal(Bytes($"{expected}\n"), Show(Full, format));

    [Theory]
    [InlineData("%8p|%-8p|%08p|%x|%X|%8x|%-8x|%08x|", "      ab|ab      |000000ab|6162|6162|      61|61      |00000061|")]
    [InlineData("%A%C%D%E%F%P%R%S", "")]
    [InlineData("%3C|%3R|%3S|%3E", "   ||   |   ")]
    public void Absent_properties_and_short_payloads_are_padded_as_mosquitto_sub_does(string format, string expected) =>
        Assert.Equal($"{expected}\n", Show(new Publish("t", MqttBinary.FromText("ab")), format));

    [Fact]
    public void A_payload_is_written_byte_by_byte_as_it_came()
    {
        byte[] payload = [.. Enumerable.Range(0, 256).Select(each => (byte)each)];
        Assert.Equal($"{Encoding.Latin1.GetString(payload)}\n", Show(new Publish("t", MqttBinary.FromBytes(payload)), null));
        Assert.Equal(Encoding.Latin1.GetString(payload), Show(new Publish("t", MqttBinary.FromBytes(payload)), "%p", endsLine: false));
        Assert.Equal(Bytes("t\u00fc ") + Encoding.Latin1.GetString(payload) + "\n", Show(new Publish("t\u00fc", MqttBinary.FromBytes(payload)), null, verbose: true));
    }

    [Theory]
    [InlineData(null, false, true, "")]
    [InlineData(null, false, false, "")]
    [InlineData(null, true, true, "t (null)\n")]
    [InlineData(null, true, false, "")]
    [InlineData("%p|%5p|%x|%5x|", false, true, "|     ||     |\n")]
    public void An_empty_message_is_written_as_mosquitto_sub_does(string? format, bool verbose, bool endsLine, string expected) =>
        Assert.Equal(expected, Show(new Publish("t"), format, verbose, endsLine));

    [Fact]
    public void Times_are_those_of_strftime_in_the_C_locale()
    {
        // Recorded with mosquitto_sub at 2026-11-29 01:38:29 UTC, a Sunday.
        Assert.Equal(
            "Sun Sunday Nov November Sun Nov 29 01:38:29 2026 20 29 11/29/26 29 2026-11-29 26 2026 Nov 01 01 333  1  1 11 38 AM am 01:38:29 AM 01:38 29 01:38:29 7 48 48 0 47 11/29/26 01:38:29 26 2026 +0000 UTC %+ %f %1\n",
            Show(Full, "@a @A @b @B @c @C @d @D @e @F @g @G @h @H @I @j @k @l @m @M @p @P @r @R @S @T @u @U @V @w @W @x @X @y @Y @z @Z @+ @f @1"));
        Assert.Equal("1795916309.358003700 358003700 1795916309\n", Show(Full, "%U @N @s"));
        Assert.Equal("2026-11-29T01:38:29+0000|      2026-11-29T01:38:29+0000|2026\n", Show(Full, "%I|%30I|%.4I"));
    }

    [Theory]
    [InlineData(2027, 1, 1, "26 2026 53 00 00 001 5")] // the ISO year is the one before
    [InlineData(2024, 12, 30, "25 2025 01 52 53 365 1")] // the ISO year is the next one
    [InlineData(2024, 1, 1, "24 2024 01 00 01 001 1")]
    [InlineData(2023, 1, 1, "22 2022 52 01 00 001 7")]
    public void Weeks_are_counted_in_the_three_ways_of_strftime(int year, int month, int day, string expected)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var name in "g G V U W j u")
        {
            if (name == ' ')
                System.Buffers.BuffersExtensions.Write(output, " "u8);
            else
                StrfTime.Write(output, name, new DateTimeOffset(year, month, day, 13, 0, 0, TimeSpan.FromHours(-3.5)));
        }
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void An_offset_of_a_time_has_its_sign()
    {
        Assert.Equal("-0330", StrfTime.Zone(TimeSpan.FromHours(-3.5)));
        Assert.Equal("+0545", StrfTime.Zone(new TimeSpan(5, 45, 0)));
    }

    /// <summary>The time is written as the man page and later versions have it; 2.0.11 writes a stray Z. Properties are in the order of this server.</summary>
    [Fact]
    public void JSON_has_the_members_of_mosquitto_sub()
    {
        const string head = """{"tst":"2026-11-29T01:38:29.358003+0000","topic":"x/topic","qos":1,"retain":0,"payloadlen":53,"mid":1,"properties":{"subscription-identifier":7,"payload-format-indicator":1,"content-type":"text/plain","response-topic":"re/sp","correlation-data":"co","user-properties":{"k":"v","k2":"v2"},"message-expiry-interval":100},""";
        Assert.Equal(Bytes(head + """
            "payload":"{\"a\": 1.50, \"b\":[1,2,{\"c\":null}], \"é\":\"q\\\"\\u00e9\\/\"}"}

            """.ReplaceLineEndings("\n")), Show(Full, "%j"));
        Assert.Equal(Bytes(head + """
            "payload":{"a":1.5,"b":[1,2,{"c":null}],"é":"q\"é/"}}

            """.ReplaceLineEndings("\n")), Show(Full, "%J"));
    }

    [Fact]
    public void JSON_of_a_payload_is_written_anew_as_mosquitto_sub_does()
    {
        Assert.Equal(
            Bytes("""{"tst":"2026-11-29T01:38:29.358003+0000","topic":"t","qos":0,"retain":1,"payloadlen":129,"payload":{"a":1.5,"b":[1,2,{"c":null}],"é":"q\"é/","n":[],"o":{},"big":1e+300,"i":-1.234e-05,"j":1.2345678901234567e+19,"t":true}}""" + "\n"),
            Show(new Publish("t", MqttBinary.FromText(Json)) { Retain = true }, "%J"));
        Assert.Equal(
            Bytes("{\n\t\"tst\":\t\"2026-11-29T01:38:29.358003+0000\",\n\t\"topic\":\t\"t\",\n\t\"qos\":\t0,\n\t\"retain\":\t0,\n\t\"payloadlen\":\t129,\n\t\"payload\":\t{\n\t\t\"a\":\t1.5,\n\t\t\"b\":\t[1, 2, {\n\t\t\t\t\"c\":\tnull\n\t\t\t}],\n\t\t\"é\":\t\"q\\\"é/\",\n\t\t\"n\":\t[],\n\t\t\"o\":\t{\n\t\t},\n\t\t\"big\":\t1e+300,\n\t\t\"i\":\t-1.234e-05,\n\t\t\"j\":\t1.2345678901234567e+19,\n\t\t\"t\":\ttrue\n\t}\n}\n"),
            Show(new Publish("t", MqttBinary.FromText(Json)), "%J", pretty: true));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("{\"a\":1} x")]
    [InlineData("{\"a\":")]
    [InlineData("\u0001")]
    public void A_payload_that_is_no_JSON_is_not_written_by_J_and_said_on_stderr(string payload)
    {
        var warnings = new List<string>();
        Assert.Equal("<>\n", Show(new Publish("a/b", MqttBinary.FromText(payload)), "<%J>", warnings: warnings));
        Assert.Equal(["the payload of a message is not valid JSON: topic a/b. %j writes payloads of any kind."], warnings);
    }

    [Fact]
    public void JSON_escapes_control_characters_and_keeps_bytes_that_are_no_UTF_8()
    {
        var text = Show(new Publish("t", MqttBinary.FromBytes([0x01, (byte)'"', 0xFF, (byte)'\\', (byte)'\t', (byte)'\n', 0x1F, 0x7F, 0])), "%j");
        Assert.EndsWith("\"payload\":\"\\u0001\\\"\u00ff\\\\\\t\\n\\u001f\u007f\\u0000\"}\n", text, StringComparison.Ordinal); // mosquitto_sub ends at the null
        Assert.EndsWith("\"payload\":null}\n", Show(new Publish("t"), "%j"), StringComparison.Ordinal);
        Assert.EndsWith("\"payload\":null}\n", Show(new Publish("t"), "%J"), StringComparison.Ordinal);
    }

    /// <summary>Stands still at the time of the recorded texts.</summary>
    private sealed class Clock : TimeProvider
    {
        public static Clock Instance { get; } = new();

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 11, 29, 1, 38, 29, TimeSpan.Zero).AddTicks(3580037);
    }
}
