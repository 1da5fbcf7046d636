using System.Buffers;
using System.Buffers.Binary;
using Akka.Mqtt.Protocol.Properties;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Reads the fields of one packet body. The first error is kept: afterwards nothing remains and every read returns a default, so that
/// decoding code needs no checks and its caller needs one. Lives on the stack of one decode.
/// </summary>
internal ref struct MqttReader
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _end;

    public MqttReader(ReadOnlyMemory<byte> memory, ReadOnlySpan<byte> bytes, int maxUserProperties)
    {
        _memory = memory;
        _bytes = bytes;
        _end = bytes.Length;
        MaxUserProperties = maxUserProperties;
    }

    /// <summary>The highest number of user properties in one property set.</summary>
    public readonly int MaxUserProperties;

    public readonly int Remaining => _end - _position;

    public string? Problem { get; private set; }

    public ReasonCode Code { get; private set; }

    public readonly bool Failed => Problem is not null;

    public void Fail(ReasonCode code, string problem)
    {
        if (Problem is null)
        {
            Code = code;
            Problem = problem;
        }

        _position = _end;
    }

    public void Malformed(string problem) => Fail(ReasonCode.MalformedPacket, problem);

    public void ProtocolError(string problem) => Fail(ReasonCode.ProtocolError, problem);

    /// <summary>Reports that the packet is valid but exceeds a limit of ours.</summary>
    public void TooMany(string problem) => Fail(ReasonCode.QuotaExceeded, problem);

    /// <summary>Makes only the next bytes readable, for a property set.</summary>
    /// <returns>A value for <see cref="Widen"/>.</returns>
    public int Narrow(int length)
    {
        var outer = _end;
        if (length > Remaining)
            Malformed(PacketProblem.Truncated);
        else
            _end = _position + length;
        return outer;
    }

    public void Widen(int outer)
    {
        _end = outer;
        if (Failed)
            _position = _end;
    }

    public byte ReadByte()
    {
        if (_position < _end)
            return _bytes[_position++];
        Malformed(PacketProblem.Truncated);
        return 0;
    }

    public ushort ReadUInt16()
    {
        if (Remaining >= 2)
        {
            var value = BinaryPrimitives.ReadUInt16BigEndian(_bytes[_position..]);
            _position += 2;
            return value;
        }

        Malformed(PacketProblem.Truncated);
        return 0;
    }

    public uint ReadUInt32()
    {
        if (Remaining >= 4)
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(_bytes[_position..]);
            _position += 4;
            return value;
        }

        Malformed(PacketProblem.Truncated);
        return 0;
    }

    /// <summary>
    /// Reads a Variable Byte Integer inside a packet. Only 5.0 has them, so over-long forms are malformed, [MQTT-1.5.5-1].
    /// </summary>
    public int ReadVariableByteInteger()
    {
        if (_position < _end && _bytes[_position] < 0x80)
            return _bytes[_position++];
        return ReadLongVariableByteInteger();
    }

    private int ReadLongVariableByteInteger()
    {
        switch (VariableByteInteger.Read(_bytes[_position.._end], out var value, out var size))
        {
            case OperationStatus.Done when size == VariableByteInteger.Size((uint)value):
                _position += size;
                return value;
            case OperationStatus.Done:
                Malformed(PacketProblem.LengthNotMinimal);
                return 0;
            case OperationStatus.NeedMoreData:
                Malformed(PacketProblem.Truncated);
                return 0;
            default:
                Malformed(PacketProblem.LengthTooLong);
                return 0;
        }
    }

    /// <summary>Reads a packet identifier: never 0, 3.1.1: [MQTT-2.3.1-1], 5.0: [MQTT-2.2.1-3], [MQTT-2.2.1-4].</summary>
    public ushort ReadPacketId()
    {
        var id = ReadUInt16();
        if (id == 0)
            ProtocolError(PacketProblem.PacketIdZero);
        return id;
    }

    /// <summary>Reads two bytes of length and that number of bytes.</summary>
    public ReadOnlySpan<byte> ReadBlock()
    {
        if (Remaining >= 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes[_position..]);
            var start = _position + 2;
            if (length <= _end - start)
            {
                _position = start + length;
                return _bytes.Slice(start, length);
            }
        }

        Malformed(PacketProblem.Truncated);
        return default;
    }

    /// <summary>
    /// Returns what <see cref="ReadBlock"/> would read, with its length before it and some bytes after it, without moving; empty if it is
    /// incomplete.
    /// </summary>
    public readonly ReadOnlySpan<byte> PeekBlock(int extra)
    {
        if (Remaining < 2)
            return default;
        var size = 2 + BinaryPrimitives.ReadUInt16BigEndian(_bytes[_position..]) + extra;
        return size <= Remaining ? _bytes.Slice(_position, size) : default;
    }

    /// <summary>Returns all remaining bytes without moving.</summary>
    public readonly ReadOnlySpan<byte> PeekRest() => _bytes[_position.._end];

    /// <summary>Moves past bytes that were peeked at.</summary>
    public void Skip(int bytes) => _position += bytes;

    public string ReadString() => ToText(ReadBlock());

    /// <summary>Decodes a string from bytes that were read; fails if a string may not contain them.</summary>
    public string ToText(ReadOnlySpan<byte> utf8)
    {
        var text = Utf8Rules.Decode(utf8);
        if (text is null)
            Malformed(PacketProblem.IllFormedText);
        return text ?? "";
    }

    /// <summary>Reads a string that is likely to repeat.</summary>
    public string ReadString(TextCache? texts)
    {
        if (texts is null)
            return ReadString();
        var text = texts.Get(ReadBlock());
        if (text is null)
            Malformed(PacketProblem.IllFormedText);
        return text ?? "";
    }

    /// <summary>Reads a topic name; fails if it is empty or contains a wildcard.</summary>
    public string ReadTopic(string problem)
    {
        var utf8 = ReadBlock();
        if (!utf8.IsEmpty && AsciiText.IsTopic(utf8))
            return AsciiText.ToText(utf8);
        var topic = ToText(utf8);
        if (topic.Length == 0 || TopicName.HasWildcard(topic))
            Malformed(problem);
        return topic;
    }

    /// <summary>Reads binary data and copies it: small data that is kept long must not keep the whole chunk in memory.</summary>
    public MqttBinary ReadBinary()
    {
        var bytes = ReadBlock();
        return MqttBinary.FromBytes(bytes);
    }

    /// <summary>Reads binary data that refers to the chunk, as the payload of the same PUBLISH does.</summary>
    public MqttBinary ReadAliasedBinary()
    {
        var length = ReadBlock().Length;
        return Failed ? default : MqttBinary.Wrap(_memory.Slice(_position - length, length));
    }

    /// <summary>Reads all remaining bytes; they refer to the chunk.</summary>
    public ReadOnlyMemory<byte> ReadPayload()
    {
        var payload = _memory.Slice(_position, _end - _position);
        _position = _end;
        return payload;
    }

    /// <summary>
    /// Counts consecutive user properties without moving, from the value of the first one: at least 1, at most
    /// <see cref="MaxUserProperties"/>. Writers usually put them together, so their list is usually allocated once, with its final size.
    /// </summary>
    public readonly int CountUserProperties()
    {
        var count = 1;
        var rest = SkipPair(_bytes[_position.._end]);
        for (; count < MaxUserProperties && rest.Length > 4 && rest[0] == (byte)PropertyId.UserProperty; rest = SkipPair(rest[1..]))
            count++;
        return count;
    }

    /// <summary>The same for subscription identifiers: a server sends one for each matching subscription.</summary>
    public readonly int CountSubscriptionIdentifiers()
    {
        var count = 1;
        var rest = SkipInteger(_bytes[_position.._end]);
        for (; rest.Length > 1 && rest[0] == (byte)PropertyId.SubscriptionIdentifier; rest = SkipInteger(rest[1..]))
            count++;
        return count;
    }

    private static ReadOnlySpan<byte> SkipInteger(ReadOnlySpan<byte> rest) =>
        VariableByteInteger.Read(rest, out _, out var size) == OperationStatus.Done ? rest[size..] : default;

    private static ReadOnlySpan<byte> SkipPair(ReadOnlySpan<byte> rest) => SkipBlock(SkipBlock(rest));

    private static ReadOnlySpan<byte> SkipBlock(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 2)
            return default;
        var size = 2 + BinaryPrimitives.ReadUInt16BigEndian(rest);
        return size > rest.Length ? default : rest[size..];
    }

    /// <summary>
    /// Counts the blocks up to the end, each followed by a number of bytes, without moving. So lists are allocated once, with their final
    /// size, and never larger than the available bytes justify.
    /// </summary>
    public readonly int CountBlocks(int extra)
    {
        var count = 0;
        var rest = _bytes[_position.._end];
        while (rest.Length >= 2)
        {
            var size = 2 + BinaryPrimitives.ReadUInt16BigEndian(rest) + extra;
            count++;
            if (size >= rest.Length)
                break;
            rest = rest[size..];
        }

        return count;
    }
}
