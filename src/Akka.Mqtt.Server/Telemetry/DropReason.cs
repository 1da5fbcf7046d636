namespace Akka.Mqtt.Server;

/// <summary>Why a message did not reach a subscriber, or was not retained.</summary>
public enum DropReason
{
    /// <summary>The queue of the session is full.</summary>
    QueueFull = 0,

    /// <summary>
    /// The session, or an in-process subscriber, is behind: its mailbox is at its limit. Applies to QoS 0. Of QoS 1 and 2 it applies only
    /// to messages for which no publisher waits, such as a will, once <c>delivery-timeout</c> is over.
    /// </summary>
    SessionBehind = 1,

    /// <summary>QoS 0 for an offline client.</summary>
    Offline = 2,

    /// <summary>The message expired before it could be sent.</summary>
    Expired = 3,

    /// <summary>Larger than the client's Maximum Packet Size, or than <c>max-payload-size</c>.</summary>
    TooLarge = 4,

    /// <summary>The store of retained messages is full: the message was delivered, but not retained.</summary>
    RetainedFull = 5,

    /// <summary>The session ended with messages in its queue.</summary>
    SessionEnded = 6,

    /// <summary>The server is short of memory.</summary>
    MemoryPressure = 7,

    /// <summary>The publisher was throttled, and disconnected before its messages were handled.</summary>
    Throttled = 8,

    /// <summary>The publisher may not publish it, the subscriber may not receive it, or an interceptor refused it.</summary>
    NotAuthorized = 9,
}
