using System.Buffers;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Fuzz;

/// <summary>What must hold for every input. Throws <see cref="InvalidOperationException"/> with the rule that does not.</summary>
internal sealed class Checks
{
    /// <summary>
    /// Allocation of decoding whole. The worst are packets of a few bytes each with a topic or filter of one letter: a record, a string of 24
    /// bytes, and its place in a cache or list.
    /// </summary>
    public const int AllocationPerByte = 16;

    /// <summary>
    /// What an input may cost beside: the records of a short packet, the first topic cache, and the user properties that the limit allows, 64
    /// bytes each for 7 on the wire.
    /// </summary>
    public const int AllocationPerInput = 2048 + 2 * MaxUserProperties * 64;

    private const int MaxUserProperties = 64;
    private const int MaxSubscriptions = 128;

    private readonly List<MqttPacket> _whole = new(4096);
    private readonly List<MqttPacket> _chunked = new(4096);
    private int _firstSize;

    public long Accepted { get; private set; }

    public long Refused { get; private set; }

    public long Incomplete { get; private set; }

    /// <summary>The largest share of the bound that an input took.</summary>
    public double WorstAllocation { get; private set; }

    public void Run(byte[] input, MqttVersion version, MqttRole? role, Mutator random)
    {
        var isConnect = input.Length > 0 && input[0] >> 4 == (int)MqttPacketType.Connect;
        MqttVersion? known = isConnect && random.Below(2) == 0 ? null : version;
        var (status, error) = Whole(input, Decoder(role, known), version);
        Chunked(input, Decoder(role, known), status, error, random);
        Beyond(input, Decoder(role, known), random);
        if (known is not null)
            Primed(input, Decoder(role, known), status, error);
    }

    private (OperationStatus Status, PacketError Error) Whole(byte[] input, MqttDecoder decoder, MqttVersion version)
    {
        _whole.Clear();
        var known = decoder.Version;
        var rest = input.AsMemory();
        var status = OperationStatus.Done;
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (!rest.IsEmpty)
        {
            status = decoder.Decode(rest, out var consumed, out var packet);
            if (status != OperationStatus.Done)
            {
                Require(consumed == 0 && packet is null, "nothing comes with a failure");
                break;
            }

            Require(consumed > 1 && consumed <= rest.Length && packet is not null, "progress within the input");
            _firstSize = _whole.Count == 0 ? consumed : _firstSize;
            _whole.Add(packet!);
            rest = rest[consumed..];
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var bound = AllocationPerInput + (long)AllocationPerByte * input.Length;
        if (allocated > bound / 2)
            allocated = AllocatedAgain(input, Decoder(decoder.Receiver, known));
        Require(allocated <= bound, "allocation within the bound");
        WorstAllocation = Math.Max(WorstAllocation, (double)allocated / bound);

        Accepted += _whole.Count;
        Refused += status == OperationStatus.InvalidData ? 1 : 0;
        Incomplete += status == OperationStatus.NeedMoreData ? 1 : 0;
        if (status == OperationStatus.InvalidData)
            Require(decoder.Error.ReasonCode.IsFailure() && decoder.Error.Message is { Length: > 0 }, "a reason for the refusal");
        foreach (var packet in _whole)
        {
            if (packet is Connect connect)
                version = connect.Version;
            RoundTrip(packet, version);
        }

        return (status, decoder.Error);
    }

    // The runtime allocates on our thread when it first compiles or starts its compiler: what is ours repeats.
    private static long AllocatedAgain(byte[] input, MqttDecoder decoder)
    {
        var rest = input.AsMemory();
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (!rest.IsEmpty && decoder.Decode(rest, out var consumed, out _) == OperationStatus.Done)
            rest = rest[consumed..];
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void RoundTrip(MqttPacket packet, MqttVersion version)
    {
        Require(MqttEncoder.TryMeasure(packet, version, null, out var size, out _), "what was decoded can be encoded");
        var bytes = new byte[size];
        Require(MqttEncoder.Write(packet, version, bytes) == size, "the measured size is written");
        var decoder = new MqttDecoder(null, version);
        Require(decoder.Decode(bytes, out var consumed, out var again) == OperationStatus.Done && consumed == size, "what was encoded can be decoded");
        Require(packet.Equals(again) && packet.GetHashCode() == again.GetHashCode(), "the same packet comes back");
    }

    private void Chunked(byte[] input, MqttDecoder decoder, OperationStatus whole, PacketError error, Mutator random)
    {
        _chunked.Clear();
        var frames = new MqttFrameDecoder(decoder);
        var status = OperationStatus.Done;
        for (var at = 0; at < input.Length;)
        {
            var size = Math.Min(input.Length - at, 1 + random.Below(random.Below(4) == 0 ? 200 : 5));
            status = frames.Decode(input.AsMemory(at, size).ToArray(), _chunked);
            at += size;
            if (status == OperationStatus.InvalidData)
                break;
            Require((status == OperationStatus.NeedMoreData) == (frames.BufferedBytes > 0) && frames.BufferedBytes <= at, "only a rest is kept");
        }

        Require(status == whole, "the same result however it is cut");
        Require(_chunked.Count == _whole.Count, "as many packets however they are cut");
        for (var index = 0; index < _chunked.Count; index++)
            Require(_chunked[index].Equals(_whole[index]) && _chunked[index].Header == _whole[index].Header, "the same packets however they are cut");
        if (whole == OperationStatus.InvalidData)
            Require(decoder.Error.Message == error.Message && decoder.Error.ReasonCode == error.ReasonCode, "the same error however it is cut");
    }

    // A decoder that knows the topics and properties of the samples takes its fast path where a new one does not: the outcome is the same.
    private void Primed(byte[] input, MqttDecoder decoder, OperationStatus whole, PacketError error)
    {
        foreach (var (version, bytes) in Samples.All)
        {
            if (version == decoder.Version && bytes[0] >> 4 == (int)MqttPacketType.Publish)
                decoder.Decode(bytes, out _, out _);
        }

        var rest = input.AsMemory();
        var status = OperationStatus.Done;
        var count = 0;
        while (!rest.IsEmpty && (status = decoder.Decode(rest, out var consumed, out var packet)) == OperationStatus.Done)
        {
            Require(count < _whole.Count && _whole[count].Equals(packet) && _whole[count].Header == packet!.Header, "the same packets after others");
            count++;
            rest = rest[consumed..];
        }

        Require(status == whole && count == _whole.Count, "the same result after others");
        if (status == OperationStatus.InvalidData)
            Require(decoder.Error.Message == error.Message && decoder.Error.ReasonCode == error.ReasonCode, "the same error after others");
    }

    // Other bytes behind the first packet must not change it: whoever reads beyond is found by what it saw there.
    private void Beyond(byte[] input, MqttDecoder decoder, Mutator random)
    {
        if (_whole.Count == 0)
            return;
        var length = _firstSize;
        var padded = new byte[length + 32];
        input.AsSpan(0, length).CopyTo(padded);
        for (var at = length; at < padded.Length; at++)
            padded[at] = (byte)random.Below(256);
        Require(decoder.Decode(padded, out var consumed, out var packet) == OperationStatus.Done && consumed == length, "only its own bytes are consumed");
        Require(_whole[0].Equals(packet), "what follows a packet does not change it");
    }

    private static MqttDecoder Decoder(MqttRole? receiver, MqttVersion? version) =>
        new(receiver, version) { MaxUserProperties = MaxUserProperties, MaxSubscriptions = MaxSubscriptions };

    private static void Require(bool condition, string rule)
    {
        if (!condition)
            throw new InvalidOperationException(rule);
    }
}
