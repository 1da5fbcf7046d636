using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Finds, within one unit, batches of the same message for subscribers with different QoS, RETAIN or identifiers. Their messages share the topic and payload
/// by reference, and are written once.
/// </summary>
internal sealed class SharedContents
{
    private readonly Dictionary<Key, (Publish Packet, long Content)> _known = [];

    /// <summary>Begins a unit.</summary>
    public void Begin() => _known.Clear();

    /// <summary>The row of a message.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="number">Its identity.</param>
    /// <returns>The identity of the row: its own, or that of an earlier message.</returns>
    public long Of(Publish packet, long number)
    {
        MemoryMarshal.TryGetArray(packet.Payload.Memory, out var payload);
        var key = new Key(packet.Topic, payload.Array, payload.Offset, payload.Count);
        if (_known.TryGetValue(key, out var known))
            return PropertyForm.HaveSameContent(known.Packet, packet) ? known.Content : number;
        _known.Add(key, (packet, number));
        return number;
    }

    /// <summary>Whether a unit queues more than one batch.</summary>
    /// <param name="ops">The unit.</param>
    /// <returns>Whether it does.</returns>
    public static bool MayBeIn(IReadOnlyList<StoreOp> ops)
    {
        var queued = 0;
        for (var at = 0; at < ops.Count && queued < 2; at++)
        {
            if (ops[at] is StoreOp.Queued)
                queued++;
        }
        return queued > 1;
    }

    private readonly struct Key(string topic, byte[]? payload, int offset, int count) : IEquatable<Key>
    {
        private readonly string _topic = topic;
        private readonly byte[]? _payload = payload;
        private readonly int _offset = offset;
        private readonly int _count = count;

        public bool Equals(Key other) => ReferenceEquals(_topic, other._topic) && ReferenceEquals(_payload, other._payload)
            && _offset == other._offset && _count == other._count;

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(
            RuntimeHelpers.GetHashCode(_topic), _payload is null ? 0 : RuntimeHelpers.GetHashCode(_payload), _offset, _count);
    }
}
