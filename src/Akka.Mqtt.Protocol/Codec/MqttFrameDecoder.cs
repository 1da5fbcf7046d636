using System.Buffers;
using System.Runtime.InteropServices;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Decodes chunks, split anywhere, into packets. It consists of a <see cref="MqttDecoder"/> and the beginning of an incomplete packet.
/// Whole packets are decoded in the chunk; only a packet that spans several chunks is copied. Owned by one thread at a time.
/// </summary>
public sealed class MqttFrameDecoder
{
    /// <summary>The highest number of bytes allocated beyond those that have arrived.</summary>
    private const int FirstAllocation = 4096;

    /// <summary>Enough for any fixed header.</summary>
    private const int LargestHeader = 5;

    /// <summary>The assumed minimum size of a packet when room is made for the packets of a chunk.</summary>
    private const int SmallPacket = 32;

    // Never reused, because the payload of the packet that is completed in it refers to it.
    private byte[] _partial = [];
    private int _partialSize; // the declared size of the packet in _partial; 0 while its header is not whole
    private bool _failed;

    /// <summary>Makes a frame decoder.</summary>
    /// <param name="decoder">The packet decoder, with version, role and limit.</param>
    public MqttFrameDecoder(MqttDecoder decoder)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        Decoder = decoder;
    }

    /// <summary>The packet decoder.</summary>
    public MqttDecoder Decoder { get; }

    /// <summary>Bytes of an incomplete packet that are kept for the next chunk.</summary>
    public int BufferedBytes { get; private set; }

    /// <summary>Bytes allocated to keep them.</summary>
    internal int BufferCapacity => _partial.Length;

    /// <summary>Decodes all packets that this chunk completes and keeps the rest.</summary>
    /// <param name="chunk">The next bytes. They must not be changed afterwards, because payloads refer to them.</param>
    /// <param name="packets">Receives the packets in order. After an error it contains the packets before the error.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/> when the chunk ended with a packet; <see cref="OperationStatus.NeedMoreData"/> when part of a
    /// packet is kept; <see cref="OperationStatus.InvalidData"/> with <see cref="MqttDecoder.Error"/> set when nothing more can be
    /// decoded. The latter is also the result when memory runs out.
    /// </returns>
    public OperationStatus Decode(ReadOnlyMemory<byte> chunk, List<MqttPacket> packets)
    {
        ArgumentNullException.ThrowIfNull(packets);
        if (_failed)
            return OperationStatus.InvalidData;
        var count = packets.Count;
        try
        {
            return DecodeChunk(chunk, packets);
        }
        catch (OutOfMemoryException)
        {
            KeepDecoded(packets, count);
            Decoder.FailForMemory();
            return Fail();
        }
    }

    private OperationStatus DecodeChunk(ReadOnlyMemory<byte> chunk, List<MqttPacket> packets)
    {
        if (BufferedBytes > 0)
        {
            var status = Complete(ref chunk, packets);
            if (status != OperationStatus.Done)
                return status;
        }

        var bytes = chunk.Span;
        var result = DecodeWhole(in chunk, bytes, packets, out var consumed);
        return result switch
        {
            OperationStatus.InvalidData => Fail(),
            OperationStatus.NeedMoreData => Keep(bytes[consumed..]),
            _ => result,
        };
    }

    // The list was enlarged before decoding: entries that were not decoded are null.
    private static void KeepDecoded(List<MqttPacket> packets, int count)
    {
        var slots = CollectionsMarshal.AsSpan(packets);
        while (count < slots.Length && slots[count] is not null)
            count++;
        CollectionsMarshal.SetCount(packets, count);
    }

    /// <summary>Decodes the packets that are complete in a chunk.</summary>
    private OperationStatus DecodeWhole(in ReadOnlyMemory<byte> chunk, ReadOnlySpan<byte> bytes, List<MqttPacket> packets, out int consumed)
    {
        // The list is written as a span, several packets at a time: List.Add would check the type of each packet against that of the
        // array.
        consumed = 0;
        var count = packets.Count;
        var slots = Span<MqttPacket>.Empty;
        var status = OperationStatus.Done;
        while (consumed < bytes.Length)
        {
            // Decodes one packet by itself, then the run that it may start, in the room made for packets of its size.
            status = Decoder.Decode(in chunk, consumed, bytes[consumed..], out var size, out var packet);
            if (status != OperationStatus.Done)
                break;
            consumed += size;
            if (count >= slots.Length)
            {
                CollectionsMarshal.SetCount(packets, count + 1 + (bytes.Length - consumed) / Math.Max(size, SmallPacket));
                slots = CollectionsMarshal.AsSpan(packets);
            }

            slots[count++] = packet!;
            count += Decoder.DecodeRun(in chunk, bytes, ref consumed, slots[count..]);
        }

        CollectionsMarshal.SetCount(packets, count);
        return status;
    }

    /// <summary>Adds to the kept packet, and decodes it when it is whole.</summary>
    private OperationStatus Complete(ref ReadOnlyMemory<byte> chunk, List<MqttPacket> packets)
    {
        // The fixed header is read byte by byte, because the bytes after it may belong to another packet.
        while (_partialSize == 0)
        {
            if (chunk.IsEmpty)
                return OperationStatus.NeedMoreData;
            Append(chunk.Span[..1]);
            chunk = chunk[1..];
            if (!TryLearnSize())
                return Fail();
        }

        var missing = Math.Min(_partialSize - BufferedBytes, chunk.Length);
        Append(chunk.Span[..missing]);
        chunk = chunk[missing..];
        if (BufferedBytes < _partialSize)
            return OperationStatus.NeedMoreData;

        var whole = _partial.AsMemory(0, _partialSize);
        Forget();
        if (Decoder.Decode(whole, out _, out var packet) != OperationStatus.Done)
            return Fail();
        packets.Add(packet!);
        return OperationStatus.Done;
    }

    private OperationStatus Keep(ReadOnlySpan<byte> rest)
    {
        Append(rest[..Math.Min(rest.Length, LargestHeader)]);
        if (!TryLearnSize())
            return Fail();
        Append(rest[BufferedBytes..]);
        return OperationStatus.NeedMoreData;
    }

    private bool TryLearnSize()
    {
        var status = Decoder.ReadHeader(_partial.AsSpan(0, BufferedBytes), out var header, out var headerSize);
        if (status == OperationStatus.Done)
            _partialSize = headerSize + header.RemainingLength;
        return status != OperationStatus.InvalidData;
    }

    // Grows by doubling the received bytes, never above the declared size, which was checked against the limit.
    private void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = BufferedBytes + bytes.Length;
        if (needed > _partial.Length)
        {
            Decoder.Allocating?.Invoke();
            var capacity = _partialSize == 0 ? LargestHeader : Math.Min(_partialSize, Math.Max(FirstAllocation, (int)Math.Min(2L * needed, int.MaxValue)));
            Array.Resize(ref _partial, Math.Max(needed, capacity));
        }

        bytes.CopyTo(_partial.AsSpan(BufferedBytes));
        BufferedBytes = needed;
    }

    private void Forget()
    {
        _partial = [];
        _partialSize = 0;
        BufferedBytes = 0;
    }

    private OperationStatus Fail()
    {
        Forget();
        _failed = true;
        return OperationStatus.InvalidData;
    }
}
