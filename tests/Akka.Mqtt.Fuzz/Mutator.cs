using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Fuzz;

/// <summary>Makes inputs: valid packets, damaged in the ways that break parsers, or plain noise. The same seed gives the same inputs.</summary>
internal sealed class Mutator(int seed)
{
    private const int LargestInput = 2048;

    private static readonly byte[] Interesting = [0x00, 0x01, 0x02, 0x04, 0x0B, 0x23, 0x26, 0x7F, 0x80, 0x81, 0xC0, 0xED, 0xF4, 0xFF];

    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[LargestInput];

    public int Below(int bound) => _random.Next(bound);

    /// <summary>The next input and the version to decode it under; its bytes are its own array.</summary>
    public byte[] Next(out MqttVersion version)
    {
        if (_random.Next(500) == 0)
            return Hostile(out version);
        var length = Start(out version);
        for (var edits = _random.Next(5); edits > 0 && length > 0; edits--)
            length = Mutate(length);
        if (_random.Next(3) == 0)
            length = RepairLength(length);
        return _buffer.AsSpan(0, length).ToArray();
    }

    // A packet in which one thing comes very often: thousands of times, or as often as the limit allows and once more.
    private byte[] Hostile(out MqttVersion version)
    {
        version = MqttVersion.V5;
        var count = _random.Next(4) == 0 ? _random.Next(5000) : _random.Next(140);
        byte[] user = [0x26, 0, 1, (byte)'a', 0, 1, (byte)'b'];
        switch (_random.Next(7))
        {
            case 0: // CONNECT: user properties, and the same in its will
                return Packet(0x10, [0, 4, .. "MQTT"u8, 5, 0x06, 0, 0, .. Properties(user, count), 0, 0, .. Properties(user, _random.Next(140)), 0, 1, (byte)'w', 0, 0]);
            case 1: // PUBLISH: user properties
                return Packet(0x30, [0, 1, (byte)'t', .. Properties(user, count)]);
            case 2: // PUBLISH: subscription identifiers, with user properties between them
                return Packet(0x30, [0, 1, (byte)'t', .. Properties(_random.Next(2) == 0 ? [0x0B, 1] : [0x0B, 1, 0x0B, 0xFF, 0x7F, .. user], count)]);
            case 3: // PUBACK: user properties
                return Packet(0x40, [0, 1, 0, .. Properties(user, count)]);
            case 4: // SUBSCRIBE
                return Packet(0x82, [0, 1, 0, .. Repeat([0, 1, (byte)('a' + _random.Next(26)), 0], count)]);
            case 5: // UNSUBSCRIBE
                return Packet(0xA2, [0, 1, 0, .. Repeat([0, 1, (byte)('a' + _random.Next(26))], count)]);
            default: // SUBACK
                return Packet(0x90, [0, 1, 0, .. Repeat([(byte)_random.Next(3)], count)]);
        }
    }

    private static byte[] Properties(byte[] one, int count) => [.. Length(one.Length * count), .. Repeat(one, count)];

    private static byte[] Packet(byte first, byte[] body) => [first, .. Length(body.Length), .. body];

    private static byte[] Repeat(byte[] one, int count) => [.. Enumerable.Repeat(one, count).SelectMany(each => each)];

    private static byte[] Length(int value) =>
        value < 0x80 ? [(byte)value] : value < 0x4000 ? [(byte)(value | 0x80), (byte)(value >> 7)] : [(byte)(value | 0x80), (byte)(value >> 7 | 0x80), (byte)(value >> 14)];

    private int Start(out MqttVersion version)
    {
        var sample = Samples.All[_random.Next(Samples.All.Count)];
        version = _random.Next(8) == 0 ? (MqttVersion)_random.Next(3, 6) : sample.Version;
        if (_random.Next(20) == 0)
        {
            var noise = _random.Next(64);
            _random.NextBytes(_buffer.AsSpan(0, noise));
            return noise;
        }

        sample.Bytes.CopyTo(_buffer, 0);
        var length = sample.Bytes.Length;
        while (_random.Next(4) == 0)
            length = Append(length, Samples.All[_random.Next(Samples.All.Count)].Bytes);
        return length;
    }

    private int Mutate(int length)
    {
        var at = _random.Next(length);
        switch (_random.Next(8))
        {
            case 0: // flip a bit
                _buffer[at] ^= (byte)(1 << _random.Next(8));
                return length;
            case 1: // an edge value
                _buffer[at] = Interesting[_random.Next(Interesting.Length)];
                return length;
            case 2: // any byte
                _buffer[at] = (byte)_random.Next(256);
                return length;
            case 3: // cut the end
                return at;
            case 4: // remove a piece
                var removed = Math.Min(length - at, 1 + _random.Next(8));
                _buffer.AsSpan(at + removed, length - at - removed).CopyTo(_buffer.AsSpan(at));
                return length - removed;
            case 5: // repeat a piece
                var repeated = Math.Min(length - at, 1 + _random.Next(16));
                return Insert(length, at, _buffer.AsSpan(at, repeated).ToArray());
            case 6: // splice a piece of another packet
                var other = Samples.All[_random.Next(Samples.All.Count)].Bytes;
                var from = _random.Next(other.Length);
                return Insert(length, at, other[from..Math.Min(other.Length, from + 1 + _random.Next(16))]);
            default: // a length field off by a little
                _buffer[at] = (byte)(_buffer[at] + _random.Next(-2, 3));
                return length;
        }
    }

    // Makes the Remaining Length fit again, so that damage gets past the framing.
    private int RepairLength(int length)
    {
        if (length is < 2 or > 16_000)
            return length;
        var body = length - 2;
        if (body < 128)
        {
            _buffer[1] = (byte)body;
            return length;
        }

        body--;
        _buffer[1] = (byte)(body & 0x7F | 0x80);
        _buffer[2] = (byte)(body >> 7);
        return length;
    }

    private int Append(int length, byte[] bytes) => Insert(length, length, bytes);

    private int Insert(int length, int at, byte[] bytes)
    {
        if (length + bytes.Length > LargestInput)
            return length;
        _buffer.AsSpan(at, length - at).CopyTo(_buffer.AsSpan(at + bytes.Length));
        bytes.CopyTo(_buffer, at);
        return length + bytes.Length;
    }
}
