namespace Akka.Mqtt.Server;

/// <summary>
/// Which member of a shared subscription receives a message. As long as a member is connected, only connected members are chosen.
/// </summary>
public enum SharedSubscriptionStrategy
{
    /// <summary>One member after the other. The default: it spreads the load evenly.</summary>
    RoundRobin = 0,

    /// <summary>A random member: even in the long run, and independent of patterns in the messages of a publisher.</summary>
    Random = 1,

    /// <summary>The same member until it disconnects: one member works, the others are in reserve.</summary>
    Sticky = 2,

    /// <summary>By publisher: all messages of one client go to one member, in order.</summary>
    HashClient = 3,

    /// <summary>By topic: all messages of one topic go to one member, in order.</summary>
    HashTopic = 4,
}
