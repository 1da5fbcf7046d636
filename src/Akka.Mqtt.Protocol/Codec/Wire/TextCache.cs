using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Texts that this connection has received and will probably receive again. A repeated text needs neither validation nor a new string. A
/// direct-mapped table that grows up to a limit; in a collision the older entry is replaced. Owned by one decoder; allocates nothing
/// before the first text.
/// </summary>
internal sealed class TextCache
{
    /// <summary>
    /// Limits the memory that a peer can take: with <see cref="MaxBytes"/> about 350 KB if it tries, usually a few hundred bytes.
    /// </summary>
    public const int MaxTopics = 512;

    /// <summary>
    /// The same limit for all other texts: content types and the names of user properties, of which an application uses few.
    /// </summary>
    public const int MaxOthers = 64;

    /// <summary>Longer texts are not kept.</summary>
    public const int MaxBytes = 128;

    private const int FirstEntries = 4;

    /// <summary>
    /// How often in a row a head may differ before heads are no longer copied. A sender whose payloads all have different sizes must not
    /// pay for copies.
    /// </summary>
    private const int Patience = 64;

    private readonly int _maxEntries;
    private readonly bool _topics;
    private Entry[] _entries = [];
    private int _evictions;
    private int _patience = Patience;
    private int _last; // the slot of the last text
    private int _expected; // the slot of the text that followed it the last time

    private TextCache(int maxEntries, bool topics)
    {
        _maxEntries = maxEntries;
        _topics = topics;
    }

    /// <summary>The number of allocated slots.</summary>
    public int Capacity => _entries.Length;

    /// <summary>A cache of topic names, which are checked by the rules of <see cref="TopicName"/>.</summary>
    public static TextCache OfTopics() => new(MaxTopics, true);

    /// <summary>A cache of texts that only have to be well formed.</summary>
    public static TextCache OfTexts() => new(MaxOthers, false);

    /// <summary>The text for bytes that were received before; null when they were not or were replaced.</summary>
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        // A publisher on one topic repeats it, and a publisher on several topics usually repeats them in the same order. So the text that
        // followed the last one before is likely to follow it again, and is found without a hash.
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

    /// <summary>
    /// The head of the message with which bytes start, if its topic is the expected one and the head equals the topic's previous head.
    /// </summary>
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

    /// <summary>Discards the heads, because they were checked by rules that no longer apply; texts are kept.</summary>
    public void ForgetHeads()
    {
        foreach (ref var entry in _entries.AsSpan())
            entry.Head = null;
    }

    /// <summary>The text for bytes; null if they are not a topic name, or not a text.</summary>
    public string? Get(ReadOnlySpan<byte> utf8) => Find(utf8) ?? Add(utf8);

    [MethodImpl(MethodImplOptions.NoInlining)] // keeps the registers for the loop that decodes messages
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

    // The hash covers all bytes, because topics can differ anywhere. Speed is more important than quality (a processor has CRC-32C): a
    // chosen collision only costs the attacker's own connection a string per message.
    internal static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        if (utf8.Length >= 8)
        {
            var rest = utf8;
            for (; rest.Length > 8; rest = rest[8..])
                hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            return BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(utf8[^8..])); // overlaps bytes that were already read
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

        // The slot of the text that followed this one last time. It is a guess, which costs a comparison when it is wrong.
        public int Next;
    }
}
