using System.Globalization;

namespace Akka.Mqtt.Protocol.Tests;

public sealed class ReasonCodesSpec
{
    // 5.0 [MQTT-3.2.2-8], [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1], [MQTT-3.9.3-2], [MQTT-3.11.3-2], [MQTT-3.14.2-1],
    // [MQTT-3.15.2-1]
    [Fact]
    public void Reason_code_must_stand_only_where_the_table_says()
    {
        var rows = VectorTable.Rows("reason-codes.tsv");
        foreach (var type in Enum.GetValues<MqttPacketType>())
        {
            for (var value = 0; value < 256; value++)
            {
                var listed = rows.Where(row => int.Parse(row[1], CultureInfo.InvariantCulture) == value
                    && row[3].Split(',').Contains(type.ToString(), StringComparer.OrdinalIgnoreCase)).ToArray();
                var expected = listed.Length > 0 || (type == MqttPacketType.Disconnect && value == 0x8C);
                Assert.Equal(expected, ((ReasonCode)value).IsAllowed(type));
                if (type != MqttPacketType.Disconnect || listed.Length == 0)
                    continue;
                foreach (var role in Enum.GetValues<MqttRole>())
                {
                    var sends = listed[0][5].Split('|').Contains(role.ToString(), StringComparer.OrdinalIgnoreCase);
                    Assert.Equal(sends, ((ReasonCode)value).IsAllowed(type, role));
                }
            }
        }
    }

    [Fact]
    public void Failure_must_begin_at_0x80()
    {
        Assert.All(VectorTable.Rows("reason-codes.tsv"), row =>
            Assert.Equal(row[4] == "y", ((ReasonCode)byte.Parse(row[1], CultureInfo.InvariantCulture)).IsFailure()));
    }

    [Fact]
    public void Return_codes_of_3x_must_map_both_ways()
    {
        for (byte value = 0; value <= 5; value++)
        {
            Assert.True(ReasonCodes.TryFromReturnCode(value, out var code));
            Assert.True(code.TryToReturnCode(out var back));
            Assert.Equal(value, back);
        }

        Assert.False(ReasonCodes.TryFromReturnCode(6, out _));
        Assert.False(ReasonCode.Banned.TryToReturnCode(out _));
    }
}
