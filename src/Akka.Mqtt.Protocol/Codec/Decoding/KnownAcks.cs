namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The acknowledgements without reason code and properties, which are nearly all. A packet is immutable, so each exists once for all
/// connections. They are created when they are first received. Thread safe: two threads that create the same one create equal ones.
/// </summary>
internal static class KnownAcks
{
    private const int PageSize = 256;

    // Limits the memory: four types, 65,535 identifiers, 40 bytes each with its slot: 10.5 MB for a process that has received all of them.
    // A page of 2 KB is created for its first packet.
    private static readonly MqttPacket?[]?[] Pages = new MqttPacket?[4 * 65_536 / PageSize][];

    /// <summary>Returns the packet for a body of two bytes.</summary>
    /// <param name="first">Its first byte, which must be legal.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <returns>The packet; null for types other than these four, and for DUP of MQTT 3.1.</returns>
    public static MqttPacket? Get(byte first, ushort packetId)
    {
        if (first is not (0x40 or 0x50 or 0x62 or 0x70))
            return null;
        var page = Pages[(first >> 4) - (int)MqttPacketType.PubAck << 8 | packetId / PageSize];
        return page is not null && page[packetId % PageSize] is { } known ? known : Make(first, packetId);
    }

    private static MqttPacket Make(byte first, ushort packetId)
    {
        var header = new FixedHeader(first, 2);
        MqttPacket packet = header.Type switch
        {
            MqttPacketType.PubAck => new PubAck(packetId) { Header = header },
            MqttPacketType.PubRec => new PubRec(packetId) { Header = header },
            MqttPacketType.PubRel => new PubRel(packetId) { Header = header },
            _ => new PubComp(packetId) { Header = header },
        };
        ref var page = ref Pages[(first >> 4) - (int)MqttPacketType.PubAck << 8 | packetId / PageSize];
        var packets = Volatile.Read(ref page) ?? Interlocked.CompareExchange(ref page, new MqttPacket?[PageSize], null) ?? page;
        Volatile.Write(ref packets[packetId % PageSize], packet);
        return packet;
    }
}
