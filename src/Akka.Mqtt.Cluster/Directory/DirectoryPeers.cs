using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The directories of the other nodes, which have the same path as this one. Owned by the directory actor.</summary>
/// <param name="context">The directory actor.</param>
internal sealed class DirectoryPeers(IActorContext context)
{
    private readonly Dictionary<UniqueAddress, ActorSelection> _peers = [];

    /// <summary>Sends to a node.</summary>
    public void Send(UniqueAddress to, DirectoryMessage message)
    {
        if (!_peers.TryGetValue(to, out var peer))
            _peers.Add(to, peer = context.ActorSelection(new RootActorPath(to.Address) / context.Self.Path.Elements));
        peer.Tell(message, context.Self);
    }

    /// <summary>Forgets all nodes that are not members.</summary>
    public void Keep(IEnumerable<UniqueAddress> members)
    {
        foreach (var gone in _peers.Keys.Except(members).ToList())
            _peers.Remove(gone);
    }
}
