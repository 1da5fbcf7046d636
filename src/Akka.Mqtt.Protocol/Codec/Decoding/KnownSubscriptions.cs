namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Subscriptions that clients ask for again and again: the same program runs on a thousand devices and subscribes to the same filters. They are
/// immutable, so that one object, checked once, serves all connections, and a server that keeps them keeps one text. Both the single ones and
/// all of a packet together are known: where no filter names the device, the whole packet repeats. A direct-mapped table of fixed size; a
/// collision only forgets. Any thread may ask.
/// </summary>
internal static class KnownSubscriptions
{
    /// <summary>Bounds, with the other limits, what is kept: 3 MB for a process whose peers try, some kilobytes usually.</summary>
    private const int MaxEntries = 1024;

    /// <summary>Longer ones are not kept; of each subscription the filter, its length and the options.</summary>
    private const int MaxBytes = 512;

    /// <summary>More of them together are not kept.</summary>
    private const int MaxTogether = 16;

    private static readonly Entry?[] Entries = new Entry?[MaxEntries];

    // What missed last in a slot. A filter that names its device comes once a connection: only what misses twice in a row is worth an entry.
    private static readonly uint[] Missed = new uint[MaxEntries];

    /// <summary>The subscriptions of these bytes, or null if they did not come before or were forgotten. Nobody may write to the array.</summary>
    /// <param name="wire">Length, filter and options of each.</param>
    /// <param name="v5">Whether they are in the form, and were checked by the rules, of 5.0.</param>
    /// <returns>At least one subscription, all valid in that version.</returns>
    public static Subscription[]? Find(ReadOnlySpan<byte> wire, bool v5)
    {
        if (wire.Length is 0 or > MaxBytes)
            return null;
        var hash = Hash(wire, v5);
        return Volatile.Read(ref Entries[Slot(hash)]) is { } entry && entry.Hash == hash && entry.V5 == v5 && wire.SequenceEqual(entry.Wire)
            ? entry.Subscriptions
            : null;
    }

    /// <summary>Keeps subscriptions, if they arrived before.</summary>
    /// <param name="wire">Length, filter and options of each.</param>
    /// <param name="v5">Whether they were checked by the rules of 5.0.</param>
    /// <param name="subscriptions">What they mean; nobody may write to the array any more.</param>
    public static void Add(ReadOnlySpan<byte> wire, bool v5, Subscription[] subscriptions)
    {
        if (subscriptions.Length <= MaxTogether && IsDue(wire, v5))
            Keep(wire, v5, subscriptions);
    }

    /// <summary>Keeps a single one, if it arrived before.</summary>
    /// <param name="wire">Length, filter and options.</param>
    /// <param name="v5">Whether they were checked by the rules of 5.0.</param>
    /// <param name="subscription">What they mean.</param>
    public static void Add(ReadOnlySpan<byte> wire, bool v5, Subscription subscription)
    {
        if (IsDue(wire, v5))
            Keep(wire, v5, [subscription]);
    }

    private static bool IsDue(ReadOnlySpan<byte> wire, bool v5)
    {
        if (wire.Length is 0 or > MaxBytes)
            return false;
        var hash = Hash(wire, v5);
        ref var missed = ref Missed[Slot(hash)];
        if (missed == hash)
            return true;
        missed = hash;
        return false;
    }

    private static void Keep(ReadOnlySpan<byte> wire, bool v5, Subscription[] subscriptions)
    {
        var hash = Hash(wire, v5);
        Volatile.Write(ref Entries[Slot(hash)], new Entry(hash, v5, wire.ToArray(), subscriptions));
    }

    private static uint Hash(ReadOnlySpan<byte> wire, bool v5) => TextCache.Hash(wire) ^ (v5 ? 1u : 0u);

    private static int Slot(uint hash) => (int)(hash * 0x9E3779B1u >> 22); // ten bits that depend on all of the hash

    private sealed class Entry(uint hash, bool v5, byte[] wire, Subscription[] subscriptions)
    {
        public readonly uint Hash = hash;
        public readonly bool V5 = v5;
        public readonly byte[] Wire = wire;
        public readonly Subscription[] Subscriptions = subscriptions;
    }
}
