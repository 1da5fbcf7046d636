using System.Runtime.InteropServices;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Counts every byte that the server keeps because of clients, by kind. Each kind has a limit: its share of <c>memory.limit</c>. Thread
/// safe without locks. Call it once a batch, not once a message. The code that takes bytes must return exactly as many as soon as they are
/// free.
/// </summary>
internal sealed class MemoryBudget
{
    // An owner may hold at most this many times the bytes of its kind that are still free. So the largest owners stop growing first, a
    // single owner gets at most two thirds, and an owner that holds nothing always gets some.
    private const int FreeShare = 2;

    // The minimum for each kind, however small the limit is. A server that can keep nothing could not even answer a client that it
    // refuses.
    private const long Least = 64 * 1024;

    private readonly Cell[] _cells;

    public MemoryBudget(MqttServerLimits limits)
    {
        Limit = limits.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var shares = limits.Memory;
        _cells = new Cell[Enum.GetValues<MemoryKind>().Length];
        Set(MemoryKind.PreAuthentication, shares.PreAuthentication);
        Set(MemoryKind.Connections, shares.Connections);
        Set(MemoryKind.Sessions, shares.Sessions);
        Set(MemoryKind.Subscriptions, shares.Subscriptions);
        Set(MemoryKind.Queued, shares.Queued);
        Set(MemoryKind.InFlight, shares.InFlight);
        Set(MemoryKind.Unwritten, shares.Unwritten);
        Set(MemoryKind.Retained, shares.Retained);

        void Set(MemoryKind kind, double share) => _cells[(int)kind].Bound = Limit == long.MaxValue ? long.MaxValue : Math.Max(Least, (long)(Limit * share));
    }

    /// <summary>The memory that the process may use, in bytes; <see cref="long.MaxValue"/> for no limit.</summary>
    public long Limit { get; }

    /// <summary>Bytes of all kinds.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            for (var at = 0; at < _cells.Length; at++)
                total += Volatile.Read(ref _cells[at].Used);
            return total;
        }
    }

    /// <summary>Bytes of a kind in use.</summary>
    /// <param name="kind">The kind.</param>
    public long Used(MemoryKind kind) => Volatile.Read(ref _cells[(int)kind].Used);

    /// <summary>The limit of a kind, in bytes.</summary>
    /// <param name="kind">The kind.</param>
    public long Bound(MemoryKind kind) => _cells[(int)kind].Bound;

    /// <summary>How often a request for bytes of a kind was refused.</summary>
    /// <param name="kind">The kind.</param>
    public long Refusals(MemoryKind kind) => Volatile.Read(ref _cells[(int)kind].Refusals);

    /// <summary>Takes bytes if the limit of the kind allows it, without regard to owners.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">How many, 0 or more.</param>
    /// <returns>Whether they were taken.</returns>
    public bool TryTake(MemoryKind kind, long bytes)
    {
        ref var cell = ref _cells[(int)kind];
        if (Interlocked.Add(ref cell.Used, bytes) <= cell.Bound)
            return true;
        return Refuse(ref cell, bytes);
    }

    /// <summary>
    /// Takes bytes for an owner that may already hold some. The fuller the kind is, the less each owner may hold. Use this for queues,
    /// in-flight messages, unwritten bytes and subscriptions.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">How many, 0 or more.</param>
    /// <param name="held">Bytes of this kind that the owner already holds.</param>
    /// <returns>Whether they were taken.</returns>
    public bool TryTake(MemoryKind kind, long bytes, long held)
    {
        ref var cell = ref _cells[(int)kind];
        var used = Interlocked.Add(ref cell.Used, bytes);
        if (used <= cell.Bound && held + bytes <= FreeShare * Math.Min(cell.Bound - used, long.MaxValue / 4))
            return true;
        return Refuse(ref cell, bytes);
    }

    /// <summary>
    /// Takes bytes without a check: for data that must be kept even above the limit, and that has another limit. An example is the one
    /// message that may always be sent to a client.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">How many, 0 or more.</param>
    public void Take(MemoryKind kind, long bytes) => Interlocked.Add(ref _cells[(int)kind].Used, bytes);

    /// <summary>Returns bytes that are free again.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">The same number that was taken.</param>
    public void Return(MemoryKind kind, long bytes) => Interlocked.Add(ref _cells[(int)kind].Used, -bytes);

    /// <summary>
    /// The highest number of bytes of a kind that one owner may hold now, for an owner that calls <see cref="Take"/> and limits itself.
    /// Takes and counts nothing.
    /// </summary>
    /// <param name="kind">The kind.</param>
    public long ShareOf(MemoryKind kind)
    {
        ref var cell = ref _cells[(int)kind];
        return FreeShare * Math.Clamp(cell.Bound - Volatile.Read(ref cell.Used), 0, long.MaxValue / 4);
    }

    /// <summary>Whether bytes of a kind are available; if not, counts a refusal.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">How many, 0 or more.</param>
    public bool HasRoom(MemoryKind kind, long bytes)
    {
        if (!TryTake(kind, bytes))
            return false;
        Return(kind, bytes);
        return true;
    }

    private static bool Refuse(ref Cell cell, long bytes)
    {
        Interlocked.Add(ref cell.Used, -bytes);
        Interlocked.Increment(ref cell.Refusals);
        return false;
    }

    // Each cell has two cache lines, so that cores that count different kinds never share one.
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Cell
    {
        public long Used;
        public long Bound;
        public long Refusals;
    }
}
