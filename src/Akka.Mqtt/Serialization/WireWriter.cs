using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Unicode;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>Writes the fields of a message into a growing array. Used by one thread, for one message at a time.</summary>
/// <param name="system">The actor system whose serializers write objects inside the message.</param>
/// <param name="capacity">Bytes to start with. An exact value saves a copy.</param>
internal sealed class WireWriter(ExtendedActorSystem system, int capacity)
{
    private byte[] _bytes = new byte[capacity];
    private int _count;

    /// <summary>The number of bytes written.</summary>
    public int Count => _count;

    /// <summary>The written bytes. Nothing may be written afterwards.</summary>
    public byte[] ToArray() => _count == _bytes.Length ? _bytes : _bytes.AsSpan(0, _count).ToArray();

    /// <summary>A copy of the written bytes. Starts the next message in the same array.</summary>
    /// <param name="mostKept">If the array is larger, it is replaced by one of this size.</param>
    public byte[] Restart(int mostKept)
    {
        var copy = GC.AllocateUninitializedArray<byte>(_count);
        _bytes.AsSpan(0, _count).CopyTo(copy);
        _count = 0;
        if (_bytes.Length > mostKept)
            _bytes = new byte[mostKept];
        return copy;
    }

    /// <summary>Writes bytes again that were written at another position of the same message.</summary>
    public void Repeat(int at, int count)
    {
        var room = Take(count);
        _bytes.AsSpan(at, count).CopyTo(room);
    }

    /// <summary>The size of the output of <see cref="Bytes"/>.</summary>
    public static int SizeOfBytes(int length)
    {
        var size = length + 1;
        for (var rest = (uint)length >> 7; rest != 0; rest >>= 7)
            size++;
        return size;
    }

    /// <summary>Reserves bytes, which count as written.</summary>
    public Span<byte> Take(int count)
    {
        if (_bytes.Length - _count < count)
            Array.Resize(ref _bytes, Math.Max(_count + count, _bytes.Length * 2));
        _count += count;
        return _bytes.AsSpan(_count - count, count);
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Seven bits per byte, the lowest first; the high bit means that more bytes follow.</summary>
    public void UInt(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Longs(ReadOnlySpan<long> values)
    {
        UInt((uint)values.Length);
        foreach (var value in values)
            Long(value);
    }

    public void Double(double value) => Long(BitConverter.DoubleToInt64Bits(value));

    public void Time(TimeSpan value) => Long(value.Ticks);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        UInt((uint)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>
    /// 0 for null; else 1 + twice the length in bytes of UTF-8. Text that UTF-8 cannot express, such as half a surrogate pair, is written
    /// as UTF-16, marked by the lowest bit of the length: a packet with such a text must reach the connection that refuses it.
    /// </summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            UInt(0);
            return;
        }

        var size = Encoding.UTF8.GetByteCount(value);
        var at = _count;
        UInt(1 + ((uint)size << 1));
        if (Utf8.FromUtf16(value, Take(size), out _, out _, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done)
            return;
        _count = at;
        UInt(2 + ((uint)value.Length << 1));
        foreach (var letter in value)
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), letter);
    }

    public void Texts(MqttList<string> values)
    {
        UInt((uint)values.Count);
        foreach (var value in values)
            Text(value);
    }

    /// <summary>The path of an actor with the address of this node; empty for nobody.</summary>
    public void Ref(IActorRef? actor) =>
        Text(actor is null || actor.IsNobody() ? "" : global::Akka.Serialization.Serialization.SerializedActorPath(actor));

    /// <summary>Writes an object that a user put into a message, with the serializer of its type.</summary>
    /// <param name="value">The object; null is allowed.</param>
    /// <param name="member">The member that contains it, for the exception.</param>
    /// <exception cref="SerializationException">The serializer of the object cannot write it.</exception>
    public void Object(object? value, string member)
    {
        Bool(value is not null);
        if (value is null)
            return;
        byte[] bytes;
        global::Akka.Serialization.Serializer serializer;
        try
        {
            serializer = system.Serialization.FindSerializerFor(value);
            bytes = serializer.ToBinary(value);
        }
        catch (Exception cause)
        {
            throw new SerializationException($"{member} cannot be sent to another node: {value.GetType()}: {cause.Message}", cause);
        }

        Int(serializer.Identifier);
        Text(global::Akka.Serialization.Serialization.ManifestFor(serializer, value));
        Bytes(bytes);
    }
}
