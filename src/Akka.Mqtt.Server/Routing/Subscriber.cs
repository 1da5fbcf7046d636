using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>One subscription of one session in the index.</summary>
internal sealed record Subscriber : FilterSubscribers
{
    private readonly object _where; // the target; for a durable session the table of targets

    /// <summary>A subscription of a target that lives as long as its session.</summary>
    /// <param name="target">The session.</param>
    /// <param name="qos">The granted QoS.</param>
    /// <param name="noLocal">Whether messages of its own client are excluded.</param>
    /// <param name="retainAsPublished">Whether RETAIN is kept as it was published.</param>
    /// <param name="identifier">The subscription identifier; 0 for none.</param>
    public Subscriber(DeliveryTarget target, QualityOfService qos, bool noLocal, bool retainAsPublished, uint identifier)
    {
        _where = target;
        Session = target.Session;
        (QoS, NoLocal, RetainAsPublished, Identifier) = (qos, noLocal, retainAsPublished, identifier);
    }

    /// <summary>A subscription of a durable session.</summary>
    /// <param name="targets">Where to find its target.</param>
    /// <param name="session">The identity of the session.</param>
    /// <param name="options">Its options.</param>
    /// <param name="identifier">The subscription identifier; 0 for none.</param>
    public Subscriber(DurableTargets targets, long session, StoredOptions options, uint identifier)
    {
        _where = targets;
        Session = session;
        QoS = StoredOptionsOf.QoS(options);
        NoLocal = (options & StoredOptions.NoLocal) != 0;
        RetainAsPublished = (options & StoredOptions.RetainAsPublished) != 0;
        Identifier = identifier;
    }

    /// <summary>The identity of a durable session; 0 for none.</summary>
    public long Session { get; }

    /// <summary>The granted QoS.</summary>
    public QualityOfService QoS { get; }

    /// <summary>Whether messages of its own client are excluded.</summary>
    public bool NoLocal { get; }

    /// <summary>Whether RETAIN is kept as it was published.</summary>
    public bool RetainAsPublished { get; }

    /// <summary>The subscription identifier; 0 for none.</summary>
    public uint Identifier { get; }

    /// <summary>The target for its messages. It is created now for a durable session that is parked and has none.</summary>
    public DeliveryTarget Target => _where as DeliveryTarget ?? ((DurableTargets)_where).Of(Session);

    /// <summary>Whether its client is connected.</summary>
    public bool IsConnected => (_where as DeliveryTarget ?? ((DurableTargets)_where).Find(Session)) is { IsConnected: true };

    /// <summary>Whether it is another node.</summary>
    public bool IsNode => _where is DeliveryTarget { IsNode: true };

    /// <summary>The identity of the subscriber.</summary>
    public SubscriberId Id => Session != 0 ? new SubscriberId(null, Session) : new SubscriberId((DeliveryTarget)_where, 0);

    /// <summary>Whether it is a subscription of this target.</summary>
    public bool IsOf(DeliveryTarget? target) => target is not null && (Session != 0 ? target.Session == Session : ReferenceEquals(_where, target));

    /// <summary>The subscription of a target.</summary>
    public static Subscriber Of(DeliveryTarget target, SessionSubscription subscription) => target.Table is { } table
        ? new Subscriber(table, target.Session, StoredOptionsOf.Subscription(subscription), subscription.Identifier)
        : new Subscriber(
            target, subscription.Options.QoS, subscription.Options.NoLocal, subscription.Options.RetainAsPublished, subscription.Identifier);
}
