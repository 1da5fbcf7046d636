using System.Collections.Concurrent;
using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The directory of one node: its own sessions, and the registrar of the sessions for which it is responsible. Not thread safe; owned by
/// one actor.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="host">Carries out changes of sessions and clients.</param>
/// <param name="send">Sends to a node, this one included.</param>
/// <param name="partSize">Most bytes of a session in one message.</param>
/// <param name="patience">How long a client waits, in milliseconds.</param>
/// <param name="owned">The table of its sessions; null to create one.</param>
internal sealed class DirectoryNode(
    UniqueAddress self, IOwnershipHost host, Action<UniqueAddress, DirectoryMessage> send, int partSize, long patience,
    ConcurrentDictionary<SessionKey, long>? owned = null)
{
    private Members _members = Members.None;

    /// <summary>The sessions of this node.</summary>
    public Ownership Ownership { get; } = new(self, host, send, partSize, patience, owned);

    /// <summary>The registrar of the sessions for which this node is responsible.</summary>
    public Registrar Registrar { get; } = new(self, send);

    /// <summary>Handles a change of the members, as this node sees them.</summary>
    /// <param name="nodes">The members.</param>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    public void SetMembers(IEnumerable<UniqueAddress> nodes, long now)
    {
        var members = new Members(nodes);
        if (members.Number == _members.Number)
            return;
        _members = members;
        Ownership.SetMembers(members);
        Registrar.Begin(members, now * 1000);
        Ownership.Resend(now);
    }

    /// <summary>Sends messages again that were not answered.</summary>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    public void Tick(long now)
    {
        Registrar.Resend();
        Ownership.Resend(now);
    }

    /// <summary>Handles a message of a node.</summary>
    public void Receive(DirectoryMessage message)
    {
        switch (message)
        {
            case TermWanted wanted:
                Registrar.Receive(wanted);
                break;
            case Report report:
                Registrar.Receive(report);
                break;
            case Claims claims:
                Registrar.Receive(claims);
                break;
            case Settled settled:
                Registrar.Receive(settled);
                break;
            case Ended ended:
                Registrar.Receive(ended);
                break;
            case ReportWanted wanted:
                Ownership.Receive(wanted);
                break;
            case Grants grants:
                Ownership.Receive(grants);
                break;
            case Superseded superseded:
                Ownership.Receive(superseded);
                break;
            case SettledHeard heard:
                Ownership.Receive(heard);
                break;
            case Fetch fetch:
                Ownership.Receive(fetch);
                break;
            case SessionPart part:
                Ownership.Receive(part);
                break;
            case Fetched fetched:
                Ownership.Receive(fetched);
                break;
            case Forgotten forgotten:
                Ownership.Receive(forgotten);
                break;
        }
    }
}
