namespace Akka.Mqtt.Protocol;

/// <summary>
/// Subscriptions that clients ask for again and again: the same program runs on a thousand devices and subscribes to the same filters. They are
/// immutable, so that one object, checked once, serves all connections, and a server that keeps them keeps one text. A direct-mapped table of
/// fixed size; a collision only forgets. Any thread may ask.
/// </summary>
internal static class KnownSubscriptions
{
    /// <summary>Bounds, with <see cref="MaxBytes"/>, what is kept to 0.6 MB a process.</summary>
    private const int MaxEntries = 1024;

    /// <summary>Longer ones are not kept; filter, its length and the options.</summary>
    private const int MaxBytes = 128 + 3;

    private static readonly Entry?[] Entries = new Entry?[MaxEntries];

    // What missed last in a slot. A filter that names its device comes once a connection: only what misses twice in a row is worth an entry.
    private static readonly uint[] Missed = new uint[MaxEntries];

    /// <summary>The subscription of these bytes, or null if it did not come before or was forgotten.</summary>
    /// <param name="wire">Length, filter and options.</param>
    /// <param name="v5">Whether they are in the form, and were checked by the rules, of 5.0.</param>
    /// <returns>A subscription that is valid in that version.</returns>
    public static Subscription? Find(ReadOnlySpan<byte> wire, bool v5)
    {
        if (wire.Length is 0 or > MaxBytes)
            return null;
        var hash = Hash(wire, v5);
        return Volatile.Read(ref Entries[Slot(hash)]) is { } entry && entry.Hash == hash && entry.V5 == v5 && wire.SequenceEqual(entry.Wire)
            ? entry.Subscription
            : null;
    }

    /// <summary>Keeps a subscription, if it came before.</summary>
    /// <param name="wire">Length, filter and options.</param>
    /// <param name="v5">Whether they were checked by the rules of 5.0.</param>
    /// <param name="subscription">What they mean.</param>
    public static void Add(ReadOnlySpan<byte> wire, bool v5, Subscription subscription)
    {
        if (wire.Length is 0 or > MaxBytes)
            return;
        var hash = Hash(wire, v5);
        ref var missed = ref Missed[Slot(hash)];
        if (missed == hash)
            Volatile.Write(ref Entries[Slot(hash)], new Entry(hash, v5, wire.ToArray(), subscription));
        else
            missed = hash;
    }

    private static uint Hash(ReadOnlySpan<byte> wire, bool v5) => TextCache.Hash(wire) ^ (v5 ? 1u : 0u);

    private static int Slot(uint hash) => (int)(hash * 0x9E3779B1u >> 22); // ten bits that depend on all of the hash

    private sealed class Entry(uint hash, bool v5, byte[] wire, Subscription subscription)
    {
        public readonly uint Hash = hash;
        public readonly bool V5 = v5;
        public readonly byte[] Wire = wire;
        public readonly Subscription Subscription = subscription;
    }
}
