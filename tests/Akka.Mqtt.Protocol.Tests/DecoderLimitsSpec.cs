using System.Buffers;
using Akka.Mqtt.Protocol.Codec;
using CsCheck;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What decoding makes is a small multiple of the bytes that were received, whatever a peer sends, and running out of memory is an error like any other.</summary>
public sealed class DecoderLimitsSpec
{
    private const int Users = 64;
    private const int Filters = 1024;

    /// <summary>Texts of ASCII take two bytes a character; lists of subscription identifiers, at worst, 20 bytes for two on the wire until the last copy is left.</summary>
    private const int PerByte = 11;

    /// <summary>The packet itself, caches, and what <see cref="Users"/> and <see cref="Filters"/> allow of texts with one letter.</summary>
    private const int PerPacket = (2 * Users + Filters) * 80 + 4096;

    private static readonly UserProperty[] Most = [.. Enumerable.Repeat(new UserProperty("a", "b"), Users)];
    private static readonly UserProperty[] TooMany = [.. Most, new("a", "b")];

    public static TheoryData<string, string> WithUserProperties
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, packet) in PacketsWith(Most).Zip(PacketsWith(TooMany), (most, tooMany) => (most.Name, (most.Packet, tooMany.Packet))))
                data.Add(name, $"{Hex(packet.Item1)} {Hex(packet.Item2)}");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(WithUserProperties))]
    public void More_user_properties_than_allowed_are_refused_in_every_packet(string name, string packets)
    {
        var (most, tooMany) = (packets.Split(' ')[0], packets.Split(' ')[1]);
        var decoder = Limited();
        Assert.True(decoder.Decode(Convert.FromHexString(most), out _, out _) == OperationStatus.Done, $"{name}: {decoder.Error}");
        Assert.Equal(OperationStatus.InvalidData, decoder.Decode(Convert.FromHexString(tooMany), out _, out _));
        Assert.Equal((ReasonCode.QuotaExceeded, PacketProblem.TooManyUserProperties), (decoder.Error.ReasonCode, decoder.Error.Message));
    }

    [Fact]
    public void No_user_property_is_taken_when_none_is_allowed()
    {
        var decoder = new MqttDecoder(null, MqttVersion.V5) { MaxUserProperties = 0 };
        var bytes = MqttEncoder.Encode(new Publish("t") { Properties = new PublishProperties { UserProperties = [new("a", "b")] } }, MqttVersion.V5);
        Assert.Equal(OperationStatus.InvalidData, decoder.Decode(bytes, out _, out _));
        Assert.Equal(ReasonCode.QuotaExceeded, decoder.Error.ReasonCode);
    }

    [Fact]
    public void Properties_that_came_before_obey_a_limit_that_was_lowered()
    {
        var bytes = MqttEncoder.Encode(new Publish("t") { Properties = new PublishProperties { UserProperties = [new("a", "b"), new("c", "d")] } }, MqttVersion.V5);
        var decoder = new MqttDecoder(null, MqttVersion.V5);
        for (var time = 0; time < 3; time++)
            Assert.Equal(OperationStatus.Done, decoder.Decode(bytes, out _, out _));
        decoder.MaxUserProperties = 1;
        Assert.Equal(OperationStatus.InvalidData, decoder.Decode(bytes, out _, out _));
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public void More_filters_than_allowed_are_refused(MqttVersion version)
    {
        var decoder = new MqttDecoder(null, version) { MaxSubscriptions = 3 };
        foreach (var (count, status) in ((int, OperationStatus)[])[(3, OperationStatus.Done), (4, OperationStatus.InvalidData), (5000, OperationStatus.InvalidData)])
        {
            for (var time = 0; time < 3; time++) // subscriptions that come again are known
            {
                var names = Enumerable.Repeat("limits/of/filters", count);
                Assert.Equal(status, decoder.Decode(MqttEncoder.Encode(new Subscribe(1, [.. names.Select(name => new Subscription(name))]), version), out _, out _));
                Assert.Equal(status, decoder.Decode(MqttEncoder.Encode(new Unsubscribe(1, [.. names]), version), out _, out _));
            }
        }

        Assert.Equal((ReasonCode.QuotaExceeded, PacketProblem.TooManyFilters), (decoder.Error.ReasonCode, decoder.Error.Message));
    }

    [Fact]
    public void Subscriptions_that_are_known_obey_the_limit_of_this_connection()
    {
        var bytes = MqttEncoder.Encode(new Subscribe(1, "known/1", "known/2"), MqttVersion.V5);
        var first = new MqttDecoder(null, MqttVersion.V5);
        for (var time = 0; time < 3; time++)
            Assert.Equal(OperationStatus.Done, first.Decode(bytes, out _, out _));
        var second = new MqttDecoder(null, MqttVersion.V5) { MaxSubscriptions = 1 };
        Assert.Equal(OperationStatus.InvalidData, second.Decode(bytes, out _, out _));
        Assert.Equal(ReasonCode.QuotaExceeded, second.Error.ReasonCode);
    }

    [Fact]
    public void CONNECT_with_54000_user_properties_costs_next_to_nothing()
    {
        var bytes = MqttEncoder.Encode(
            new Connect { Properties = new ConnectProperties { UserProperties = [.. Enumerable.Repeat(new UserProperty("a", "b"), 54_000)] } }, MqttVersion.V5);
        Assert.Equal(OperationStatus.InvalidData, Limited(null).Decode(bytes, out _, out _)); // compiles it
        var allocated = Allocated(Limited(null), bytes);
        Assert.True(allocated < 16 * 1024, $"{allocated} bytes for {bytes.Length}");
    }

    public static TheoryData<string> HostileKinds => new(Hostile(1).Select(packet => packet.Name));

    [Theory]
    [MemberData(nameof(HostileKinds))]
    public void A_hostile_packet_makes_no_more_than_a_small_multiple_of_its_bytes(string name)
    {
        foreach (var size in (int[])[1, 2, 63, 64, 65, 1000, 5000, 60_000])
        {
            var bytes = Hostile(size).Single(packet => packet.Name == name).Bytes();
            for (var time = 0; time < 2; time++) // what was compiled and cached at the first
            {
                var allocated = Allocated(Limited(bytes[0] >> 4 == 1 ? null : MqttVersion.V5), bytes);
                Assert.True(allocated <= (long)PerByte * bytes.Length + PerPacket || time == 0, $"{name}, {size}: {allocated} bytes for {bytes.Length}");
            }
        }
    }

    [Fact]
    public void A_random_packet_makes_no_more_than_a_small_multiple_of_its_bytes()
    {
        var packets = Any.Version.SelectMany(version => Any.Packet(version).Select(packet => (version, packet)));
        packets.Sample(
            sample =>
            {
                var bytes = MqttEncoder.Encode(sample.packet, sample.version);
                Allocated(Limited(sample.version), bytes);
                Assert.InRange(Allocated(Limited(sample.version), bytes), 0, (long)PerByte * bytes.Length + PerPacket);
            },
            iter: 5_000,
            threads: 1);
    }

    [Fact]
    public void A_packet_without_memory_is_refused_and_leaves_the_decoder_as_it_was()
    {
        var bytes = MqttEncoder.Encode(new Subscribe(7, "a/b"), MqttVersion.V5);
        var decoder = new MqttDecoder(null, MqttVersion.V5) { Allocating = () => throw new InsufficientMemoryException() };
        Assert.Equal(OperationStatus.InvalidData, decoder.Decode(bytes, out var consumed, out var packet));
        Assert.Equal((0, null), (consumed, packet));
        Assert.Equal((ReasonCode.QuotaExceeded, PacketProblem.NoMemory), (decoder.Error.ReasonCode, decoder.Error.Message));

        decoder.Allocating = null;
        Assert.Equal(OperationStatus.Done, decoder.Decode(bytes, out _, out packet));
        Assert.Equal(new Subscribe(7, "a/b"), packet);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_frame_decoder_without_memory_gives_what_came_before_and_fails(int before)
    {
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V5));
        var calls = 0;
        frames.Decoder.Allocating = () =>
        {
            if (calls++ == before)
                throw new InsufficientMemoryException();
        };
        byte[] chunk = [.. Enumerable.Range(1, 4).SelectMany(id => MqttEncoder.Encode(new Subscribe((ushort)id, "a"), MqttVersion.V5))];
        var packets = new List<MqttPacket> { PingReq.Instance };
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(chunk, packets));
        Assert.Equal([PingReq.Instance, .. Enumerable.Range(1, before).Select(id => new Subscribe((ushort)id, "a"))], packets);
        Assert.Equal(ReasonCode.QuotaExceeded, frames.Decoder.Error.ReasonCode);
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(chunk, packets));
        Assert.Equal(1 + before, packets.Count);
    }

    [Fact]
    public void A_frame_decoder_without_memory_for_the_rest_of_a_chunk_fails()
    {
        var frames = new MqttFrameDecoder(new MqttDecoder(null, MqttVersion.V5) { Allocating = () => throw new InsufficientMemoryException() });
        var packets = new List<MqttPacket>();
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(Convert.FromHexString("30ff7f0001"), packets));
        Assert.Equal((ReasonCode.QuotaExceeded, 0), (frames.Decoder.Error.ReasonCode, frames.BufferedBytes));
    }

    private static MqttDecoder Limited() => Limited(MqttVersion.V5);

    private static MqttDecoder Limited(MqttVersion? version) => new(null, version) { MaxUserProperties = Users, MaxSubscriptions = Filters };

    private static long Allocated(MqttDecoder decoder, byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(bytes, out _, out _);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Hex(MqttPacket packet) => Convert.ToHexString(MqttEncoder.Encode(packet, MqttVersion.V5));

    private static IEnumerable<(string Name, MqttPacket Packet)> PacketsWith(UserProperty[] users)
    {
        var ack = new AckProperties { UserProperties = users };
        yield return ("CONNECT", new Connect { Properties = new ConnectProperties { UserProperties = users } });
        yield return ("will", new Connect { Will = new Will("w") { Properties = new WillProperties { UserProperties = users } } });
        yield return ("CONNACK", new ConnAck { Properties = new ConnAckProperties { UserProperties = users } });
        yield return ("PUBLISH", new Publish("t") { Properties = new PublishProperties { UserProperties = users } });
        yield return ("PUBACK", new PubAck(1) { Properties = ack });
        yield return ("PUBREC", new PubRec(1) { Properties = ack });
        yield return ("PUBREL", new PubRel(1) { Properties = ack });
        yield return ("PUBCOMP", new PubComp(1) { Properties = ack });
        yield return ("SUBSCRIBE", new Subscribe(1, "f") { Properties = new SubscribeProperties { UserProperties = users } });
        yield return ("SUBACK", new SubAck(1, ReasonCode.Success) { Properties = ack });
        yield return ("UNSUBSCRIBE", new Unsubscribe(1, "f") { Properties = new UnsubscribeProperties { UserProperties = users } });
        yield return ("UNSUBACK", new UnsubAck(1, ReasonCode.Success) { Properties = ack });
        yield return ("DISCONNECT", new Disconnect { Properties = new DisconnectProperties { UserProperties = users } });
        yield return ("AUTH", new Auth { Properties = new AuthProperties { AuthenticationMethod = "m", UserProperties = users } });
    }

    /// <summary>Packets in which one thing is there so many times, or so long. A packet is made when its bytes are asked for: a test needs one of them.</summary>
    private static IEnumerable<(string Name, Func<byte[]> Bytes)> Hostile(int count)
    {
        foreach (var (name, packet) in PacketsWith([.. Enumerable.Repeat(new UserProperty("a", "b"), count)]))
            yield return ($"{name} with user properties", () => MqttEncoder.Encode(packet, MqttVersion.V5));
        yield return ("CONNECT with long texts", () => MqttEncoder.Encode(new Connect { ClientId = new string('a', count), UserName = new string('b', count), Password = new byte[count] }, MqttVersion.V5));
        yield return ("CONNECT with a large will", () => MqttEncoder.Encode(new Connect { Will = new Will(new string('t', count), new byte[count]) }, MqttVersion.V5));
        yield return ("AUTH with data", () => MqttEncoder.Encode(new Auth { Properties = new AuthProperties { AuthenticationMethod = new string('m', count), AuthenticationData = new byte[count] } }, MqttVersion.V5));
        yield return ("SUBSCRIBE", () => MqttEncoder.Encode(new Subscribe(1, [.. Enumerable.Repeat(new Subscription("a"), count)]), MqttVersion.V5));
        yield return ("UNSUBSCRIBE", () => MqttEncoder.Encode(new Unsubscribe(1, [.. Enumerable.Repeat("a", count)]), MqttVersion.V5));
        yield return ("SUBACK", () => MqttEncoder.Encode(new SubAck(1, [.. Enumerable.Repeat(ReasonCode.Success, count)]), MqttVersion.V5));
        yield return ("UNSUBACK", () => MqttEncoder.Encode(new UnsubAck(1, [.. Enumerable.Repeat(ReasonCode.Success, count)]), MqttVersion.V5));
        yield return ("PUBLISH with subscription identifiers", () => MqttEncoder.Encode(
            new Publish("t") { Properties = new PublishProperties { SubscriptionIdentifiers = [.. Enumerable.Repeat(1u, count)] } }, MqttVersion.V5));
        yield return ("PUBLISH with subscription identifiers between user properties", () => Interleaved(count));
        yield return ("PUBLISH with long texts", () => MqttEncoder.Encode(
            new Publish(new string('t', count)) { Properties = new PublishProperties { ResponseTopic = new string('r', count), ContentType = new string('c', count) } }, MqttVersion.V5));
    }

    // A subscription identifier alone, a user property, then all the others.
    private static byte[] Interleaved(int count)
    {
        byte[] properties = [0x0B, 1, 0x26, 0, 1, (byte)'a', 0, 1, (byte)'b', .. Enumerable.Repeat<byte[]>([0x0B, 1], count).SelectMany(each => each)];
        var length = new byte[4];
        byte[] body = [0, 1, (byte)'t', .. length.AsSpan(0, VariableByteInteger.Write(length, (uint)properties.Length)), .. properties];
        return [0x30, .. length.AsSpan(0, VariableByteInteger.Write(length, (uint)body.Length)), .. body];
    }
}
