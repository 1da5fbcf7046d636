using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Akka.Mqtt.Protocol.Text;

/// <summary>
/// Checks for ASCII without U+0000, which nearly all texts of MQTT are, in one pass with vectors. The texts are short, tens of bytes. If
/// the length is not a multiple of the vector size, the last vector overlaps the previous one; so each method first compares the length,
/// and reads only inside the text. Topics that are sent are checked and written by methods of the framework, which were faster.
/// </summary>
internal static class AsciiText
{
    /// <summary>Longer filters do not fit: each character needs a bit of a word.</summary>
    private const int LongestShape = 64;

    // ASCII without U+0000 and wildcards, the characters of nearly all topics. One vectorised pass shows that all rules are kept.
    private static readonly SearchValues<char> TopicChars = SearchValues.Create(
        [.. Enumerable.Range(1, 127).Select(unit => (char)unit).Where(unit => unit is not ('+' or '#'))]);

    /// <summary>Whether bytes are ASCII without U+0000; true for no bytes.</summary>
    public static bool IsText(ReadOnlySpan<byte> text) => IsMadeOf(text, true);

    /// <summary>Whether bytes are ASCII without U+0000, <c>+</c> and <c>#</c>; true for no bytes.</summary>
    public static bool IsTopic(ReadOnlySpan<byte> text) => IsMadeOf(text, false);

    /// <summary>Whether a text has 1 to 65,535 characters of ASCII without U+0000, <c>+</c> and <c>#</c>.</summary>
    public static bool IsTopic(ReadOnlySpan<char> text) => text.Length is > 0 and <= Utf8Rules.MaxBytes && !text.ContainsAnyExcept(TopicChars);

    /// <summary>
    /// Whether bytes are ASCII without U+0000, with wildcards only where they are allowed. Other bytes may be valid filters too.
    /// </summary>
    public static bool IsFilter(ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        if (length is < 16 or > LongestShape)
            return IsTopic(text);
        ref var first = ref MemoryMarshal.GetReference(text);
        var shape = default(FilterShape);
        for (var at = 0; at < length - 16; at += 16)
            shape.Add(Vector128.LoadUnsafe(ref first, (nuint)at), at);
        shape.Add(Vector128.LoadUnsafe(ref first, (nuint)(length - 16)), length - 16);
        return shape.IsValid(length);
    }

    /// <summary>The same for characters.</summary>
    public static bool IsFilter(ReadOnlySpan<char> text)
    {
        var length = text.Length;
        if (length is < 16 or > LongestShape)
            return IsTopic(text);
        ref var first = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(text));
        var shape = default(FilterShape);
        for (var at = 0; at < length - 16; at += 16)
            shape.Add(LoadAsBytes(ref first, at), at);
        shape.Add(LoadAsBytes(ref first, length - 16), length - 16);
        return shape.IsValid(length);
    }

    /// <summary>The string for bytes that <see cref="IsText"/> has accepted.</summary>
    public static string ToText(ReadOnlySpan<byte> text) => Encoding.Latin1.GetString(text); // which only widens

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMadeOf(ReadOnlySpan<byte> text, bool wildcards)
    {
        var length = text.Length;
        if (length < 16)
            return IsMadeOfFew(text, wildcards);
        ref var first = ref MemoryMarshal.GetReference(text);
        var last = length - 16;
        var bad = Bad(Vector128.LoadUnsafe(ref first, (nuint)last), wildcards);
        for (var at = 0; at < last; at += 16)
            bad |= Bad(Vector128.LoadUnsafe(ref first, (nuint)at), wildcards);
        return bad.ExtractMostSignificantBits() == 0;
    }

    private static bool IsMadeOfFew(ReadOnlySpan<byte> text, bool wildcards)
    {
        if (text.Length >= 8)
        {
            // The first and the last eight in one vector.
            var (first, last) = (MemoryMarshal.Read<ulong>(text), MemoryMarshal.Read<ulong>(text[^8..]));
            return Bad(Vector128.Create(first, last).AsByte(), wildcards).ExtractMostSignificantBits() == 0;
        }

        foreach (var unit in text)
        {
            if (unit is 0 or >= 0x80 || (!wildcards && unit is (byte)'+' or (byte)'#'))
                return false;
        }

        return true;
    }

    // U+0000 - 1 has all bits, other ASCII none above the low seven, before or after; '#' and '+' differ in one bit; "equal" is all bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bad(Vector128<byte> text, bool wildcards)
    {
        var bad = text | (text - Vector128<byte>.One);
        return wildcards ? bad : bad | Vector128.Equals(text | Vector128.Create((byte)('#' ^ '+')), Vector128.Create((byte)'+'));
    }

    // Characters that are not ASCII become bytes that are not ASCII.
    private static Vector128<byte> LoadAsBytes(ref ushort first, int at) =>
        Vector128.NarrowWithSaturation(Vector128.LoadUnsafe(ref first, (nuint)at), Vector128.LoadUnsafe(ref first, (nuint)at + 8));

    /// <summary>
    /// The positions of wildcards and slashes in a filter, one bit for each of at most 64 characters, and whether all are text.
    /// </summary>
    private struct FilterShape
    {
        private ulong _plus;
        private ulong _hash;
        private ulong _slash;
        private uint _bad;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector128<byte> characters, int at)
        {
            _bad |= Bad(characters, true).ExtractMostSignificantBits();
            _plus |= Bits(characters, (byte)'+') << at;
            _hash |= Bits(characters, (byte)'#') << at;
            _slash |= Bits(characters, (byte)'/') << at;
        }

        /// <summary>Both wildcards fill a whole level, and <c>#</c> the last one: 5.0 [MQTT-4.7.1-1], [MQTT-4.7.1-2]; 3.1.1 [-2], [-3].</summary>
        public readonly bool IsValid(int length)
        {
            var end = 1UL << (length - 1);
            var first = _slash << 1 | 1; // may begin a level
            var last = _slash >> 1 | end; // may end one
            return _bad == 0 && ((_plus & ~(first & last)) | (_hash & ~(first & end))) == 0;
        }

        private static ulong Bits(Vector128<byte> characters, byte value) =>
            Vector128.Equals(characters, Vector128.Create(value)).ExtractMostSignificantBits();
    }
}
