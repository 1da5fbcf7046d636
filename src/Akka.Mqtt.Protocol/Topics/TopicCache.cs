using System.Buffers.Binary;
using System.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Topic names that this connection has received: who repeats a topic pays neither validation nor a string. A direct-mapped table that
/// grows with its use up to <see cref="MaxEntries"/>; a collision only forgets. Owned by one decoder; empty until the first PUBLISH.
/// </summary>
internal sealed class TopicCache
{
    /// <summary>Bounds what a peer can make us keep: with <see cref="MaxBytes"/> about 150 KB for one that tries, a few hundred bytes usually.</summary>
    public const int MaxEntries = 512;

    /// <summary>Longer topics are not kept.</summary>
    public const int MaxBytes = 128;

    private const int FirstEntries = 4;

    private Entry[] _entries = [];
    private int _evictions;

    /// <summary>Slots allocated.</summary>
    public int Capacity => _entries.Length;

    /// <summary>The text of a topic name, or null if the bytes are not one.</summary>
    public string? Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            return Parse(utf8);
        var hash = Hash(utf8);
        var entries = _entries;
        if (entries.Length > 0)
        {
            ref readonly var entry = ref entries[hash & (uint)(entries.Length - 1)];
            if (entry.Hash == hash && entry.Holds(utf8))
                return entry.Text;
        }

        return Add(utf8, hash);
    }

    private static string? Parse(ReadOnlySpan<byte> utf8) => TopicName.IsValid(utf8) ? Utf8Rules.Decode(utf8) : null;

    private string? Add(ReadOnlySpan<byte> utf8, uint hash)
    {
        if (Parse(utf8) is not { } text)
            return null;
        if (_entries.Length == 0)
            _entries = new Entry[FirstEntries];
        if (_entries[hash & (uint)(_entries.Length - 1)].Text is not null && ++_evictions > _entries.Length && _entries.Length < MaxEntries)
            Grow();

        // An ASCII text is compared with the bytes directly; only others need their bytes kept.
        _entries[hash & (uint)(_entries.Length - 1)] = new Entry(hash, text, text.Length == utf8.Length ? null : utf8.ToArray());
        return text;
    }

    private void Grow()
    {
        var grown = new Entry[_entries.Length * 4 > MaxEntries ? MaxEntries : _entries.Length * 4];
        foreach (var entry in _entries)
        {
            if (entry.Text is not null)
                grown[entry.Hash & (uint)(grown.Length - 1)] = entry;
        }

        _entries = grown;
        _evictions = 0;
    }

    // Quality matters little, speed much: a chosen collision costs the attacker's own connection a string per message.
    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        const ulong Mix = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)utf8.Length * Mix;
        while (utf8.Length > 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8)) * Mix;
            hash ^= hash >> 32;
            utf8 = utf8[8..];
        }

        ulong last = 0;
        if (utf8.Length == 8)
        {
            last = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
        }
        else if (utf8.Length >= 4)
        {
            last = BinaryPrimitives.ReadUInt32LittleEndian(utf8) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(utf8[^4..]) << 32;
        }
        else
        {
            foreach (var next in utf8)
                last = last << 8 | next;
        }

        hash = (hash ^ last) * Mix;
        return (uint)(hash >> 32);
    }

    private readonly record struct Entry(uint Hash, string? Text, byte[]? Utf8)
    {
        public bool Holds(ReadOnlySpan<byte> utf8) => Utf8 is null ? Text is not null && Ascii.Equals(utf8, Text) : utf8.SequenceEqual(Utf8);
    }
}
