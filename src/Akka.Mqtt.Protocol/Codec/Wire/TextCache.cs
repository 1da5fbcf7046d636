using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Texts that this connection has received and will receive again: who repeats one pays neither validation nor a string. A direct-mapped
/// table that grows with its use up to a bound; a collision only forgets. Owned by one decoder; empty until the first text.
/// </summary>
internal sealed class TextCache
{
    /// <summary>Bounds what a peer can make us keep: with <see cref="MaxBytes"/> about 350 KB for one that tries, a few hundred bytes usually.</summary>
    public const int MaxTopics = 512;

    /// <summary>The same for all other texts: content types and the names of user properties, of which an application has a handful.</summary>
    public const int MaxOthers = 64;

    /// <summary>Longer texts are not kept.</summary>
    public const int MaxBytes = 128;

    private const int FirstEntries = 4;

    /// <summary>How often in a row a head may differ before heads are no longer copied: a sender whose payloads all have other sizes must not pay for copies.</summary>
    private const int Patience = 64;

    private readonly int _maxEntries;
    private readonly bool _topics;
    private Entry[] _entries = [];
    private int _evictions;
    private int _patience = Patience;
    private int _last; // the slot of the text that arrived last
    private int _expected; // the slot of the text that arrived after it the time before

    private TextCache(int maxEntries, bool topics)
    {
        _maxEntries = maxEntries;
        _topics = topics;
    }

    /// <summary>Slots allocated.</summary>
    public int Capacity => _entries.Length;

    /// <summary>A cache of topic names, which holds the rules of <see cref="TopicName"/>.</summary>
    public static TextCache OfTopics() => new(MaxTopics, true);

    /// <summary>A cache of texts that need only be well formed.</summary>
    public static TextCache OfTexts() => new(MaxOthers, false);

    /// <summary>The text of bytes that arrived before, or null if they did not or were forgotten.</summary>
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        // Who publishes on one topic repeats it, who publishes on several does so in rounds: the text that arrived after the last one is likely to
        // do so again, and is found without a hash.
        var entries = _entries;
        if ((uint)_expected < (uint)entries.Length)
        {
            ref readonly var entry = ref entries[_expected];
            if (utf8.SequenceEqual(entry.Utf8))
            {
                _last = _expected;
                _expected = entry.Next;
                return entry.Text;
            }
        }

        return FindByHash(utf8);
    }

    /// <summary>The head of the message that bytes begin with, if it is the same that its topic had before, and the topic is the expected one.</summary>
    public PublishHead? Follow(ReadOnlySpan<byte> bytes)
    {
        var entries = _entries;
        if ((uint)_expected >= (uint)entries.Length)
            return null;
        ref readonly var entry = ref entries[_expected];
        if (entry.Head is not { } head || !head.Begins(bytes))
            return null;
        _patience = Patience;
        _last = _expected;
        _expected = entry.Next;
        return head;
    }

    /// <summary>Keeps the head of a message whose topic was found last, for <see cref="Follow"/>.</summary>
    public void KeepHead(Publish message, ReadOnlySpan<byte> wire)
    {
        ref var entry = ref _entries[_last];
        if (!ReferenceEquals(entry.Text, message.Topic) || _patience == 0 || entry.Head?.Begins(wire) == true)
            return;
        if (entry.Head is not null)
            _patience--;
        entry.Head = new PublishHead(message, wire);
    }

    /// <summary>Forgets what was checked by rules that no longer hold; texts stay.</summary>
    public void ForgetHeads()
    {
        foreach (ref var entry in _entries.AsSpan())
            entry.Head = null;
    }

    /// <summary>The text of bytes, or null if they are not a topic name, or not a text.</summary>
    public string? Get(ReadOnlySpan<byte> utf8) => Find(utf8) ?? Add(utf8);

    [MethodImpl(MethodImplOptions.NoInlining)] // the loop that decodes messages has better use for the registers
    private string? FindByHash(ReadOnlySpan<byte> utf8)
    {
        var entries = _entries;
        if (utf8.Length > MaxBytes || entries.Length == 0)
            return null;
        var hash = Hash(utf8);
        var at = (int)(hash & (uint)(entries.Length - 1));
        ref readonly var entry = ref entries[at];
        if (entry.Hash != hash || !utf8.SequenceEqual(entry.Utf8))
            return null;
        MoveTo(at);
        return entry.Text;
    }

    private string? Add(ReadOnlySpan<byte> utf8)
    {
        var text = !_topics || TopicName.IsValid(utf8) ? Utf8Rules.Decode(utf8) : null;
        if (text is null || utf8.Length > MaxBytes)
            return text;
        if (_entries.Length == 0)
            _entries = new Entry[FirstEntries];
        var hash = Hash(utf8);
        if (_entries[hash & (uint)(_entries.Length - 1)].Text is not null && ++_evictions > _entries.Length && _entries.Length < _maxEntries)
            Grow();

        var at = (int)(hash & (uint)(_entries.Length - 1));
        _entries[at] = new Entry { Hash = hash, Text = text, Utf8 = utf8.ToArray(), Next = at };
        MoveTo(at);
        return text;
    }

    private void MoveTo(int at)
    {
        _entries[_last].Next = at;
        _last = at;
        _expected = _entries[at].Next;
    }

    private void Grow()
    {
        var grown = new Entry[Math.Min(_entries.Length * 4, _maxEntries)];
        foreach (var entry in _entries)
        {
            if (entry.Text is not null)
                grown[entry.Hash & (uint)(grown.Length - 1)] = entry with { Next = 0 };
        }

        _entries = grown;
        _evictions = 0;
        _last = 0;
    }

    // All bytes count, since topics differ anywhere. Quality matters little, speed much (a processor has CRC-32C): a chosen collision costs
    // the attacker's own connection a string per message.
    internal static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        if (utf8.Length >= 8)
        {
            var rest = utf8;
            for (; rest.Length > 8; rest = rest[8..])
                hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            return BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(utf8[^8..])); // overlaps what was read
        }

        foreach (var next in utf8)
            hash = BitOperations.Crc32C(hash, next);
        return hash;
    }

    private struct Entry
    {
        public string? Text;
        public byte[]? Utf8;
        public PublishHead? Head;
        public uint Hash;

        // The slot of the text that arrived after this one: a guess, which costs a comparison when it is wrong.
        public int Next;
    }
}
