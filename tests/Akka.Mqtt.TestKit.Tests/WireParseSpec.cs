namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Hex to bytes: what people write is taken, what is unclear is refused with its place.</summary>
public sealed class WireParseSpec
{
    [Theory]
    [InlineData("c0 00")]
    [InlineData("C000")]
    [InlineData("0xC0, 0x00")]
    [InlineData("c0 00 # PINGREQ")]
    [InlineData("c0 // the type\n00 ; the length")]
    [InlineData("c0            PINGREQ\n00            remaining length 0")]
    [InlineData("  c0\r\n  00\r\n")]
    [InlineData("c0  00")]
    [InlineData("!! nothing here\nc0 00")]
    public void Hex_may_have_spaces_prefixes_and_comments(string hex) => Assert.Equal([0xC0, 0x00], Wire.Parse(hex));

    [Theory]
    [InlineData("c0 0", "Line 1: '0' is not hex")]
    [InlineData("c0\nzz", "Line 2: 'zz' is not hex")]
    [InlineData("PINGREQ", "Line 1: 'PINGREQ' is not hex")]
    public void What_is_not_hex_is_refused_with_its_line(string hex, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => Wire.Parse(hex)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hex_has_a_space_between_bytes() => Assert.Equal("c0 00 ff", Wire.Hex([0xC0, 0x00, 0xFF]));

    [Fact]
    public void Hex_of_nothing_is_empty() => Assert.Equal("", Wire.Hex([]));
}
