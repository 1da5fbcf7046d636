namespace Akka.Mqtt.Server.Core;

/// <summary>The kinds of data of a session that the memory budget counts separately.</summary>
internal enum SessionMemory
{
    /// <summary>The fixed cost of a session, its will and its QoS 2 receive set.</summary>
    Session,

    /// <summary>Its subscriptions.</summary>
    Subscriptions,

    /// <summary>Messages in the queue.</summary>
    Queued,

    /// <summary>Messages in flight: sent and not completely acknowledged.</summary>
    InFlight,
}

/// <summary>
/// The memory budget that all sessions share. A session takes memory in steps that are large enough for many messages. Thread safe.
/// </summary>
internal interface ISessionMemory
{
    /// <summary>Takes bytes if they are available. The less memory is left, the less of it a single session may hold.</summary>
    /// <param name="kind">The kind of data.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="held">Bytes of this kind that the session already holds.</param>
    /// <returns>Whether they were available; if not, nothing is taken.</returns>
    bool TryTake(SessionMemory kind, long bytes, long held);

    /// <summary>Takes bytes even if they are not available: for data that exists already, or that is always allowed.</summary>
    /// <param name="kind">The kind of data.</param>
    /// <param name="bytes">How many; negative returns them.</param>
    void Take(SessionMemory kind, long bytes);
}
