using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Clients;

/// <summary>
/// The last packets of one direction of a client. Of a chunk it records only the last few packets, so its cost for a chunk does not depend
/// on how many packets the chunk has. Owned by one actor; allocates nothing before the first packet.
/// </summary>
internal sealed class PacketHistory(int capacity, bool received)
{
    private PacketNote[]? _notes;
    private int _next;
    private int _count;

    public void Add(ReadOnlySpan<MqttPacket> packets, TimeProvider clock)
    {
        if (capacity == 0 || packets.IsEmpty)
            return;
        var now = clock.GetUtcNow();
        foreach (var packet in packets.Length > capacity ? packets[^capacity..] : packets)
        {
            if (_notes is null)
                _notes = new PacketNote[1]; // most idle clients have sent one packet
            else if (_count == _notes.Length && _count < capacity)
                Array.Resize(ref _notes, Math.Min(2 * _count, capacity)); // grows before it wraps, up to its full size
            _notes[_next] = Note(packet, now);
            _next = (_next + 1) % capacity;
            _count = Math.Min(_count + 1, capacity);
        }
    }

    /// <summary>The recorded packets, oldest first.</summary>
    public IEnumerable<PacketNote> Notes()
    {
        if (_notes is null)
            yield break;
        for (var at = 0; at < _count; at++)
            yield return _notes[(_next - _count + at + capacity) % capacity];
    }

    private PacketNote Note(MqttPacket packet, DateTimeOffset now) => packet is Publish publish
        ? new PacketNote(now, received, packet.Type, publish.PacketId, publish.Topic, publish.QoS, publish.Payload.Length)
        : new PacketNote(now, received, packet.Type, IdOf(packet), null, default, 0);

    private static ushort IdOf(MqttPacket packet) => packet switch
    {
        PubAck ack => ack.PacketId,
        PubRec rec => rec.PacketId,
        PubRel rel => rel.PacketId,
        PubComp comp => comp.PacketId,
        Subscribe subscribe => subscribe.PacketId,
        SubAck subAck => subAck.PacketId,
        Unsubscribe unsubscribe => unsubscribe.PacketId,
        UnsubAck unsubAck => unsubAck.PacketId,
        _ => 0,
    };
}
