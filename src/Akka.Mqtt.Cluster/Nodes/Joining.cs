using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Whether a node that joins knows the filters of all members. Before that it takes no clients: what they publish could miss a session that moves between two other
/// nodes (docs/adr/0024). Plain code; owned by the cluster actor.
/// </summary>
/// <param name="self">This node.</param>
internal sealed class Joining(UniqueAddress self)
{
    private readonly HashSet<UniqueAddress> _known = []; // also those whose filters came before this node was a member: they are sent once
    private IReadOnlyCollection<UniqueAddress> _members = [];

    /// <summary>Whether the node may take clients. Once it may, it always may: members that join later have the filters of this node first.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The members whose filters are awaited.</summary>
    public IEnumerable<UniqueAddress> Missing => IsOver ? [] : _members.Where(each => !each.Equals(self) && !_known.Contains(each));

    /// <summary>The members have changed.</summary>
    /// <param name="members">All of them; empty as long as this node is none.</param>
    public void SetMembers(IReadOnlyCollection<UniqueAddress> members)
    {
        _members = members;
        Check();
    }

    /// <summary>All filters of a node have come.</summary>
    public void Know(UniqueAddress node)
    {
        if (IsOver)
            return;
        _known.Add(node);
        Check();
    }

    /// <summary>The node does without the filters that are missing.</summary>
    public void GiveUp()
    {
        IsOver = true;
        _known.Clear();
    }

    private void Check()
    {
        if (!IsOver && _members.Contains(self) && !Missing.Any())
            GiveUp();
    }
}
