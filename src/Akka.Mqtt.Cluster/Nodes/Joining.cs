using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Whether a joining node knows the filters of all members. Before that it accepts no clients, because a session that moves between two
/// other nodes could miss their messages (docs/adr/0024). Not thread safe; owned by the cluster actor.
/// </summary>
/// <param name="self">This node.</param>
internal sealed class Joining(UniqueAddress self)
{
    private readonly HashSet<UniqueAddress> _known = []; // also nodes whose filters arrived before this node was a member, because filters are sent once
    private IReadOnlyCollection<UniqueAddress> _members = [];

    /// <summary>
    /// Whether the node may accept clients. This stays true: members that join later first receive the filters of this node.
    /// </summary>
    public bool IsOver { get; private set; }

    /// <summary>The members whose filters have not arrived.</summary>
    public IEnumerable<UniqueAddress> Missing => IsOver ? [] : _members.Where(each => !each.Equals(self) && !_known.Contains(each));

    /// <summary>The members have changed.</summary>
    /// <param name="members">All of them; empty while this node is not a member.</param>
    public void SetMembers(IReadOnlyCollection<UniqueAddress> members)
    {
        _members = members;
        Check();
    }

    /// <summary>All filters of a node have arrived.</summary>
    public void Know(UniqueAddress node)
    {
        if (IsOver)
            return;
        _known.Add(node);
        Check();
    }

    /// <summary>The node stops waiting for the missing filters.</summary>
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
