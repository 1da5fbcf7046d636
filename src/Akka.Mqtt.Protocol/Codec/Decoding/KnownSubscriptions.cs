namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Subscriptions that clients request repeatedly: the same program runs on a thousand devices and subscribes to the same filters. They are
/// immutable, so one object, checked once, serves all connections, and a server that keeps them keeps one string. The table contains
/// single subscriptions, and all of a packet together, because the whole packet repeats when no filter contains the name of the device. A
/// direct-mapped table of fixed size: in a collision the older entry is replaced. Thread safe.
/// </summary>
internal static class KnownSubscriptions
{
    /// <summary>Limits, with the other limits, the memory: 3 MB if peers try to fill it, usually some kilobytes.</summary>
    private const int MaxEntries = 1024;

    /// <summary>Longer subscriptions are not kept. For each subscription this counts the filter, its length and the options.</summary>
    private const int MaxBytes = 512;

    /// <summary>Packets with more subscriptions are not kept as a whole.</summary>
    private const int MaxTogether = 16;

    private static readonly Entry?[] Entries = new Entry?[MaxEntries];

    // The last missed hash of each slot. A filter with the name of a device is received once per connection, so only an entry that is
    // missed twice in a row is kept.
    private static readonly uint[] Missed = new uint[MaxEntries];

    /// <summary>
    /// The subscriptions for these bytes; null when they were not received before or were replaced. The array must not be changed.
    /// </summary>
    /// <param name="wire">Length, filter and options of each.</param>
    /// <param name="v5">Whether they have the form of 5.0 and were checked by its rules.</param>
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

    /// <summary>Keeps subscriptions if they were received before.</summary>
    /// <param name="wire">Length, filter and options of each.</param>
    /// <param name="v5">Whether they were checked by the rules of 5.0.</param>
    /// <param name="subscriptions">The subscriptions; the array must not be changed any more.</param>
    public static void Add(ReadOnlySpan<byte> wire, bool v5, Subscription[] subscriptions)
    {
        if (subscriptions.Length <= MaxTogether && IsDue(wire, v5))
            Keep(wire, v5, subscriptions);
    }

    /// <summary>Keeps a single subscription if it was received before.</summary>
    /// <param name="wire">Length, filter and options.</param>
    /// <param name="v5">Whether they were checked by the rules of 5.0.</param>
    /// <param name="subscription">The subscription.</param>
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
