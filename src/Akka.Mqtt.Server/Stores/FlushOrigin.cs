namespace Akka.Mqtt.Server.Stores;

/// <summary>The flush, on a node of a cluster, by which messages were published.</summary>
/// <param name="Node">An object that stands for the node; null for this one.</param>
/// <param name="Turn">The number of the turn of that node (docs/adr/0024); 0 when it is unknown.</param>
internal readonly record struct FlushOrigin(object? Node, long Turn)
{
    /// <summary>The inheritance of the messages: only its sessions get them. Null for messages that the node has sent straight to this node.</summary>
    public Inheritance? Heir { get; init; }
}
