namespace Akka.Mqtt.Server;

/// <summary>Why a message did not reach a subscriber, or was not kept.</summary>
internal enum DropReason
{
    /// <summary>The queue of the session is full.</summary>
    QueueFull,

    /// <summary>The session actor is behind: its mailbox is at its limit.</summary>
    SessionBehind,

    /// <summary>QoS 0 for a client that is away.</summary>
    Offline,

    /// <summary>The message expired before it could be sent.</summary>
    Expired,

    /// <summary>Larger than the client's Maximum Packet Size.</summary>
    TooLarge,

    /// <summary>The store of retained messages is full.</summary>
    RetainedFull,

    /// <summary>The session ended with messages in its queue.</summary>
    SessionEnded,

    /// <summary>The publisher may not publish it, or the subscriber not receive it; or an interceptor refused it.</summary>
    NotAuthorized,
}

/// <summary>Every drop is counted, by reason. Thread safe; counted per batch, not per message.</summary>
internal sealed class DropCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<DropReason>().Length];

    public void Add(DropReason reason, int messages)
    {
        if (messages > 0)
            Interlocked.Add(ref _counts[(int)reason], messages);
    }

    public long Of(DropReason reason) => Interlocked.Read(ref _counts[(int)reason]);
}
