using System.Buffers.Binary;
using System.Net;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// The address by which the server counts peers: an IPv4 address, or the /64 network of an IPv6 address, because one host can have all
/// addresses of such a network. All peers without an IP address (unix sockets, pipes) have one key.
/// </summary>
internal readonly record struct AddressKey(ulong Value, bool IsV6)
{
    /// <summary>The key of peers without an IP address.</summary>
    public static readonly AddressKey None;

    public static AddressKey Of(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
            return None;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 16
            ? new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), true)
            : new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes) | (1UL << 32), false);
    }
}
