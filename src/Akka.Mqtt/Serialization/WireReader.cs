using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>Reads what <see cref="WireWriter"/> wrote. Payloads refer to the array. Used by one thread, for one message.</summary>
internal sealed class WireReader
{
    private readonly ExtendedActorSystem _system;
    private readonly byte[] _bytes;
    private readonly int _end;
    private int _at;
    private string? _text; // that RepeatedText returned last
    private int _textAt;
    private int _textLength;

    /// <summary>Reads a message.</summary>
    /// <param name="system">
    /// The actor system whose serializers read objects inside the message, and whose actors are resolved by path.
    /// </param>
    /// <param name="bytes">The bytes of the message.</param>
    public WireReader(ExtendedActorSystem system, ReadOnlyMemory<byte> bytes)
    {
        _system = system;
        if (!MemoryMarshal.TryGetArray(bytes, out var array))
            array = new ArraySegment<byte>(bytes.ToArray());
        (_bytes, _at, _end) = (array.Array!, array.Offset, array.Offset + array.Count);
    }

    /// <summary>Whether everything was read.</summary>
    public bool IsAtEnd => _at == _end;

    /// <summary>The bytes that were not read yet.</summary>
    public ReadOnlyMemory<byte> Rest => _bytes.AsMemory(_at, _end - _at);

    public ReadOnlySpan<byte> Take(int count) => _bytes.AsSpan(Skip(count), count);

    public ReadOnlyMemory<byte> TakeMemory(int count) => _bytes.AsMemory(Skip(count), count);

    public byte Byte() => _bytes[Skip(1)];

    public bool Bool() => Byte() != 0;

    public uint UInt()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new SerializationException("A message of Akka.Mqtt contains a number of more than 32 bits.");
    }

    /// <summary>Reads a number of elements, each of which takes at least one byte.</summary>
    public int Count()
    {
        var count = UInt();
        return count <= (uint)(_end - _at) ? (int)count : throw new SerializationException("A message of Akka.Mqtt ends too early.");
    }

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public long[] Longs()
    {
        var values = new long[Count()];
        for (var at = 0; at < values.Length; at++)
            values[at] = Long();
        return values;
    }

    public double Double() => BitConverter.Int64BitsToDouble(Long());

    public TimeSpan Time() => TimeSpan.FromTicks(Long());

    public ReadOnlyMemory<byte> Bytes() => TakeMemory(Count());

    public MqttBinary Binary() => MqttBinary.Wrap(Bytes());

    public string? OptionalText()
    {
        var head = UInt();
        if (head == 0)
            return null;
        var length = (int)((head - 1) >> 1);
        if ((head & 1) != 0)
            return Encoding.UTF8.GetString(Take(length));
        var letters = Take(checked(length * 2));
        return string.Create(length, letters, static (text, source) =>
        {
            for (var at = 0; at < text.Length; at++)
                text[at] = (char)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * at)..]);
        });
    }

    /// <summary>
    /// Like <see cref="OptionalText"/>, for a text that often equals the previous one: if so, it returns the same object.
    /// </summary>
    public string? RepeatedText()
    {
        if (_text is not null && _bytes.AsSpan(_at, _end - _at).StartsWith(_bytes.AsSpan(_textAt, _textLength)))
        {
            _at += _textLength; // the length is written before the text, so equal bytes are an equal text
            return _text;
        }
        _textAt = _at;
        _text = OptionalText();
        _textLength = _at - _textAt;
        return _text;
    }

    /// <summary>Reads a text. Null occurs in packets that violate the rules; the receiving connection refuses them.</summary>
    public string Text() => OptionalText()!;

    /// <exception cref="SerializationException">The text is null.</exception>
    public string RequiredText() => OptionalText() ?? throw new SerializationException("A text is missing.");

    public MqttList<string> Texts()
    {
        var texts = new string[Count()];
        for (var at = 0; at < texts.Length; at++)
            texts[at] = Text();
        return MqttList.Wrap(texts);
    }

    public IActorRef Ref() => Text() is { Length: > 0 } path ? _system.Provider.ResolveActorRef(path) : ActorRefs.Nobody;

    public object? Object()
    {
        if (!Bool())
            return null;
        var id = Int();
        var manifest = Text();
        return _system.Serialization.Deserialize(Bytes().ToArray(), id, manifest);
    }

    private int Skip(int count)
    {
        var at = _at;
        if ((uint)count > (uint)(_end - at))
            throw new SerializationException("A message of Akka.Mqtt ends too early.");
        _at = at + count;
        return at;
    }
}
