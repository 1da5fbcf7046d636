namespace Akka.Mqtt.Protocol.Session;

/// <summary>A subscription of a session, with the identifier that the client gave it.</summary>
/// <param name="Options">Filter and options.</param>
/// <param name="Identifier">The subscription identifier; 0 for none.</param>
/// <param name="Shared">Group and filter of a shared subscription; null for an ordinary one, which in 3.x any text is.</param>
internal sealed record SessionSubscription(Subscription Options, uint Identifier, SharedFilter? Shared = null);

/// <summary>
/// What a server keeps of a client between connections (section 4.1): subscriptions, unacknowledged messages both ways, waiting messages.
/// No IO and no clock. Owned by one thread at a time; but <see cref="Inbound"/> is lent to the handler of the connection while there is
/// one.
/// </summary>
internal sealed class SessionState
{
    private Dictionary<string, SessionSubscription>? _subscriptions;

    /// <summary>Makes an empty session.</summary>
    /// <param name="maxQueuedMessages">Most messages that may wait.</param>
    /// <param name="maxQueuedBytes">Most bytes of messages that may wait.</param>
    /// <param name="overflow">What a full queue gives up.</param>
    /// <param name="maxInflightBytes">Bytes to the client that may be unacknowledged.</param>
    public SessionState(
        int maxQueuedMessages,
        long maxQueuedBytes,
        QueueOverflow overflow = QueueOverflow.DropQoS0First,
        long maxInflightBytes = long.MaxValue)
    {
        Queue = new MessageQueue(maxQueuedMessages, maxQueuedBytes, overflow);
        Outbound = new OutboundWindow(maxInflightBytes);
    }

    /// <summary>Messages to the client that it has not acknowledged.</summary>
    public OutboundWindow Outbound { get; }

    /// <summary>QoS 2 messages of the client that it has not released.</summary>
    public InboundWindow Inbound { get; } = new();

    /// <summary>Messages to the client that wait.</summary>
    public MessageQueue Queue { get; }

    /// <summary>Number of subscriptions.</summary>
    public int SubscriptionCount => _subscriptions?.Count ?? 0;

    /// <summary>The subscriptions.</summary>
    public IEnumerable<SessionSubscription> Subscriptions => _subscriptions?.Values ?? Enumerable.Empty<SessionSubscription>();

    /// <summary>Adds a subscription; one with an identical filter is replaced [MQTT-3.8.4-3].</summary>
    /// <param name="subscription">The subscription.</param>
    /// <returns>The subscription that was replaced; null when the filter is new.</returns>
    public SessionSubscription? Subscribe(SessionSubscription subscription)
    {
        _subscriptions ??= new Dictionary<string, SessionSubscription>(StringComparer.Ordinal);
        _subscriptions.TryGetValue(subscription.Options.Filter, out var before);
        _subscriptions[subscription.Options.Filter] = subscription;
        return before;
    }

    /// <summary>Removes a subscription; the filter is compared character by character [MQTT-3.10.4-1].</summary>
    /// <param name="filter">The filter.</param>
    /// <returns>The one that was removed, or null.</returns>
    public SessionSubscription? Unsubscribe(string filter) =>
        _subscriptions is not null && _subscriptions.Remove(filter, out var before) ? before : null;

    /// <summary>Whether there is a subscription with exactly this filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <returns>Whether there is one.</returns>
    public bool IsSubscribed(string filter) => _subscriptions is not null && _subscriptions.ContainsKey(filter);
}
