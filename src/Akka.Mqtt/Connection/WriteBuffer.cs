using System.Buffers;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The write queue of one connection, bounded in bytes. Packets are encoded one after the other into a chunk while the previous chunk is
/// being written. Chunks are taken from a pool, and returned to it when the transport has acknowledged the write; without an
/// acknowledgement they are left to the garbage collector. Large payloads, and batches that were encoded for many connections, are not
/// copied: the transport writes them from their own memory. Owned by the connection actor.
/// </summary>
internal sealed class WriteBuffer(MqttConnectionSettings settings)
{
    private const int SmallestChunk = 256;

    /// <summary>From this size on, a payload is written as a segment of its own. Below it, a copy costs less than one more segment of a system call.</summary>
    private const int LargePayload = 4 * 1024;

    /// <summary>Bytes of received chunks that queued payloads may keep in memory; one payload keeps its whole chunk. Beyond that, payloads are copied.</summary>
    private const int MaxHeldBytes = 1024 * 1024;

    private Queue<Chunk>? _full;
    private Chunk _open;
    private Chunk _out;
    private int _held;

    /// <summary>Bytes that wait for a write or are being written.</summary>
    public int QueuedBytes { get; private set; }

    /// <summary>Whether the transport is writing a chunk.</summary>
    public bool IsWriting => _out.Total > 0;

    /// <summary>Whether anything waits for a write.</summary>
    public bool HasWaiting => _open.Total > 0 || _full is { Count: > 0 };

    /// <summary>
    /// Whether one more command may be queued, whatever its size. It may as long as the queue is not full, so that the largest packet that
    /// the peer accepts can be sent. Then the queue is full and rejects the next command.
    /// </summary>
    public bool HasRoomFor(long _) => QueuedBytes < settings.MaxQueuedWriteBytes;

    /// <summary>Encodes a packet whose size is known.</summary>
    public void Append(MqttPacket packet, MqttVersion version, int size)
    {
        if (_open.Total > 0 && _open.Total + size > settings.WriteChunkSize)
            Complete();
        if (size >= LargePayload && packet is Publish { Payload: { Length: >= LargePayload } payload } && TryHold(payload.Memory))
        {
            Reserve(size - payload.Length);
            _open.Count += MqttEncoder.WriteHead(packet, version, _open.Bytes.AsSpan(_open.Count));
            (_open.Payloads ??= []).Add((_open.Count, payload.Memory));
        }
        else
        {
            Reserve(size);
            _open.Count += MqttEncoder.Write(packet, version, _open.Bytes.AsSpan(_open.Count));
        }

        _open.Total += size;
        QueuedBytes += size;
    }

    /// <summary>Encodes packets whose sizes are known: in one loop, if they are small and fit into the open chunk.</summary>
    /// <param name="packets">The packets.</param>
    /// <param name="version">The version that the sizes are for.</param>
    /// <param name="sender">Which side sends them.</param>
    /// <param name="total">The sum of their sizes.</param>
    public void Append(ReadOnlySpan<MqttPacket> packets, MqttVersion version, MqttRole sender, long total)
    {
        if (_open.Total + total <= settings.WriteChunkSize && total < (long)packets.Length * LargePayload)
        {
            Reserve((int)total);
            var bytes = _open.Bytes.AsSpan(_open.Count, (int)total);
            var at = 0;
            foreach (var packet in packets)
                at += MqttEncoder.Write(packet, version, bytes[at..]);
            _open.Count += at;
            _open.Total += at;
            QueuedBytes += at;
            return;
        }

        foreach (var packet in packets)
        {
            MqttEncoder.TryMeasure(packet, version, sender, out var size, out _);
            Append(packet, version, size);
        }
    }

    /// <summary>Queues packets that were encoded for many connections. The bytes are never changed.</summary>
    public void Append(byte[] encoded)
    {
        if (encoded.Length < LargePayload && _open.Total + encoded.Length <= settings.WriteChunkSize)
        {
            Reserve(encoded.Length);
            encoded.CopyTo(_open.Bytes.AsSpan(_open.Count));
            _open.Count += encoded.Length;
        }
        else
        {
            if (_open.Total > 0 && _open.Total + encoded.Length > settings.WriteChunkSize)
                Complete();
            Reserve(0);
            (_open.Payloads ??= []).Add((_open.Count, encoded));
        }

        _open.Total += encoded.Length;
        QueuedBytes += encoded.Length;
    }

