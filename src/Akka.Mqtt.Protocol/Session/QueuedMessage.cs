using System.Runtime.InteropServices;

namespace Akka.Mqtt.Protocol.Session;

/// <summary>A message for one subscriber, and when the server received it.</summary>
/// <param name="Packet">The packet to send, without its identifier.</param>
/// <param name="ReceivedAt">
/// When it was received, in milliseconds since the Unix epoch, because the value must be valid after a restart.
/// </param>
internal readonly record struct QueuedMessage(Publish Packet, long ReceivedAt)
{
    // Bytes for a kept message: the record, its place in a queue or window, and the header of an array for a payload of its own.
    private const int KeptMessage = 168;
    private const int KeptProperties = 96;
    private const int EmptyText = 24; // header, length and terminator of a string, rounded up

    /// <summary>The group of the shared subscription through which the message arrived; null for an ordinary subscription.</summary>
    public SharedKey? Share { get; init; }

    /// <summary>An estimate of the wire size of the message, which limits what a connection gets at once.</summary>
    public int Size => SizeOf(Packet);

    /// <summary>The memory that the message takes while it is kept, in bytes; limits queues and windows.</summary>
    public int KeptSize => KeptSizeOf(Packet);

    /// <summary>An estimate of the wire bytes of a message.</summary>
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

    /// <summary>
    /// The memory that a message takes while it is kept, in bytes, with the overhead of its objects. Each session that keeps the same
    /// message counts it, because it is unknown which session keeps it longest.
    /// </summary>
    /// <param name="packet">The message.</param>
    /// <returns>Bytes.</returns>
    public static int KeptSizeOf(Publish packet)
    {
        var size = KeptMessage + (2 * packet.Topic.Length) + packet.Payload.Length;
        if (packet.Properties is { } properties)
        {
            size += KeptProperties + (properties.CorrelationData is { } data ? EmptyText + data.Length : 0);
            size += TextSize(properties.ResponseTopic) + TextSize(properties.ContentType) + (4 * properties.SubscriptionIdentifiers.Count);
            foreach (var (name, value) in properties.UserProperties)
                size += 16 + TextSize(name) + TextSize(value);
        }
        return size;
    }

    /// <summary>Returns the packet in the form in which it is sent now.</summary>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <param name="packet">The packet, with its Message Expiry Interval reduced by the waiting time; null when it has expired.</param>
    /// <returns>Whether the message has not expired.</returns>
    public bool TryGet(long now, out Publish? packet)
    {
        packet = Packet;
        if (Packet.Properties?.MessageExpiryInterval is not { } interval)
            return true;
        var waited = Math.Max(0, now - ReceivedAt) / 1000; // if the clock is set back, the waiting time is not negative
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
    /// Returns the packet in the form in which it is sent again. Its delivery has begun, so it is sent even if it has expired since
    /// [MQTT-3.3.2-5 v5] [MQTT-4.3.3-7 v5]; its interval is then 0.
    /// </summary>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <returns>The packet, with its Message Expiry Interval reduced by the time since it was received.</returns>
    public Publish ToSend(long now)
    {
        var waited = (now - ReceivedAt) / 1000;
        if (waited <= 0 || Packet.Properties is not { MessageExpiryInterval: { } interval } properties)
            return Packet;
        // [MQTT-3.3.2-6 v5] reduced by the waiting time, at each sending
        return Packet with { Properties = properties with { MessageExpiryInterval = (uint)Math.Max(0, interval - waited) } };
    }

    /// <summary>
    /// Returns the message for keeping. The payload is copied when its array is more than four times its size; otherwise a small payload
    /// would keep a whole received chunk in memory.
    /// </summary>
    /// <returns>The message to keep.</returns>
    public QueuedMessage ForKeeping() => Compact(Packet) is var kept && ReferenceEquals(kept, Packet) ? this : this with { Packet = kept };

    /// <summary>See <see cref="ForKeeping"/>.</summary>
    /// <param name="packet">A packet.</param>
    /// <returns>The same packet, or one with a payload of its own.</returns>
    public static Publish Compact(Publish packet) =>
        !packet.Payload.IsEmpty
        && MemoryMarshal.TryGetArray(packet.Payload.Memory, out var segment)
        && segment.Array!.Length > 4L * packet.Payload.Length
            ? packet with { Payload = MqttBinary.FromBytes(packet.Payload.Span) }
            : packet;

    private static int TextSize(string? text) => text is null ? 0 : EmptyText + (2 * text.Length);
}
