namespace Akka.Mqtt.Protocol.Session;

/// <summary>A message on its way to one subscriber, and when the server received it.</summary>
/// <param name="Packet">The packet to send, its identifier not yet given.</param>
/// <param name="ReceivedAt">When it was received, in milliseconds of the server's monotonic clock.</param>
internal readonly record struct QueuedMessage(Publish Packet, long ReceivedAt)
{
    /// <summary>The group of the shared subscription by which the message came, as the server knows it; null for an ordinary one.</summary>
    public object? Share { get; init; }

    /// <summary>An estimate of the memory and wire bytes of the message: what queues are bounded by.</summary>
    public int Size => SizeOf(Packet);

    /// <summary>An estimate of the memory and wire bytes of a message.</summary>
    /// <param name="packet">The message.</param>
    /// <returns>Bytes.</returns>
    public static int SizeOf(Publish packet)
    {
        var size = 64 + packet.Topic.Length + packet.Payload.Length;
        if (packet.Properties is { } properties)
        {
            size += 64 + (properties.CorrelationData?.Length ?? 0);
            size += (properties.ResponseTopic?.Length ?? 0) + (properties.ContentType?.Length ?? 0);
            foreach (var (name, value) in properties.UserProperties)
                size += 16 + name.Length + value.Length;
        }
        return size;
    }

    /// <summary>The packet as it is to be sent now.</summary>
    /// <param name="now">The same clock, now.</param>
    /// <param name="packet">The packet, its Message Expiry Interval less the time it waited; null when it has expired.</param>
    /// <returns>Whether the message still lives.</returns>
    public bool TryGet(long now, out Publish? packet)
    {
        packet = Packet;
        if (Packet.Properties?.MessageExpiryInterval is not { } interval)
            return true;
        var waited = Math.Max(0, now - ReceivedAt) / 1000;
        if (waited == 0 && interval > 0)
            return true;
        if (waited >= interval)
        {
            packet = null; // [MQTT-3.3.2-5 v5]
            return false;
        }
        // [MQTT-3.3.2-6 v5]
        packet = Packet with { Properties = Packet.Properties with { MessageExpiryInterval = interval - (uint)waited } };
        return true;
    }

    /// <summary>
    /// The same message for keeping: the payload is copied when it lies in an array more than four times its size, because a small payload
    /// would else hold a whole received chunk in memory.
    /// </summary>
    /// <returns>The message to keep.</returns>
    public QueuedMessage ForKeeping() => Compact(Packet) is var kept && ReferenceEquals(kept, Packet) ? this : this with { Packet = kept };

    /// <summary>See <see cref="ForKeeping"/>.</summary>
    /// <param name="packet">A packet.</param>
    /// <returns>The same packet, or one with a payload of its own.</returns>
    public static Publish Compact(Publish packet) =>
        !packet.Payload.IsEmpty
        && System.Runtime.InteropServices.MemoryMarshal.TryGetArray(packet.Payload.Memory, out var segment)
        && segment.Array!.Length > 4L * packet.Payload.Length
            ? packet with { Payload = packet.Payload.ToArray() }
            : packet;
}
