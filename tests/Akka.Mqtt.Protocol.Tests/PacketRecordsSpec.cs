namespace Akka.Mqtt.Protocol.Tests;

public sealed class PacketRecordsSpec
{
    [Fact]
    public void Packets_must_be_equal_by_value_bytes_included()
    {
        Assert.Equal(new Publish("a", "x"), new Publish("a", new byte[] { 0x78 }));
        Assert.NotEqual(new Publish("a", "x"), new Publish("a", "y"));
        Assert.Equal(new Subscribe(1, "a", "b"), new Subscribe(1, "a", "b"));
        Assert.NotEqual(new Subscribe(1, "a", "b"), new Subscribe(1, "b", "a"));
        Assert.Equal(new Connect { Password = "p" }.GetHashCode(), new Connect { Password = "p" }.GetHashCode());
    }

    [Fact]
    public void Received_packet_must_equal_one_made_by_hand_and_tell_its_header()
    {
        new MqttDecoder(null, MqttVersion.V311).Decode(Convert.FromHexString("310400016178"), out _, out var packet);
        Assert.Equal(new Publish("a", "x") { Retain = true }, packet);
        Assert.Equal(new FixedHeader(0x31, 4), packet!.Header);
        Assert.Null(new Publish("a", "x").Header);
    }

    [Fact]
    public void Text_of_a_packet_must_hide_secrets()
    {
        var connect = new Connect
        {
            UserName = "visible",
            Password = "geheim",
            Properties = new ConnectProperties { AuthenticationMethod = "m", AuthenticationData = "geheim" },
        };
        Assert.Contains("visible", connect.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", connect.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower("geheim"u8), connect.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_of_a_packet_must_shorten_payloads() => Assert.InRange(new Publish("a", new byte[100_000]).ToString().Length, 10, 150);
}
