namespace Akka.Mqtt.Server;

/// <summary>How the member of a shared subscription is chosen that gets a message. Only connected members are, while there is one.</summary>
public enum SharedSubscriptionStrategy
{
    /// <summary>One after the other. The default: it spreads the load evenly.</summary>
    RoundRobin = 0,

    /// <summary>Any: even in the long run, and without a pattern that could meet one of the publishers.</summary>
    Random = 1,

    /// <summary>Always the same until it disconnects: one works, the others stand by.</summary>
    Sticky = 2,

    /// <summary>By the publisher: what one client publishes goes to one member, in order.</summary>
    HashClient = 3,

    /// <summary>By the topic: what is about one thing goes to one member, in order.</summary>
    HashTopic = 4,
}
