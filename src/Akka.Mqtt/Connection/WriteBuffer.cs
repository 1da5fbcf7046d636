using System.Buffers;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>
/// Packets on their way out of one connection: encoded back to back into a chunk while the chunk before it is being written. Bounded in bytes.
/// Chunks are pooled: rented here, returned here when the transport has acknowledged the write, dropped to the GC if it never does. Owned by
/// the connection actor.
/// </summary>
internal sealed class WriteBuffer(MqttConnectionSettings settings)
{
    private const int SmallestChunk = 256;

    private Queue<Chunk>? _full;
    private Chunk _open;
    private Chunk _out;

    /// <summary>Bytes that wait for a write or are being written.</summary>
    public int QueuedBytes { get; private set; }

    /// <summary>Whether a write is with the transport.</summary>
    public bool IsWriting => _out.Bytes is not null;

    /// <summary>Whether anything waits for a write.</summary>
    public bool HasWaiting => _open.Bytes is not null || _full is { Count: > 0 };

    /// <summary>Whether that many more bytes may be queued. What is larger than the whole queue is taken when nothing else waits.</summary>
    public bool HasRoomFor(long size) => QueuedBytes == 0 || QueuedBytes + size <= settings.MaxQueuedWriteBytes;

    /// <summary>Encodes a packet that was measured.</summary>
    public void Append(MqttPacket packet, MqttVersion version, int size)
    {
        if (_open.Bytes is not null && _open.Count + size > settings.WriteChunkSize)
        {
            (_full ??= new Queue<Chunk>()).Enqueue(_open);
            _open = default;
        }

        if (_open.Bytes is null)
            _open.Bytes = ArrayPool<byte>.Shared.Rent(Math.Max(size, SmallestChunk));
        else if (_open.Count + size > _open.Bytes.Length)
            Grow(_open.Count + size);
        _open.Count += MqttEncoder.Write(packet, version, _open.Bytes.AsSpan(_open.Count));
        QueuedBytes += size;
    }

    /// <summary>What to tell whom when everything appended so far has been written.</summary>
    public void AddAck(IActorRef commander, object ack, object command) => (_open.Acks ??= []).Add(new Ack(commander, ack, command));

    /// <summary>The next chunk, which is now being written.</summary>
    public ReadOnlyMemory<byte> Take()
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

        return new ReadOnlyMemory<byte>(_out.Bytes, 0, _out.Count);
    }

    /// <summary>The transport has taken the chunk: tells the acknowledgements.</summary>
    public void Written(IActorRef connection)
    {
        var chunk = _out;
        _out = default;
        QueuedBytes -= chunk.Count;
        ArrayPool<byte>.Shared.Return(chunk.Bytes!);
        if (chunk.Acks is null)
            return;
        foreach (var ack in chunk.Acks)
            ack.Commander.Tell(ack.Message, connection);
    }

    /// <summary>Gives up what was not written and tells whose acknowledgement will not come.</summary>
    public IEnumerable<Ack> Drop()
    {
        var chunks = new List<Chunk> { _out };
        if (_full is not null)
            chunks.AddRange(_full);
        chunks.Add(_open);
        // The transport may still read the chunk that it has not acknowledged, so that one is not returned.
        foreach (var chunk in chunks.Skip(1))
        {
            if (chunk.Bytes is not null)
                ArrayPool<byte>.Shared.Return(chunk.Bytes);
        }

        (_out, _full, _open, QueuedBytes) = (default, null, default, 0);
        return chunks.SelectMany(chunk => chunk.Acks ?? []);
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
        public int Count;
        public List<Ack>? Acks;
    }
}
