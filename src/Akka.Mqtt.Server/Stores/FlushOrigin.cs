namespace Akka.Mqtt.Server.Stores;

/// <summary>By which flush of which node of a cluster messages were published.</summary>
/// <param name="Node">Stands for the node; null for this one.</param>
/// <param name="Turn">The number of the turn of that node (docs/adr/0024); 0 when it is not known.</param>
internal readonly record struct FlushOrigin(object? Node, long Turn);
