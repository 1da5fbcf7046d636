using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Streams;
using Akka.Streams.Dsl;
using CsCheck;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Streams;

/// <summary>Framing as flows: any cut gives the same packets, an error fails the stream after what came before it, pressure passes through.</summary>
public sealed class MqttFramingSpec(ITestOutputHelper output) : StreamSpec(output)
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task What_is_encoded_and_cut_anywhere_is_decoded_as_the_same_packets(MqttVersion version) =>
        await Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 60], Gen.Int[1, 64], Gen.Int[16, 4096]).SampleAsync(
            async (seed, count, piece, chunk) =>
            {
                var packets = TestKit.Any.Packets(seed, count, version);
                var received = await Source.From(packets)
                    .Via(MqttFraming.Encoder(version, chunk))
                    .SelectMany(bytes => Cut(bytes, new Random(seed), piece))
                    .Via(MqttFraming.Decoder(version))
                    .RunWith(Sink.Seq<MqttPacket>(), Materializer);
                Assert.Equal(packets, received);
            },
            iter: 30,
            threads: 1);

    [Fact]
    public async Task Both_directions_of_a_conversation_pass_through_the_framing_of_both_sides()
    {
        MqttPacket[] said = [new Connect { ClientId = "c" }, .. Enumerable.Range(1, 200).Select(i => new Publish("up", $"{i}"))];
        MqttPacket[] answered = [new ConnAck(), .. Enumerable.Range(1, 200).Select(i => new Publish("down", $"{i}"))];
        var heard = new List<MqttPacket>();

        // The server answers when it has heard everything.
        var server = Flow.Create<MqttPacket>().Select(packet =>
        {
            heard.Add(packet);
            return packet;
        }).Take(said.Length).Where(_ => false).Concat(Source.From(answered));
        var received = await Source.From(said)
            .Via(MqttFraming.Create(MqttRole.Client).Atop(Cutter()).Atop(Reversed(MqttFraming.Create(MqttRole.Server))).Join(server))
            .Take(answered.Length)
            .RunWith(Sink.Seq<MqttPacket>(), Materializer);
        Assert.Equal(said, heard);
        Assert.Equal(answered, received);
    }

    [Theory]
    [InlineData("36 00", ReasonCode.MalformedPacket)]
    [InlineData("30 ff ff ff ff 01", ReasonCode.MalformedPacket)]
    [InlineData("30 04 00 01 ff 00", ReasonCode.MalformedPacket)]
    [InlineData("30 f8 07", ReasonCode.PacketTooLarge)]
    [InlineData("82 03 00 01 00", ReasonCode.ProtocolError)]
    [InlineData("30 04 00", ReasonCode.MalformedPacket)] // ends inside a packet
    public async Task An_error_fails_the_stream_after_the_packets_before_it(string hex, ReasonCode code)
    {
        var received = new List<MqttPacket>();
        var failure = await Assert.ThrowsAsync<MqttProtocolException>(() => Source
            .Single<ReadOnlyMemory<byte>>(Wire.Parse("c0 00 c0 00 c0 00 " + hex))
            .Via(MqttFraming.Decoder(MqttVersion.V5, 1000))
            .RunForeach(received.Add, Materializer));
        Assert.Equal(code, failure.Error.ReasonCode);
        Assert.Equal(3, received.Count);
    }

    [Theory]
    [InlineData(MqttRole.Server, "c0 00", ReasonCode.ProtocolError)]
    [InlineData(MqttRole.Server, "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 01 63 20 03 00 00 00", ReasonCode.ProtocolError)]
    [InlineData(MqttRole.Client, "20 02 00 00", ReasonCode.ProtocolError)]
    [InlineData(MqttRole.Server, "10 0e 00 04", ReasonCode.MalformedPacket)]
    public async Task A_peer_out_of_order_fails_both_directions(MqttRole role, string hex, ReasonCode code)
    {
        var bytes = Flow.FromSinkAndSource(
            Sink.Ignore<ReadOnlyMemory<byte>>().MapMaterializedValue(_ => NotUsed.Instance), Source.Single<ReadOnlyMemory<byte>>(Wire.Parse(hex)));
        var failure = await Assert.ThrowsAsync<MqttProtocolException>(() => Source.Maybe<MqttPacket>()
            .Via(MqttFraming.Create(role).Join(bytes))
            .RunWith(Sink.Ignore<MqttPacket>(), Materializer));
        Assert.Equal(code, failure.Error.ReasonCode);
    }

    [Fact]
    public async Task A_packet_that_may_not_be_sent_fails_the_stream()
    {
        foreach (var packets in new MqttPacket[][]
        {
            [new PingReq()],
            [new Connect { ClientId = "c" }, new Connect { ClientId = "c" }],
            [new Connect { ClientId = "c" }, new Publish("#", "x")],
            [new ConnAck()],
        })
        {
            await Assert.ThrowsAsync<MqttProtocolException>(() => Source.From(packets)
                .Via(MqttFraming.Create(MqttRole.Client).Join(Flow.FromSinkAndSource(
                    Sink.Ignore<ReadOnlyMemory<byte>>().MapMaterializedValue(_ => NotUsed.Instance), Never<ReadOnlyMemory<byte>>())))
                .RunWith(Sink.Ignore<MqttPacket>(), Materializer));
        }
    }

    [Fact]
    public async Task A_packet_over_the_peer_s_maximum_packet_size_fails_the_stream()
    {
        var hello = MqttEncoder.Encode(
            new Connect { ClientId = "c", Properties = new ConnectProperties { MaximumPacketSize = 50 } }, MqttVersion.V5);
        var bytes = Flow.FromSinkAndSource(
            Sink.Ignore<ReadOnlyMemory<byte>>().MapMaterializedValue(_ => NotUsed.Instance),
            Source.Single<ReadOnlyMemory<byte>>(hello).Concat(Never<ReadOnlyMemory<byte>>()));
        var server = Flow.Create<MqttPacket>().SelectMany(_ => new MqttPacket[] { new ConnAck(), new Publish("a", new byte[100]) });
        var failure = await Assert.ThrowsAsync<MqttProtocolException>(() =>
            MqttFraming.Create(MqttRole.Server).Join(bytes).JoinMaterialized(server.AlsoToMaterialized(Sink.Ignore<MqttPacket>(), Keep.Right), Keep.Right)
                .Run(Materializer));
        Assert.Equal(ReasonCode.PacketTooLarge, failure.Error.ReasonCode);
    }

    [Fact]
    public async Task A_sink_that_does_not_pull_stalls_the_source()
    {
        var (packets, chunks) = (0, 0);
        await Source.Repeat<ReadOnlyMemory<byte>>(Wire.Parse("c0 00 c0 00"))
            .Select(chunk => (Interlocked.Increment(ref chunks), chunk).chunk)
            .Via(MqttFraming.Decoder(MqttVersion.V5))
            .Take(20)
            .RunWith(Sink.Ignore<MqttPacket>(), Materializer);
        await Source.Repeat<MqttPacket>(new PingReq())
            .Select(packet => (Interlocked.Increment(ref packets), packet).packet)
            .Via(MqttFraming.Encoder(MqttVersion.V5, 1024))
            .Take(20)
            .RunWith(Sink.Ignore<ReadOnlyMemory<byte>>(), Materializer);

        // Two packets a chunk. The encoder fills a chunk of 512 packets at most ahead of each pull.
        Assert.InRange(chunks, 10, 12);
        Assert.InRange(packets, 20, 21 * 513);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Cut(ReadOnlyMemory<byte> bytes, Random random, int piece)
    {
        while (!bytes.IsEmpty)
        {
            var size = Math.Min(bytes.Length, random.Next(1, piece + 1));
            yield return bytes[..size];
            bytes = bytes[size..];
        }
    }

    /// <summary>BidiFlow.Reversed of Akka.Streams 1.5.74 connects the wrong ports of a bidi flow that is one stage.</summary>
    private static BidiFlow<ReadOnlyMemory<byte>, MqttPacket, MqttPacket, ReadOnlyMemory<byte>, NotUsed> Reversed(
        BidiFlow<MqttPacket, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, MqttPacket, NotUsed> framing) =>
        BidiFlow.FromGraph(GraphDsl.Create(builder =>
        {
            var shape = builder.Add(framing);
            return new BidiShape<ReadOnlyMemory<byte>, MqttPacket, MqttPacket, ReadOnlyMemory<byte>>(
                shape.Inlet2, shape.Outlet2, shape.Inlet1, shape.Outlet1);
        }));

    private static BidiFlow<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, NotUsed> Cutter()
    {
        var cut = Flow.Create<ReadOnlyMemory<byte>>().SelectMany(bytes => Cut(bytes, new Random(7), 5));
        return BidiFlow.FromFlows(cut, cut);
    }
}
