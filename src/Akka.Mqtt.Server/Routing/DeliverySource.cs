using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>The origin of messages. Used only on nodes of a cluster.</summary>
/// <param name="Publisher">The client identifier of the publisher, or empty.</param>
/// <param name="Node">The node on which it published; null for this one.</param>
/// <param name="Turn">The number of the <see cref="FlushGate.Turn"/> on that node; 0 when it is unknown.</param>
internal record DeliverySource(string Publisher, DeliveryTarget? Node, long Turn)
{
    /// <summary>See <see cref="FlushOrigin.Heir"/>. Such messages are only written, and not handed to their targets.</summary>
    public Inheritance? Heir { get; init; }
}
