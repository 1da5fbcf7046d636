using System.Text;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The filter of one durable session, as <see cref="IndexBuilder"/> read it from the storage. Its ASCII text is in one array with
/// thousands of others, and the subscriber is created when the first message matches. This takes half the memory of a
/// <see cref="TextTail"/> with text and subscriber, and one object instead of three. A start may create a million of them.
/// </summary>
internal sealed class StoredTail : IndexTail
{
    private const int OnStack = 256;

    private readonly StoredText _text;
    private readonly long _session;
    private readonly ushort _at;
    private readonly ushort _length;
    private readonly ushort _start;
    private readonly StoredOptions _options;
    private Subscriber? _subscriber;

    /// <summary>Makes the entry.</summary>
    /// <param name="hash">The hash of its level.</param>
    /// <param name="text">The array with its filter.</param>
    /// <param name="at">The position of the filter in the array.</param>
    /// <param name="length">The length of the filter.</param>
    /// <param name="start">The position of the level in the filter.</param>
    /// <param name="session">The session.</param>
    /// <param name="options">The options of its subscription.</param>
    public StoredTail(int hash, StoredText text, int at, int length, int start, long session, StoredOptions options)
        : base(hash)
    {
        _text = text;
        _session = session;
        (_at, _length, _start) = ((ushort)at, (ushort)length, (ushort)start);
        _options = options;
    }

    public override string Filter => Encoding.ASCII.GetString(_text.Bytes, _at, _length);

    public override int Start => _start;

    public override FilterSubscribers Subscribers => _subscriber ?? Make();

    private ReadOnlySpan<byte> Rest => _text.Bytes.AsSpan(_at + _start, _length - _start);

    public override bool IsAt(ReadOnlySpan<char> level)
    {
        var rest = Rest;
        return rest.Length >= level.Length && (rest.Length == level.Length || rest[level.Length] == Separator)
            && Ascii.Equals(rest[..level.Length], level);
    }

    public override bool IsSame(string filter, int start) => Ascii.Equals(Rest, filter.AsSpan(start));

    public override bool Matches(int length, bool ends, ReadOnlySpan<char> topic)
    {
        var rest = Rest[length..];
        if (rest.Length > OnStack)
            return Matches(Filter.AsSpan(_start + length), ends, topic);
        Span<char> text = stackalloc char[OnStack];
        return Matches(text[..Encoding.ASCII.GetChars(rest, text)], ends, topic);
    }

    // Only one object may exist, whichever thread creates it: a route is valid as long as its subscribers are the same objects.
    private Subscriber Make()
    {
        var made = new Subscriber(_text.Targets, _session, _options, 0);
        return Interlocked.CompareExchange(ref _subscriber, made, null) ?? made;
    }
}

/// <summary>The text of many filters.</summary>
/// <param name="targets">Where to find the targets of their sessions.</param>
internal sealed class StoredText(DurableTargets targets)
{
    /// <summary>In bytes: below the limit for the large object heap, and enough for the longest filter.</summary>
    public const int Size = 1 << 16;

    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(Size);

    public DurableTargets Targets { get; } = targets;
}
