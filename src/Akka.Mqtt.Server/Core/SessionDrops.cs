namespace Akka.Mqtt.Server.Core;

/// <summary>Messages that a session dropped, by reason, since <see cref="SessionCore.TakeDrops"/>.</summary>
internal struct SessionDrops
{
    /// <summary>The queue of the session was full: the overflow rule dropped the new message or an older one.</summary>
    public int QueueFull;

    /// <summary>The server has no memory left for messages of sessions.</summary>
    public int NoMemory;

    /// <summary>QoS 0 for an offline client.</summary>
    public int Offline;

    /// <summary>Expired before they could be sent.</summary>
    public int Expired;

    /// <summary>The session ended while they waited.</summary>
    public int SessionEnded;

    /// <summary>All of them.</summary>
    public readonly int Total => QueueFull + NoMemory + Offline + Expired + SessionEnded;
}
