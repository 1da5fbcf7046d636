using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Clients;

/// <summary>
/// The durable sessions that no actor holds, found by key. Each needs about 25 bytes: a hash of its key and its identity. Two keys may
/// have the same hash, so the caller compares the wanted key with the one in the storage. Thread safe.
/// </summary>
internal sealed class ParkedSessions
{
    private const int OnStack = 512;

    // Each shard has its own lock and table. So no table becomes so large that growing it takes long or needs much memory in one piece.
    private const int Shards = 256;

    private readonly Shard[] _shards = new Shard[Shards];
    private readonly Func<SessionKey, ulong>? _hash;
    private readonly ulong _secret = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private int _count;

    /// <summary>Makes an empty table.</summary>
    /// <param name="hash">The hash function of keys; null for the default, which clients cannot predict.</param>
    public ParkedSessions(Func<SessionKey, ulong>? hash = null)
    {
        _hash = hash;
        for (var at = 0; at < Shards; at++)
            _shards[at] = new Shard();
    }

    /// <summary>
    /// Whether keys with a mount point or a user have been added. If so, one client identifier may have several sessions.
    /// </summary>
    public bool HasMountedOrOwned { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a session that no actor holds from now on.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="session">Its identity.</param>
    public void Add(in SessionKey key, long session)
    {
        var hash = HashOf(key);
        var shard = ShardOf(hash);
        lock (shard)
            shard.Add(hash, session);
        Interlocked.Increment(ref _count);
        if (key.MountPoint.Length > 0 || key.User is not null)
            HasMountedOrOwned = true;
    }

    /// <summary>Adds the sessions of the storage when the server starts.</summary>
    /// <returns>The loader to add them with; call <see cref="Loading.Finish"/> at the end.</returns>
    public Loading Load() => new(this);

    /// <summary>Finds the session of a key. Because of equal hashes it may be that of another key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="except">Sessions that are known to have other keys; null for none.</param>
    /// <returns>The identity; 0 for none.</returns>
    public long Find(in SessionKey key, List<long>? except = null)
    {
        if (Count == 0)
            return 0;
        var hash = HashOf(key);
        var shard = ShardOf(hash);
        lock (shard)
            return shard.Find(hash, except);
    }

    /// <summary>Whether a session is in the table.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="session">Its identity.</param>
    public bool Contains(in SessionKey key, long session)
    {
        var hash = HashOf(key);
        var shard = ShardOf(hash);
        lock (shard)
            return shard.Contains(hash, session);
    }

    /// <summary>Removes a session.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="session">Its identity.</param>
    public void Remove(in SessionKey key, long session)
    {
        var hash = HashOf(key);
        var shard = ShardOf(hash);
        lock (shard)
        {
            if (!shard.Remove(hash, session))
                return;
        }
        Interlocked.Decrement(ref _count);
    }

    private Shard ShardOf(ulong hash) => _shards[hash >> 56];

    private ulong HashOf(in SessionKey key)
    {
        if (_hash is not null)
            return _hash(key);
        var hash = Mixed(_secret, key.ClientId);
        if (key.MountPoint.Length > 0)
            hash = Mixed(hash + 1, key.MountPoint);
        return key.User is { } user ? Mixed(hash + 2, user) : hash;
    }

    private ulong HashOf(in StoredKey key)
    {
        if (_hash is not null)
            return _hash(key.ToKey());
        var hash = Mixed(_secret, key.ClientId);
        if (key.MountPoint.Length > 0)
            hash = Mixed(hash + 1, key.MountPoint);
        return key.HasUser ? Mixed(hash + 2, key.User) : hash;
    }

    private ulong Mixed(ulong hash, string text)
    {
        byte[]? rented = null;
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> buffer = most <= OnStack ? stackalloc byte[OnStack] : (rented = ArrayPool<byte>.Shared.Rent(most));
        hash = Mixed(hash, (ReadOnlySpan<byte>)buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    // Multiplies to 128 bits and folds them, 8 bytes a step, as wyhash does. The secret is random for each process, so that nobody can
    // choose keys that collide.
    private ulong Mixed(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash ^= (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        var rest = 0UL;
        for (var at = 0; at < bytes.Length; at++)
            rest |= (ulong)bytes[at] << (8 * at);
        return Fold(Fold(hash ^ rest));
    }

    private ulong Fold(ulong value)
    {
        var high = Math.BigMul(value ^ 0xA0761D6478BD642FUL, _secret | 1, out var low);
        return high ^ low;
    }

    /// <summary>
    /// Adds many sessions faster: it adds several to one shard at a time, while the table of that shard is in the processor's cache. For
    /// one thread.
    /// </summary>
    /// <param name="to">The table to add them to.</param>
    internal sealed class Loading(ParkedSessions to)
    {
        private const int AtATime = 64;

        private readonly (ulong Hash, long Session)[] _waiting = new (ulong Hash, long Session)[Shards * AtATime];
        private readonly int[] _counts = new int[Shards];

        /// <summary>Adds a session.</summary>
        /// <param name="key">Its key.</param>
        /// <param name="session">Its identity.</param>
        public void Add(in StoredKey key, long session)
        {
            var hash = to.HashOf(key);
            var shard = (int)(hash >> 56);
            if (_counts[shard] == AtATime)
                Flush(shard);
            _waiting[(shard * AtATime) + _counts[shard]++] = (hash, session);
            if (key.MountPoint.Length > 0 || key.HasUser)
                to.HasMountedOrOwned = true;
        }

        /// <summary>Adds the sessions that are still buffered.</summary>
        public void Finish()
        {
            for (var shard = 0; shard < Shards; shard++)
                Flush(shard);
        }

        private void Flush(int number)
        {
            var shard = to._shards[number];
            lock (shard)
            {
                foreach (var (hash, session) in _waiting.AsSpan(number * AtATime, _counts[number]))
                    shard.Add(hash, session);
            }
            Interlocked.Add(ref to._count, _counts[number]);
            _counts[number] = 0;
        }
    }

    /// <summary>
    /// A hash table with open addressing: when a slot is taken, the entry moves on to the next free one. Identity 0 marks a free slot.
    /// </summary>
    private sealed class Shard
    {
        private (ulong Hash, long Session)[] _slots = new (ulong Hash, long Session)[4];
        private int _used;

        public void Add(ulong hash, long session)
        {
            if (_used >= _slots.Length - (_slots.Length / 8) - 1)
                Resize(_slots.Length + (_slots.Length / 2));
            Put(hash, session);
            _used++;
        }

        public long Find(ulong hash, List<long>? except)
        {
            for (var at = PlaceOf(hash); _slots[at].Session != 0; at = Next(at))
            {
                if (_slots[at].Hash == hash && except?.Contains(_slots[at].Session) != true)
                    return _slots[at].Session;
            }
            return 0;
        }

        public bool Contains(ulong hash, long session) => PlaceOf(hash, session) >= 0;

        public bool Remove(ulong hash, long session)
        {
            var at = PlaceOf(hash, session);
            if (at < 0)
                return false;
            _slots[at] = default;
            _used--;
            for (var next = Next(at); _slots[next].Session != 0; next = Next(next)) // later entries may now fit closer to their own slot
            {
                var moved = _slots[next];
                _slots[next] = default;
                Put(moved.Hash, moved.Session);
            }
            if (_slots.Length > 64 && _used < _slots.Length / 4)
                Resize(_slots.Length / 2);
            return true;
        }

        private int Next(int at) => at + 1 == _slots.Length ? 0 : at + 1;

        // Uses other bits than those that choose the shard.
        private int PlaceOf(ulong hash) => (int)(((hash >> 24) & 0xFFFFFFFF) * (ulong)_slots.Length >> 32);

        private int PlaceOf(ulong hash, long session)
        {
            for (var at = PlaceOf(hash); _slots[at].Session != 0; at = Next(at))
            {
                if (_slots[at].Session == session)
                    return at;
            }
            return -1;
        }

        private void Put(ulong hash, long session)
        {
            var at = PlaceOf(hash);
            while (_slots[at].Session != 0)
                at = Next(at);
            _slots[at] = (hash, session);
        }

        private void Resize(int length)
        {
            var before = _slots;
            _slots = new (ulong Hash, long Session)[length];
            foreach (var (hash, session) in before)
            {
                if (session != 0)
                    Put(hash, session);
            }
        }
    }
}
