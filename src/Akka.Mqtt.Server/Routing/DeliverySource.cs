namespace Akka.Mqtt.Server.Routing;

/// <summary>Where messages come from; only on nodes of a cluster.</summary>
/// <param name="Publisher">The client identifier of the publisher, or empty.</param>
/// <param name="Node">The node that it published on; null for this one.</param>
/// <param name="Turn">The number of the <see cref="FlushGate.Turn"/> on that node; 0 when it is not known.</param>
internal record DeliverySource(string Publisher, DeliveryTarget? Node, long Turn);
