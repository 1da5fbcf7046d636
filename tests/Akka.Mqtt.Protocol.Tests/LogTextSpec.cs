namespace Akka.Mqtt.Protocol.Tests;

public class LogTextSpec
{
    [Theory]
    [InlineData("sensor-7", "sensor-7")]
    [InlineData("", "")]
    [InlineData(null, "(none)")]
    [InlineData("Zähler 温度 🌡", "Zähler 温度 🌡")]
    [InlineData("a\r\n[ERROR] forged", "a\\r\\n[ERROR] forged")]
    [InlineData("\u001b[2J\u0007\u009b1m\u007f", "\\u001B[2J\\u0007\\u009B1m\\u007F")]
    [InlineData("user\u202Egpj.exe\u2066\u200B", "user\\u202Egpj.exe\\u2066\\u200B")]
    [InlineData("a\u2028b\u2029c\u0085d", "a\\u2028b\\u2029c\\u0085d")]
    public void Text_of_a_peer_stays_on_its_line(string? text, string shown) => Assert.Equal(shown, LogText.Escape(text));

    [Fact]
    public void An_unpaired_surrogate_is_shown_by_its_code()
    {
        Assert.Equal("a\\uD800b", LogText.Escape("a" + (char)0xD800 + "b"));
        Assert.Equal("\uFFFD", LogText.Escape("\uFFFD"));
    }

    [Theory]
    [InlineData(256, "")]
    [InlineData(257, "... (1 more characters)")]
    [InlineData(65535, "... (65279 more characters)")]
    public void Long_text_is_shortened_and_what_is_left_out_is_counted(int length, string end)
    {
        var text = new string('x', length);
        Assert.Equal(text[..Math.Min(256, length)] + end, LogText.Escape(text));
    }

    [Fact]
    public void Shortening_does_not_cut_a_character_in_two() => Assert.Equal("abc... (2 more characters)", LogText.Escape("abc🌡", 4));

    [Fact]
    public void What_is_escaped_already_stays_as_it_is() => Assert.Equal(LogText.Escape("a\nb"), LogText.Escape(LogText.Escape("a\nb")));

    [Theory]
    [MemberData(nameof(Packets))]
    public void A_packet_is_shown_in_one_line(MqttPacket packet)
    {
        var shown = packet.ToString();
        Assert.DoesNotContain(shown, char.IsControl);
        Assert.Contains("\\n", shown, StringComparison.Ordinal);
    }

    public static TheoryData<MqttPacket> Packets() =>
    [
        new Connect { ClientId = "a\nb" },
        new Connect { ClientId = "a", UserName = "a\nb" },
        new Connect { ClientId = "a", Will = new Will("a\nb", "") },
        new Publish("a\nb", ""),
        new Publish("a", "") { Properties = new PublishProperties { UserProperties = [new UserProperty("a\nb", "c")] } },
        new Subscribe(1, "a\nb"),
        new Unsubscribe(1, "a\nb"),
        new Disconnect(ReasonCode.UnspecifiedError) { Properties = new DisconnectProperties { ReasonString = "a\nb" } },
    ];
}
