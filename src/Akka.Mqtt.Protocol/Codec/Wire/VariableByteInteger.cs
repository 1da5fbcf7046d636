using System.Buffers;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Variable Byte Integer (section 1.5.5): seven bits a byte, least significant first, at most four bytes.</summary>
internal static class VariableByteInteger
{
    public const int MaxValue = 268_435_455;

    /// <summary>The number of bytes of a value.</summary>
    public static int Size(uint value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>Reads a value. In an over-long form <paramref name="size"/> is larger than <see cref="Size"/> of the value.</summary>
    public static OperationStatus Read(ReadOnlySpan<byte> source, out int value, out int size)
    {
        value = 0;
        for (size = 0; size < source.Length;)
        {
            var next = source[size];
            value |= (next & 0x7F) << (7 * size);
            size++;
            if (next < 0x80)
                return OperationStatus.Done;
            if (size == 4) // U-1.5.5-1: a continuation bit in the fourth byte
                return OperationStatus.InvalidData;
        }

        return OperationStatus.NeedMoreData;
    }

    /// <summary>Writes the shortest form, [MQTT-1.5.5-1].</summary>
    public static int Write(Span<byte> destination, uint value)
    {
        var size = 0;
        for (; value >= 0x80; value >>= 7)
            destination[size++] = (byte)(value | 0x80);
        destination[size++] = (byte)value;
        return size;
    }
}
