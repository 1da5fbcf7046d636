using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Writes the fields of a packet that was measured. A length is written after the bytes that it counts, into room of the smallest possible
/// size; in the rare case that it needs more bytes, the following bytes are moved. So nothing is measured twice. Lives on the stack.
/// </summary>
internal ref struct MqttWriter
{
    private readonly Span<byte> _bytes;
    private int _body;

    public MqttWriter(Span<byte> bytes) => _bytes = bytes;

    public int Position { get; private set; }

    /// <summary>Starts a packet: writes the first byte, and leaves room for the Remaining Length.</summary>
    /// <param name="firstByte">Type and flags.</param>
    /// <param name="atLeast">A lower bound of the Remaining Length.</param>
    public void Begin(byte firstByte, int atLeast = 0)
    {
        _bytes[0] = firstByte;
        Position = _body = 1 + VariableByteInteger.Size((uint)atLeast);
    }

    /// <summary>Ends a packet: writes its Remaining Length.</summary>
    /// <param name="follows">Bytes that belong to the packet but are written elsewhere.</param>
    public void End(int follows = 0) => Close(1, _body, follows);

    public int BeginProperties() => Position++;

    public void EndProperties(int start)
    {
        var length = Position - start - 1;
        if (length < 0x80)
            _bytes[start] = (byte)length;
        else
            Close(start, start + 1, 0);
    }

    public void Byte(byte value) => _bytes[Position++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[Position..], value);
        Position += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[Position..], value);
        Position += 4;
    }

    public void String(string value)
    {
        if (Ascii.FromUtf16(value, _bytes[(Position + 2)..], out var length) != OperationStatus.Done) // nearly all strings are ASCII
            length = Encoding.UTF8.GetBytes(value, _bytes[(Position + 2)..]);
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[Position..], (ushort)length);
        Position += 2 + length;
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes[Position..]);
        Position += bytes.Length;
    }

    public void Binary(MqttBinary value)
    {
        UInt16((ushort)value.Length);
        value.Span.CopyTo(_bytes[Position..]);
        Position += value.Length;
    }

    public void Property(PropertyId id, bool? value)
    {
        if (value is not { } set)
            return;
        Byte((byte)id);
        Byte(set ? (byte)1 : (byte)0);
    }

    public void Property(PropertyId id, ushort? value)
    {
        if (value is not { } set)
            return;
        Byte((byte)id);
        UInt16(set);
    }

    public void Property(PropertyId id, uint? value)
    {
        if (value is not { } set)
            return;
        Byte((byte)id);
        UInt32(set);
    }

    public void Property(PropertyId id, string? value)
    {
        if (value is null)
            return;
        Byte((byte)id);
        String(value);
    }

    public void Property(PropertyId id, MqttBinary? value)
    {
        if (value is not { } set)
            return;
        Byte((byte)id);
        Binary(set);
    }

    public void VariableProperty(PropertyId id, uint value)
    {
        Byte((byte)id);
        Position += VariableByteInteger.Write(_bytes[Position..], value);
    }

    public void UserProperties(MqttList<UserProperty> properties)
    {
        foreach (var (name, value) in properties)
        {
            Byte((byte)PropertyId.UserProperty);
            String(name);
            String(value);
        }
    }

    private void Close(int lengthAt, int content, int follows)
    {
        var length = (uint)(Position - content + follows);
        var missing = lengthAt + VariableByteInteger.Size(length) - content;
        if (missing > 0)
        {
            _bytes[content..Position].CopyTo(_bytes[(content + missing)..]);
            Position += missing;
        }

        VariableByteInteger.Write(_bytes[lengthAt..], length);
    }
}
