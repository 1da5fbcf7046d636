using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// The state of a session in the writer: whether it is held, and the count of a parked one. All held sessions are known, but only recently used parked ones.
/// </summary>
internal sealed class SessionInfo(long id)
{
    /// <summary>The identity.</summary>
    public readonly long Id = id;

    /// <summary>Whether a session of this process holds it; if not, the engine enforces its limits.</summary>
    public bool IsHeld;

    /// <summary>Whether it has ended, or does not exist.</summary>
    public bool IsEnded;

    /// <summary>Whether <see cref="Messages"/> and <see cref="Bytes"/> are known; of a parked session only.</summary>
    public bool IsCounted;

    /// <summary>The number of queued messages.</summary>
    public int Messages;

    /// <summary>Their bytes.</summary>
    public long Bytes;

    /// <summary>The oldest rows, which are dropped next; only those of QoS 0 if the rule says so. Null when none were read.</summary>
    public Queue<QueuedRow>? Oldest;

    /// <summary>Whether <see cref="Oldest"/> has all rows that may be dropped, so that the database need not be read again.</summary>
    public bool HasAllOldest;

    /// <summary>Whether deliveries of it are in the current change set.</summary>
    public bool HasDeliveries;

    /// <summary>The other changes in the current change set; null for none.</summary>
    public SessionChange? Change;

    /// <summary>The number of the last drain that changed it.</summary>
    public long Drain;

    /// <summary>Whether it was held before that drain.</summary>
    public bool WasHeld;

    /// <summary>Whether it was unknown before that drain.</summary>
    public bool WasUnknown;

    /// <summary>The count when it became known.</summary>
    public QueueCount Found;

    /// <summary>Forgets the count.</summary>
    public void Uncount()
    {
        IsCounted = false;
        Oldest = null;
        HasAllOldest = false;
    }
}
