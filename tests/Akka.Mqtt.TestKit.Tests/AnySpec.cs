using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Built packets are valid in their version, and drawn ones depend on the seed only.</summary>
public sealed class AnySpec
{
    public static TheoryData<MqttVersion> Versions => [MqttVersion.V31, MqttVersion.V311, MqttVersion.V5];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Each_packet_is_valid_in_its_version(MqttVersion version) => Assert.All(Any.OneOfEach(version), packet => AssertValid(packet, version));

    [Theory]
    [MemberData(nameof(Versions))]
    public void Drawn_packets_are_valid_in_their_version(MqttVersion version)
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
            AssertValid(Any.Packet(random, version, MqttPacketType.Connect), version);
        Assert.All(Any.Packets(seed: 2, count: 2000, version), packet => AssertValid(packet, version));
    }

    [Fact]
    public void All_packet_types_of_a_version_are_there()
    {
        Assert.Equal(15, Any.OneOfEach(MqttVersion.V5).Select(packet => packet.Type).Distinct().Count());
        Assert.Equal(14, Any.OneOfEach(MqttVersion.V311).Select(packet => packet.Type).Distinct().Count());
        Assert.Equal(14, Any.Packets(1, 500).Select(packet => packet.Type).Distinct().Count());
    }

    [Fact]
    public void The_same_seed_draws_the_same_packets()
    {
        Assert.Equal(Any.Packets(7, 100), Any.Packets(7, 100));
        Assert.NotEqual(Any.Packets(7, 100), Any.Packets(8, 100));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Annotations_of_drawn_packets_find_nothing_wrong(MqttVersion version)
    {
        foreach (var packet in Any.Packets(seed: 3, count: 500, version))
        {
            var text = Wire.Annotate(packet, version);
            Assert.DoesNotContain("!!", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<-", text, StringComparison.Ordinal);
        }
    }

    private static void AssertValid(MqttPacket packet, MqttVersion version) =>
        Assert.True(MqttEncoder.TryMeasure(packet, version, null, out _, out var error), $"{packet}: {error}");
}
