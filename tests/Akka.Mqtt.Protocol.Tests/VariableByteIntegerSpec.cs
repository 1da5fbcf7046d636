using System.Buffers;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

public sealed class VariableByteIntegerSpec
{
    public static IEnumerable<object[]> Rows => VectorTable.Rows("vbi-vectors.tsv").Select(row => (object[])[row[0], row[1], row[2]]);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Integer_must_be_read_as_the_table_says(string hex, string value, string result)
    {
        var bytes = Convert.FromHexString(hex);
        var status = VariableByteInteger.Read(bytes, out var read, out var size);
        var overlong = status == OperationStatus.Done && size != VariableByteInteger.Size((uint)read);
        switch (result)
        {
            case "ok":
                Assert.Equal(OperationStatus.Done, status);
                Assert.Equal(value, read.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Assert.False(overlong);
                var written = new byte[4];
                Assert.Equal(bytes, written[..VariableByteInteger.Write(written, (uint)read)]);
                break;
            case "incomplete":
                Assert.Equal(OperationStatus.NeedMoreData, status);
                break;
            case "malformed":
                Assert.Equal(OperationStatus.InvalidData, status);
                break;
            default: // malformed in 5.0 only
                Assert.True(overlong);
                break;
        }
    }

    // 5.0 [MQTT-1.5.5-1]; 3.1.1 has no such rule.
    [Theory]
    [InlineData(MqttVersion.V31, OperationStatus.Done)]
    [InlineData(MqttVersion.V311, OperationStatus.Done)]
    [InlineData(MqttVersion.V5, OperationStatus.InvalidData)]
    public void Over_long_remaining_length_must_be_refused_only_in_v5(MqttVersion version, OperationStatus expected) =>
        Assert.Equal(expected, new MqttDecoder(null, version).Decode(new byte[] { 0xC0, 0x80, 0x00 }, out _, out _));

    [Theory]
    [InlineData("108d0000044d5154540402003c000163", OperationStatus.Done)]
    [InlineData("108e0000044d5154540502003c00000163", OperationStatus.InvalidData)]
    public void Over_long_remaining_length_of_CONNECT_must_be_judged_by_the_version_in_it(string hex, OperationStatus expected) =>
        Assert.Equal(expected, new MqttDecoder().Decode(Convert.FromHexString(hex), out _, out _));
}
