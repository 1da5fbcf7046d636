using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The nodes of a cluster as one node sees them, and the registrar of each session. The registrar is the node with the highest hash of
/// node and session, so a node that joins or leaves changes the registrar only for its own share of sessions. Immutable.
/// </summary>
internal sealed class Members
{
    /// <summary>No cluster yet.</summary>
    public static readonly Members None = new([]);

    private readonly UniqueAddress[] _nodes;
    private readonly ulong[] _hashes;

    public Members(IEnumerable<UniqueAddress> nodes)
    {
        _nodes = [.. nodes.Distinct().Order()];
        _hashes = new ulong[_nodes.Length];
        for (var at = 0; at < _nodes.Length; at++)
        {
            _hashes[at] = HashOf(HashOf(14695981039346656037, _nodes[at].Address.ToString()), _nodes[at].Uid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Number = Mixed(Number ^ _hashes[at]) + 1;
        }
    }

    /// <summary>A number that is the same on all nodes that know the same members.</summary>
    public ulong Number { get; }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<UniqueAddress> Nodes => _nodes;

    /// <summary>Whether a node is a member.</summary>
    public bool Contains(UniqueAddress node) => Array.BinarySearch(_nodes, node) >= 0;

    /// <summary>The registrar of a session; null without members.</summary>
    public UniqueAddress? RegistrarOf(in SessionKey key)
    {
        var hash = HashOf(HashOf(HashOf(1469598103934665603, key.ClientId), key.MountPoint), key.User ?? "\0");
        UniqueAddress? best = null;
        var highest = 0UL;
        for (var at = 0; at < _nodes.Length; at++)
        {
            var mixed = Mixed(hash ^ _hashes[at]);
            if (best is null || mixed > highest)
                (best, highest) = (_nodes[at], mixed);
        }
        return best;
    }

    // FNV-1a, because it gives the same value in every process.
    private static ulong HashOf(ulong hash, string text)
    {
        foreach (var letter in text)
            hash = (hash ^ letter) * 1099511628211;
        return (hash ^ 0xFFFF) * 1099511628211;
    }

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
