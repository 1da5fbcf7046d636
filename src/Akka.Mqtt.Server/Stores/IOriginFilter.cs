namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Decides which of the messages that come for a durable session are written by this node, while the session moves and another node gets them too (docs/adr/0025).
/// Messages of shared subscriptions go to one node only and are not asked for. Thread safe: the writer's thread calls it.
/// </summary>
internal interface IOriginFilter
{
    /// <summary>Whether messages are written by this node.</summary>
    /// <param name="origin">Where they come from; its turn is known.</param>
    bool Takes(in FlushOrigin origin);
}
