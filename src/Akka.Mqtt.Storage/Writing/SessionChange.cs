using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>What a change set changes of one session beside its deliveries: the sum of its operations.</summary>
internal sealed class SessionChange(SessionInfo session)
{
    /// <summary>The session.</summary>
    public SessionInfo Session { get; } = session;

    /// <summary>Set when it began here.</summary>
    public StoreOp.SessionStarted? Started { get; set; }

    /// <summary>Whether it ended here: nothing else counts then.</summary>
    public bool Ended { get; set; }

    /// <summary>The last word about its connection.</summary>
    public LinkChange Link { get; set; }

    /// <summary>The epoch, when <see cref="HasEpoch"/>.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether a connection came.</summary>
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

    /// <summary>QoS 2 packet identifiers of the client: whether each is in its set.</summary>
    public Dictionary<ushort, bool>? Received { get; set; }

    /// <summary>Whether the database has nothing of it and needs nothing: it began and ended here.</summary>
    public bool IsNothing => Started is not null && Ended;
}

/// <summary>What became of the connection of a session.</summary>
internal enum LinkChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It came.</summary>
    Connected,

    /// <summary>It ended.</summary>
    Disconnected,
}
