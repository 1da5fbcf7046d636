namespace Akka.Mqtt.Server.Core;

/// <summary>The kinds of data of a session that the memory budget counts separately.</summary>
internal enum SessionMemory
{
    /// <summary>The fixed cost of a session, its will and its QoS 2 receive set.</summary>
    Session,

    /// <summary>Its subscriptions.</summary>
    Subscriptions,

    /// <summary>Messages that wait.</summary>
    Queued,

    /// <summary>Messages that are not acknowledged.</summary>
    InFlight,
}

/// <summary>
/// The memory that all sessions share. A session takes it in steps of many messages. Thread safe.
/// </summary>
internal interface ISessionMemory
{
    /// <summary>Takes bytes if they are available. The fuller the memory is, the less of it a single session may hold.</summary>
    /// <param name="kind">What they are for.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="held">Bytes of this kind that the session holds already.</param>
    /// <returns>Whether they were available; if not, nothing is taken.</returns>
    bool TryTake(SessionMemory kind, long bytes, long held);

    /// <summary>Takes bytes even if they are not available: for data that exists already, or that is always allowed.</summary>
    /// <param name="kind">What they are for.</param>
    /// <param name="bytes">How many; negative returns them.</param>
    void Take(SessionMemory kind, long bytes);
}
