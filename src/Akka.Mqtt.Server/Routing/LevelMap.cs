namespace Akka.Mqtt.Server;

/// <summary>
/// An immutable map from a topic level to a value, looked up by span so that matching allocates nothing: a few entries in a row, many in a
/// tree of 16 branches by hash. A change copies at most a row and one branch array a level of the tree.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
internal sealed class LevelMap<T>
    where T : class
{
    public static readonly LevelMap<T> Empty = new([], null, 0);

    private const int RowLength = 8;
    private const int BitsPerLevel = 4;
    private const int DeepestLevel = 32 / BitsPerLevel; // then the hash is used up, and a row may grow

    private readonly Slot[] _row;
    private readonly LevelMap<T>?[]? _branches;

    private LevelMap(Slot[] row, LevelMap<T>?[]? branches, int count)
    {
        _row = row;
        _branches = branches;
        Count = count;
    }

    public int Count { get; }

    public T? Find(ReadOnlySpan<char> level)
    {
        if (Count == 0)
            return null;
        var hash = string.GetHashCode(level);
        var map = this;
        for (var depth = 0; map._branches is not null; depth++)
        {
            map = map._branches[Branch(hash, depth)];
            if (map is null)
                return null;
        }
        foreach (ref readonly var slot in map._row.AsSpan())
        {
            if (slot.Hash == hash && level.SequenceEqual(slot.Level))
                return slot.Value;
        }
        return null;
    }

    /// <summary>The map with a value set, or removed when it is null.</summary>
    public LevelMap<T> With(string level, T? value) => With(level, string.GetHashCode(level.AsSpan()), value, 0);

    public IEnumerable<T> Values()
    {
        foreach (var slot in _row)
            yield return slot.Value;
        foreach (var branch in _branches ?? [])
        {
            foreach (var value in branch?.Values() ?? [])
                yield return value;
        }
    }

    private static int Branch(int hash, int depth) => (hash >>> (depth * BitsPerLevel)) & 15;

    private LevelMap<T> With(string level, int hash, T? value, int depth)
    {
        if (_branches is not null)
        {
            var at = Branch(hash, depth);
            var before = _branches[at] ?? Empty;
            var after = before.With(level, hash, value, depth + 1);
            var count = Count - before.Count + after.Count;
            if (count == 0)
                return Empty;
            var branches = (LevelMap<T>?[])_branches.Clone();
            branches[at] = after.Count == 0 ? null : after;
            return new LevelMap<T>([], branches, count);
        }
        var index = Array.FindIndex(_row, slot => slot.Hash == hash && slot.Level == level);
        if (value is null)
            {
            return index < 0 ? this
                : _row.Length == 1 ? Empty
                : new LevelMap<T>([.. _row[..index], .. _row[(index + 1)..]], null, Count - 1);
        }
        if (index >= 0)
        {
            var row = (Slot[])_row.Clone();
            row[index] = new Slot(hash, level, value);
            return new LevelMap<T>(row, null, Count);
        }
        Slot[] longer = [.. _row, new Slot(hash, level, value)];
        return longer.Length <= RowLength || depth >= DeepestLevel ? new LevelMap<T>(longer, null, longer.Length) : Split(longer, depth);
    }

    private static LevelMap<T> Split(Slot[] row, int depth)
    {
        var branches = new LevelMap<T>?[16];
        foreach (var slot in row)
        {
            var at = Branch(slot.Hash, depth);
            branches[at] = (branches[at] ?? Empty).With(slot.Level, slot.Hash, slot.Value, depth + 1);
        }
        return new LevelMap<T>([], branches, row.Length);
    }

    private readonly record struct Slot(int Hash, string Level, T Value);
}
