using System.Numerics;
using System.Runtime.CompilerServices;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// An immutable map of entries by topic level. Look-up by span allocates nothing. It is a tree with 32 branches by hash that stores only
/// used branches: an entry takes a reference and about 20 bytes of the tree. A change copies one branch array for each level of the tree.
/// </summary>
/// <typeparam name="T">The entry.</typeparam>
internal sealed class LevelMap<T>
    where T : LevelEntry
{
    public static readonly LevelMap<T> Empty = new(0, []);

    private const int Bits = 5;
    private const int HashLength = 32; // when all bits are used, entries with the same hash are stored as a list

    private readonly uint _branches; // bit mask of the branches that have a slot
    private readonly object[] _slots; // entries, and maps of entries whose hashes have the same leading bits

    private LevelMap(uint branches, object[] slots)
    {
        _branches = branches;
        _slots = slots;
    }

    public bool IsEmpty => _slots.Length == 0;

    /// <summary>The entry if the map has exactly one; else null.</summary>
    public T? Only => _slots.Length == 1 ? _slots[0] as T : null;

    /// <summary>The number of parts for <see cref="Get"/>.</summary>
    public int Parts => _slots.Length;

    /// <summary>One part of the map: an entry, or a map of more entries. For callers that enumerate a map step by step.</summary>
    public T? Get(int part, out LevelMap<T>? more)
    {
        more = _slots[part] as LevelMap<T>;
        return more is null ? Unsafe.As<T>(_slots[part]) : null;
    }

    public T? Find(ReadOnlySpan<char> level)
    {
        var slots = _slots;
        if (slots.Length == 0)
            return null;
        if (slots.Length == 1 && slots[0] is not LevelMap<T>) // one entry: comparing it costs less than a hash
            return Unsafe.As<T>(slots[0]) is var only && only.IsAt(level) ? only : null;
        var hash = LevelEntry.HashOf(level);
        var map = this;
        for (var used = 0; used < HashLength; used += Bits)
        {
            var branch = BranchOf(hash, used);
            if ((map._branches & branch) == 0)
                return null;
            var slot = map._slots[map.SlotOf(branch)];
            if (slot is not LevelMap<T> deeper)
                return Unsafe.As<T>(slot) is var entry && entry.Hash == hash && entry.IsAt(level) ? entry : null;
            map = deeper;
        }
        return map.InRow(level) is var at and >= 0 ? (T)map._slots[at] : null;
    }

    /// <summary>Adds an entry, which replaces that of the same level, and returns the new map.</summary>
    public LevelMap<T> With(T entry) => With(entry, 0);

    /// <summary>The position in the order of <see cref="Of"/> for the hash of an entry.</summary>
    public static uint OrderOf(int hash)
    {
        var order = 0u;
        for (var used = 0; used < HashLength; used += Bits)
        {
            var bits = Math.Min(Bits, HashLength - used);
            order = (order << bits) | ((uint)(hash >>> used) & ((1u << bits) - 1));
        }
        return order;
    }

    /// <summary>The hash for a position of <see cref="OrderOf"/>.</summary>
    public static int HashOf(uint order)
    {
        var hash = 0u;
        var left = HashLength;
        for (var used = 0; used < HashLength; used += Bits)
        {
            var bits = Math.Min(Bits, HashLength - used);
            left -= bits;
            hash |= ((order >> left) & ((1u << bits) - 1)) << used;
        }
        return (int)hash;
    }

    /// <summary>Creates the map of entries of different levels at once.</summary>
    /// <param name="entries">The entries, in the order of <see cref="OrderOf"/>.</param>
    public static LevelMap<T> Of(ReadOnlySpan<T> entries) => entries.IsEmpty ? Empty : Make(entries, 0);

    /// <summary>Removes the entry of a level, and returns the new map.</summary>
    public LevelMap<T> Without(ReadOnlySpan<char> level) => Without(level, LevelEntry.HashOf(level), 0);

    private static uint BranchOf(int hash, int used) => 1u << ((hash >>> used) & 31);

    private int SlotOf(uint branch) => BitOperations.PopCount(_branches & (branch - 1));

    private int InRow(ReadOnlySpan<char> level)
    {
        for (var at = 0; at < _slots.Length; at++)
        {
            if (((T)_slots[at]).IsAt(level))
                return at;
        }
        return -1;
    }

    private static LevelMap<T> Make(ReadOnlySpan<T> entries, int used)
    {
        if (used >= HashLength)
            return new LevelMap<T>(0, [.. entries]);
        var branches = 0u;
        foreach (var entry in entries)
            branches |= BranchOf(entry.Hash, used);
        var slots = new object[BitOperations.PopCount(branches)];
        var at = 0;
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var branch = BranchOf(entries[at].Hash, used);
            var end = at + 1;
            while (end < entries.Length && BranchOf(entries[end].Hash, used) == branch)
                end++;
            slots[slot] = end - at == 1 ? entries[at] : Make(entries[at..end], used + Bits);
            at = end;
        }
        return new LevelMap<T>(branches, slots);
    }

    /// <summary>The content of a slot when a second entry is added to it: the new entry, if it has the same level.</summary>
    private static object Joined(T there, T entry, int used) => there.Hash == entry.Hash && there.IsAt(entry.Level)
        ? entry
        : Empty.With(there, used + Bits).With(entry, used + Bits);

    private LevelMap<T> With(T entry, int used)
    {
        if (used >= HashLength)
            return InRow(entry.Level) is var row and >= 0 ? new LevelMap<T>(0, Replaced(row, entry)) : new LevelMap<T>(0, [.. _slots, entry]);
        var branch = BranchOf(entry.Hash, used);
        var at = SlotOf(branch);
        if ((_branches & branch) == 0)
            return new LevelMap<T>(_branches | branch, [.. _slots.AsSpan(0, at), entry, .. _slots.AsSpan(at)]);
        var slot = _slots[at] is LevelMap<T> deeper ? deeper.With(entry, used + Bits) : Joined((T)_slots[at], entry, used);
        return new LevelMap<T>(_branches, Replaced(at, slot));
    }

    private LevelMap<T> Without(ReadOnlySpan<char> level, int hash, int used)
    {
        if (used >= HashLength)
            return InRow(level) is var row and >= 0 ? Without(row, 0) : this;
        var branch = BranchOf(hash, used);
        if ((_branches & branch) == 0)
            return this;
        var at = SlotOf(branch);
        if (_slots[at] is not LevelMap<T> deeper)
            return ((T)_slots[at]).IsAt(level) ? Without(at, branch) : this;
        var fewer = deeper.Without(level, hash, used + Bits);
        if (ReferenceEquals(fewer, deeper))
            return this;
        return new LevelMap<T>(_branches, Replaced(at, (object?)fewer.Only ?? fewer)); // the inner map had at least two entries; a single one moves up
    }

    private LevelMap<T> Without(int at, uint branch) =>
        _slots.Length == 1 ? Empty : new LevelMap<T>(_branches & ~branch, [.. _slots.AsSpan(0, at), .. _slots.AsSpan(at + 1)]);

    private object[] Replaced(int at, object slot)
    {
        var slots = (object[])_slots.Clone();
        slots[at] = slot;
        return slots;
    }
}
