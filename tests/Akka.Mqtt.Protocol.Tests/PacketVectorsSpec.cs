using System.Buffers;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Every packet of the table, whole, oversized, split at every offset, and byte by byte.</summary>
public sealed class PacketVectorsSpec
{
    public static TheoryData<string> Good => [.. PacketVector.All.Where(vector => vector.Result == "ok").Select(vector => vector.Id)];

    public static TheoryData<string> Bad =>
        [.. PacketVector.All.Where(vector => vector.Result is not ("ok" or "incomplete")).Select(vector => vector.Id)];

    public static TheoryData<string> Incomplete => [.. PacketVector.All.Where(vector => vector.Result == "incomplete").Select(vector => vector.Id)];

    [Fact]
    public void Table_must_be_read_whole() => Assert.Equal(266, PacketVector.All.Count);

    [Theory]
    [MemberData(nameof(Good))]
    public void Decoder_must_give_the_expected_fields(string id)
    {
        var vector = PacketVector.ById(id);
        var decoder = vector.Decoder();

        var status = decoder.Decode(vector.Bytes, out var consumed, out var packet);

        Assert.True(status == OperationStatus.Done, decoder.Error.ToString());
        Assert.Equal(vector.Bytes.Length, consumed);
        ExpectedFields.Check(vector.Expected, packet!);
        Assert.Equal(new FixedHeader(vector.Bytes[0], packet!.Header!.Value.RemainingLength), packet.Header);
        Assert.Equal(vector.Version, decoder.Version);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Decoder_must_not_read_what_follows_the_packet(string id)
    {
        var vector = PacketVector.ById(id);
        vector.Decoder().Decode(vector.Bytes, out _, out var alone);
        foreach (var junk in (byte[][])[vector.Bytes, [0x00, 0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF], new byte[100]])
        {
            var status = vector.Decoder().Decode((byte[])[.. vector.Bytes, .. junk], out var consumed, out var packet);

            Assert.Equal(OperationStatus.Done, status);
            Assert.Equal(vector.Bytes.Length, consumed);
            Assert.Equal(alone, packet);
        }
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Decoder_must_give_the_same_packet_however_the_bytes_are_split(string id)
    {
        var vector = PacketVector.ById(id);
        vector.Decoder().Decode(vector.Bytes, out _, out var whole);
        for (var at = 0; at <= vector.Bytes.Length; at++)
        {
            var frames = new MqttFrameDecoder(vector.Decoder());
            var packets = new List<MqttPacket>();
            frames.Decode(vector.Bytes.AsMemory(0, at), packets);
            Assert.Equal(at == vector.Bytes.Length ? 0 : at, frames.BufferedBytes);
            Assert.Equal(OperationStatus.Done, frames.Decode(vector.Bytes.AsMemory(at), packets));
            Assert.Equal([whole!], packets);
            Assert.Equal(0, frames.BufferedBytes);
        }

        var slow = new MqttFrameDecoder(vector.Decoder());
        var decoded = new List<MqttPacket>();
        foreach (var next in vector.Bytes)
            slow.Decode((byte[])[next], decoded);
        Assert.Equal([whole!], decoded);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Encoder_must_give_the_same_bytes(string id)
    {
        var vector = PacketVector.ById(id);
        vector.Decoder().Decode(vector.Bytes, out _, out var packet);

        Assert.True(MqttEncoder.TryMeasure(packet!, vector.Version, vector.Sender, out var size, out var error), error.ToString());
        var bytes = MqttEncoder.Encode(packet!, vector.Version);

        Assert.Equal(size, bytes.Length);
        Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(bytes));
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Decoder_must_refuse_a_packet_above_the_limit_before_its_body(string id)
    {
        var vector = PacketVector.ById(id);
        var header = vector.Bytes.Length < 130 ? 2 : 3;
        var decoder = vector.Decoder();
        decoder.MaxPacketSize = vector.Bytes.Length;
        Assert.Equal(OperationStatus.Done, decoder.Decode(vector.Bytes, out _, out _));

        decoder = vector.Decoder();
        decoder.MaxPacketSize = vector.Bytes.Length - 1;
        var frames = new MqttFrameDecoder(decoder);
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(vector.Bytes.AsMemory(0, header), []));
        Assert.Equal(ReasonCode.PacketTooLarge, decoder.Error.ReasonCode);
        Assert.Equal(0, frames.BufferedBytes);
        Assert.Equal(OperationStatus.InvalidData, frames.Decode(vector.Bytes, []));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Decoder_must_refuse_with_the_right_reason(string id)
    {
        var vector = PacketVector.ById(id);
        var decoder = vector.Decoder();

        var status = decoder.Decode(vector.Bytes, out var consumed, out var packet);

        Assert.Equal(OperationStatus.InvalidData, status);
        Assert.Equal(0, consumed);
        Assert.Null(packet);
        Assert.True(vector.Accepts(decoder.Error), $"{decoder.Error} is not {vector.Result}");
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Decoder_must_refuse_for_the_same_reason_however_the_bytes_are_split(string id)
    {
        var vector = PacketVector.ById(id);
        var whole = vector.Decoder();
        whole.Decode(vector.Bytes, out _, out _);
        for (var at = 0; at <= vector.Bytes.Length; at++)
        {
            var frames = new MqttFrameDecoder(vector.Decoder());
            var packets = new List<MqttPacket>();
            frames.Decode(vector.Bytes.AsMemory(0, at), packets);
            Assert.Equal(OperationStatus.InvalidData, frames.Decode(vector.Bytes.AsMemory(at), packets));
            Assert.Equal(whole.Error with { Header = null }, frames.Decoder.Error with { Header = null });
            Assert.Empty(packets);
        }

        var slow = new MqttFrameDecoder(vector.Decoder());
        foreach (var next in vector.Bytes)
            slow.Decode((byte[])[next], []);
        Assert.Equal(whole.Error with { Header = null }, slow.Decoder.Error with { Header = null });
    }

    [Theory]
    [MemberData(nameof(Incomplete))]
    public void Decoder_must_wait_for_more(string id)
    {
        var vector = PacketVector.ById(id);

        Assert.Equal(OperationStatus.NeedMoreData, vector.Decoder().Decode(vector.Bytes, out var consumed, out var packet));
        Assert.Equal(0, consumed);
        Assert.Null(packet);
    }
}
