namespace Akka.Mqtt.Server;

/// <summary>Why a message did not reach a subscriber, or was not kept.</summary>
public enum DropReason
{
    /// <summary>The queue of the session is full.</summary>
    QueueFull = 0,

    /// <summary>
    /// The session, or an in-process subscriber, is behind: its mailbox is at its limit. QoS 0; of QoS 1 and 2 only what no publisher waits for, as a will or a
    /// message of another node, once <c>delivery-timeout</c> is over.
    /// </summary>
    SessionBehind = 1,

    /// <summary>QoS 0 for a client that is away.</summary>
    Offline = 2,

    /// <summary>The message expired before it could be sent.</summary>
    Expired = 3,

    /// <summary>Larger than the client's Maximum Packet Size, or than <c>max-payload-size</c>.</summary>
    TooLarge = 4,

    /// <summary>The store of retained messages is full: delivered, but not kept.</summary>
    RetainedFull = 5,

    /// <summary>The session ended with messages in its queue.</summary>
    SessionEnded = 6,

    /// <summary>The server is short of memory.</summary>
    MemoryPressure = 7,

    /// <summary>The publisher was throttled and went away before its messages were taken.</summary>
    Throttled = 8,

    /// <summary>The publisher may not publish it, or the subscriber not receive it; or an interceptor refused it.</summary>
    NotAuthorized = 9,
}
