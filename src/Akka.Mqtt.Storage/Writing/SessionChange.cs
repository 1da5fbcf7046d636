using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>The changes of one session in a change set, other than its deliveries: the net result of its operations.</summary>
internal sealed class SessionChange(SessionInfo session)
{
    /// <summary>The session.</summary>
    public SessionInfo Session { get; } = session;

    /// <summary>Set when it started here.</summary>
    public StoreOp.SessionStarted? Started { get; set; }

    /// <summary>Whether it ended here; then the other changes do not matter.</summary>
    public bool Ended { get; set; }

    /// <summary>The last change of its connection.</summary>
    public LinkChange Link { get; set; }

    /// <summary>The epoch, when <see cref="HasEpoch"/>.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether a client connected.</summary>
    public bool HasEpoch { get; set; }

    /// <summary>With <see cref="Link"/>: the Session Expiry Interval.</summary>
    public uint Expiry { get; set; }

    /// <summary>With <see cref="Link"/>: when.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Whether the will changes, to <see cref="Will"/>.</summary>
    public bool HasWill { get; set; }

    /// <summary>The will; null when it is cleared.</summary>
    public Will? Will { get; set; }

    /// <summary>Subscriptions by filter; null for one that ended.</summary>
    public Dictionary<string, SessionSubscription?>? Subscriptions { get; set; }

    /// <summary>The QoS 2 packet identifiers of the client: true for added, false for removed.</summary>
    public Dictionary<ushort, bool>? Received { get; set; }

    /// <summary>Whether nothing must be written, because it started and ended here.</summary>
    public bool IsNothing => Started is not null && Ended;
}

/// <summary>The change of the connection of a session.</summary>
internal enum LinkChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The client connected.</summary>
    Connected,

    /// <summary>It ended.</summary>
    Disconnected,
}
