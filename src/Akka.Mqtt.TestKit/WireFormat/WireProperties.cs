using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>The properties of MQTT 5.0 (table 2-4): identifier, name and type.</summary>
internal static class WireProperties
{
    internal enum Kind
    {
        Byte,
        TwoBytes,
        FourBytes,
        VariableInteger,
        Text,
        Binary,
        Pair,
    }

    internal readonly record struct Property(string Name, Kind Kind);

    private static readonly Dictionary<byte, Property> All = new()
    {
        [0x01] = new("Payload Format Indicator", Kind.Byte),
        [0x02] = new("Message Expiry Interval", Kind.FourBytes),
        [0x03] = new("Content Type", Kind.Text),
        [0x08] = new("Response Topic", Kind.Text),
        [0x09] = new("Correlation Data", Kind.Binary),
        [0x0B] = new("Subscription Identifier", Kind.VariableInteger),
        [0x11] = new("Session Expiry Interval", Kind.FourBytes),
        [0x12] = new("Assigned Client Identifier", Kind.Text),
        [0x13] = new("Server Keep Alive", Kind.TwoBytes),
        [0x15] = new("Authentication Method", Kind.Text),
        [0x16] = new("Authentication Data", Kind.Binary),
        [0x17] = new("Request Problem Information", Kind.Byte),
        [0x18] = new("Will Delay Interval", Kind.FourBytes),
        [0x19] = new("Request Response Information", Kind.Byte),
        [0x1A] = new("Response Information", Kind.Text),
        [0x1C] = new("Server Reference", Kind.Text),
        [0x1F] = new("Reason String", Kind.Text),
        [0x21] = new("Receive Maximum", Kind.TwoBytes),
        [0x22] = new("Topic Alias Maximum", Kind.TwoBytes),
        [0x23] = new("Topic Alias", Kind.TwoBytes),
        [0x24] = new("Maximum QoS", Kind.Byte),
        [0x25] = new("Retain Available", Kind.Byte),
        [0x26] = new("User Property", Kind.Pair),
        [0x27] = new("Maximum Packet Size", Kind.FourBytes),
        [0x28] = new("Wildcard Subscription Available", Kind.Byte),
        [0x29] = new("Subscription Identifier Available", Kind.Byte),
        [0x2A] = new("Shared Subscription Available", Kind.Byte),
    };

    public static bool TryGet(byte id, out Property property) => All.TryGetValue(id, out property);

    /// <summary>Reads a value after its identifier.</summary>
    /// <returns>The size in bytes, -1 when the value is incomplete; and the value as text.</returns>
    public static (int Size, string Value) Read(Property property, ReadOnlySpan<byte> source)
    {
        switch (property.Kind)
        {
            case Kind.Byte:
                return source.Length < 1 ? (-1, "") : (1, Number(source[0]));
            case Kind.TwoBytes:
                return source.Length < 2 ? (-1, "") : (2, Number(BinaryPrimitives.ReadUInt16BigEndian(source)));
            case Kind.FourBytes:
                return source.Length < 4 ? (-1, "") : (4, Number(BinaryPrimitives.ReadUInt32BigEndian(source)));
            case Kind.VariableInteger:
                return VariableInteger(source);
            case Kind.Binary:
                var size = Prefixed(source);
                var secret = property.Name == "Authentication Data";
                return size < 0
                    ? (-1, "")
                    : (size, secret || size > 34 ? $"({size - 2} bytes)" : $"({size - 2} bytes) {Wire.Hex(source[2..size])}");
            case Kind.Pair:
                var name = Prefixed(source);
                var value = name < 0 ? -1 : Prefixed(source[name..]);
                return value < 0 ? (-1, "") : (name + value, $"{Text(source[2..name])}: {Text(source.Slice(name + 2, value - 2))}");
            default:
                var length = Prefixed(source);
                return length < 0 ? (-1, "") : (length, Text(source[2..length]));
        }
    }

    private static (int Size, string Value) VariableInteger(ReadOnlySpan<byte> source)
    {
        uint value = 0;
        for (var i = 0; i < 4 && i < source.Length; i++)
        {
            value |= (uint)(source[i] & 0x7F) << (7 * i);
            if ((source[i] & 0x80) == 0)
                return (i + 1, Number(value));
        }

        return (-1, "");
    }

    private static int Prefixed(ReadOnlySpan<byte> source)
    {
        if (source.Length < 2)
            return -1;
        var size = 2 + BinaryPrimitives.ReadUInt16BigEndian(source);
        return size <= source.Length ? size : -1;
    }

    private static string Text(ReadOnlySpan<byte> utf8) => $"\"{Encoding.UTF8.GetString(utf8)}\"";

    private static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
