namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Decides which messages for a durable session this node writes, while the session moves and another node receives them too
/// (docs/adr/0025). It is not called for messages of shared subscriptions, which go to one node only. Thread safe: the writer's thread
/// calls it.
/// </summary>
internal interface IOriginFilter
{
    /// <summary>Whether messages are written by this node.</summary>
    /// <param name="origin">The origin of the messages, with a known turn.</param>
    bool Takes(in FlushOrigin origin);
}
