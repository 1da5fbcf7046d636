namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// What a <see cref="LevelMap{T}"/> holds: found by a topic level, which it knows itself, so that the map keeps neither key nor hash.
/// </summary>
internal abstract class LevelEntry(int hash)
{
    /// <summary>The hash of the level by <see cref="HashOf"/>.</summary>
    public int Hash { get; } = hash;

    /// <summary>The level.</summary>
    public abstract ReadOnlySpan<char> Level { get; }

    /// <summary>The hash of a level. Keyed anew in each process: clients choose levels, and must not choose what collides.</summary>
    public static int HashOf(ReadOnlySpan<char> level) => string.GetHashCode(level);

    /// <summary>Whether this is the entry of a level.</summary>
    public virtual bool IsAt(ReadOnlySpan<char> level) => level.SequenceEqual(Level);
}
