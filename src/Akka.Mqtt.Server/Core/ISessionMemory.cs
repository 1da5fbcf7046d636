namespace Akka.Mqtt.Server.Core;

/// <summary>What a session keeps, as the memory budget of the server tells it apart.</summary>
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
/// The memory that all sessions share. A session asks in steps, never once a message. Thread safe.
/// </summary>
internal interface ISessionMemory
{
    /// <summary>Takes bytes if they are there: the fuller the memory is, the less each session may hold of it.</summary>
    /// <param name="kind">What they are for.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="held">Bytes of this kind that the session holds already.</param>
    /// <returns>Whether they were there; if not, nothing is taken.</returns>
    bool TryTake(SessionMemory kind, long bytes, long held);

    /// <summary>Takes bytes whether they are there or not: for what is kept already, or may always be kept.</summary>
    /// <param name="kind">What they are for.</param>
    /// <param name="bytes">How many; negative returns them.</param>
    void Take(SessionMemory kind, long bytes);
}
