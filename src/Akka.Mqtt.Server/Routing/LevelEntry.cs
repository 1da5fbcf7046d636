namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// An entry of a <see cref="LevelMap{T}"/>. It is found by a topic level, which it contains itself, so that the map stores neither key nor
/// hash.
/// </summary>
internal abstract class LevelEntry(int hash)
{
    /// <summary>The hash of the level by <see cref="HashOf"/>.</summary>
    public int Hash { get; } = hash;

    /// <summary>The level.</summary>
    public abstract ReadOnlySpan<char> Level { get; }

    /// <summary>
    /// The hash of a level. Its seed is random in each process: clients choose levels, and must not be able to choose colliding ones.
    /// </summary>
    public static int HashOf(ReadOnlySpan<char> level) => string.GetHashCode(level);

    /// <summary>Whether this is the entry of a level.</summary>
    public virtual bool IsAt(ReadOnlySpan<char> level) => level.SequenceEqual(Level);
}
