using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// What the writer knows of a session: whether it is held, and how much waits in a parked one. Those that are held are all known; of the parked ones
/// only those that were named lately.
/// </summary>
internal sealed class SessionInfo(long id)
{
    /// <summary>The identity.</summary>
    public readonly long Id = id;

    /// <summary>Whether a session of this process holds it; the engine keeps its bounds only when not.</summary>
    public bool IsHeld;

    /// <summary>Whether it has ended, or does not exist.</summary>
    public bool IsGone;

    /// <summary>Whether <see cref="Messages"/> and <see cref="Bytes"/> are known; of a parked session only.</summary>
    public bool IsCounted;

    /// <summary>Messages that wait.</summary>
    public int Messages;

    /// <summary>Their bytes.</summary>
    public long Bytes;

    /// <summary>The rows that wait longest and are dropped next: of QoS 0 only where the rule says so. Null when none were read.</summary>
    public Queue<QueuedRow>? Oldest;

    /// <summary>Whether <see cref="Oldest"/> has all that may be dropped: the database need not be asked again.</summary>
    public bool HasAllOldest;

    /// <summary>Whether deliveries of it are in the current change set.</summary>
    public bool HasDeliveries;

    /// <summary>What changes in the current change set beside deliveries; null for nothing.</summary>
    public SessionChange? Change;

    /// <summary>The number of the drain that touched it last.</summary>
    public long Drain;

    /// <summary>Whether it was held before that drain.</summary>
    public bool WasHeld;

    /// <summary>Whether it was unknown before that drain.</summary>
    public bool WasUnknown;

    /// <summary>What waited when it became known.</summary>
    public QueueCount Found;

    /// <summary>Forgets how much waits.</summary>
    public void Uncount()
    {
        IsCounted = false;
        Oldest = null;
        HasAllOldest = false;
    }
}