    /// <summary>Adds an acknowledgement that is sent when everything queued so far has been written.</summary>
    public void AddAck(IActorRef commander, object ack, object command) => (_open.Acks ??= []).Add(new Ack(commander, ack, command));

    /// <summary>Takes the next chunk to write, and returns its size in bytes.</summary>
    public OutgoingChunk Take(out int size)
    {
        if (_full is { Count: > 0 })
        {
            _out = _full.Dequeue();
            if (_full.Count == 0)
                _full = null;
        }
        else
        {
            _out = _open;
            _open = default;
        }

        size = _out.Total;
        return new OutgoingChunk(_out.Bytes!, _out.Count, _out.Payloads is null ? null : Gather(in _out));
    }

    /// <summary>Sends the acknowledgements of the chunk that the transport has written.</summary>
    public void Written(IActorRef connection)
    {
        var chunk = _out;
        _out = default;
        QueuedBytes -= chunk.Total;
        _held -= chunk.Held;
        ArrayPool<byte>.Shared.Return(chunk.Bytes!);
        if (chunk.Acks is null)
            return;
        foreach (var ack in chunk.Acks)
            ack.Commander.Tell(ack.Message, connection);
    }

    /// <summary>Drops what was not written, and returns the acknowledgements that fail.</summary>
    public IEnumerable<Ack> Drop()
    {
        var chunks = new List<Chunk> { _out };
        if (_full is not null)
            chunks.AddRange(_full);
        chunks.Add(_open);
        // The transport may still read a chunk that it has not acknowledged, so that chunk is not returned to the pool.
        foreach (var chunk in chunks.Skip(1))
        {
            if (chunk.Bytes is not null)
                ArrayPool<byte>.Shared.Return(chunk.Bytes);
        }

        (_out, _full, _open, QueuedBytes, _held) = (default, null, default, 0, 0);
        return chunks.SelectMany(chunk => chunk.Acks ?? []);
    }

    private static List<ArraySegment<byte>> Gather(in Chunk chunk)
    {
        var segments = new List<ArraySegment<byte>>((chunk.Payloads!.Count * 2) + 1);
        var at = 0;
        foreach (var (after, payload) in chunk.Payloads)
        {
            if (after > at)
                segments.Add(new ArraySegment<byte>(chunk.Bytes!, at, after - at));
            segments.Add(MemoryMarshal.TryGetArray(payload, out var segment) ? segment : new ArraySegment<byte>(payload.ToArray()));
            at = after;
        }

        if (chunk.Count > at)
            segments.Add(new ArraySegment<byte>(chunk.Bytes!, at, chunk.Count - at));
        return segments;
    }

    private bool TryHold(ReadOnlyMemory<byte> payload)
    {
        if (!MemoryMarshal.TryGetArray(payload, out var segment))
            return false;
        if (ReferenceEquals(segment.Array, _open.LastHeld))
            return true;
        if (_held > 0 && _held + segment.Array!.Length > MaxHeldBytes)
            return false;
        _open.LastHeld = segment.Array;
        _open.Held += segment.Array!.Length;
        _held += segment.Array.Length;
        return true;
    }

    private void Complete()
    {
        (_full ??= new Queue<Chunk>()).Enqueue(_open);
        _open = default;
    }

    /// <summary>Makes the array of the open chunk large enough for a number of further bytes.</summary>
    private void Reserve(int size)
    {
        if (_open.Bytes is null)
            _open.Bytes = ArrayPool<byte>.Shared.Rent(Math.Max(size, SmallestChunk));
        else if (_open.Count + size > _open.Bytes.Length)
            Grow(_open.Count + size);
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, Math.Min(_open.Bytes!.Length * 4, settings.WriteChunkSize)));
        _open.Bytes.AsSpan(0, _open.Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_open.Bytes);
        _open.Bytes = larger;
    }

    internal readonly record struct Ack(IActorRef Commander, object Message, object Command);

    private struct Chunk
    {
        public byte[]? Bytes;
        public int Count; // of Bytes
        public int Total; // including payloads that are not in Bytes
        public List<(int After, ReadOnlyMemory<byte> Payload)>? Payloads; // payloads that are not copied, and the number of bytes before each
        public int Held; // bytes of received chunks that these payloads keep
        public byte[]? LastHeld;
        public List<Ack>? Acks;
    }
}
