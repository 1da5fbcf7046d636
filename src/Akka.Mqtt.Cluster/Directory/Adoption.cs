using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Adopts the durable sessions of lost nodes. A process that was started again at the address of a lost node may have them already and not be
/// a member yet. Until it is, registrars must not grant these sessions: a client would get a new session, without its messages. Publishers wait
/// for such a process too, even if it has no sessions. Owned by the directory actor, which receives the answers.
/// </summary>
/// <param name="shared">The sessions of the database.</param>
/// <param name="directory">The directory actor.</param>
/// <param name="scheduler">Sends messages to the directory actor after a delay.</param>
/// <param name="patience">How long clients wait for a process that does not become a member. Then its sessions are adopted too.</param>
/// <param name="log">Receives what is adopted.</param>
internal sealed class Adoption(ISharedSessions shared, IActorRef directory, IScheduler scheduler, TimeSpan patience, ILoggingAdapter log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private IReadOnlyList<string> _starting = []; // processes that this node waits for
    private TimeSpan _since;

    private bool IsOverdue => _starting.Count > 0 && scheduler.MonotonicClock - _since > patience;

    /// <summary>Adopts the sessions of nodes that have left, and of silent nodes that are not members: see <see cref="Adopted"/>.</summary>
    /// <param name="lost">The nodes that have left.</param>
    /// <param name="members">The nodes of the cluster.</param>
    /// <param name="view">The number of the list of members; 0 when no registrar waits.</param>
    public void Begin(IEnumerable<UniqueAddress> lost, IEnumerable<UniqueAddress> members, long view)
    {
        var names = lost.Select(DurableMoves.NameOf);
        AdoptAsync([.. IsOverdue ? names.Concat(_starting) : names], [.. members.Select(DurableMoves.NameOf)], view)
            .PipeTo(directory, directory, static found => found, _ => new Adopted([], [], view)); // the lease of this node is lost
    }

    /// <summary>Adopts again, unless the members have changed: in that case a new adoption has begun already.</summary>
    public void Repeat(Again again, IEnumerable<UniqueAddress> lost, IEnumerable<UniqueAddress> members, long view)
    {
        if (again.View == view)
            Begin(lost, members, view);
    }

    /// <summary>Whether this node must not report its sessions to the registrars yet. Then <see cref="Again"/> follows.</summary>
    /// <param name="adopted">The answer of the database.</param>
    /// <param name="count">The number of adopted sessions.</param>
    public bool MustWait(Adopted adopted, int count)
    {
        if (count > 0)
            log.Info("This node has taken over {0} durable sessions of nodes that have left the cluster", count);
        if (adopted.View == 0)
            return true; // the registrars have the reports
        if (adopted.Starting.Count == 0)
        {
            _starting = [];
            return false;
        }
        if (_starting.Count == 0)
        {
            _since = scheduler.MonotonicClock;
            log.Info("Node {0} was started again and has the durable sessions of its address. Clients wait until it is a member of the cluster, at most {1}", string.Join(", ", adopted.Starting), patience);
        }
        _starting = adopted.Starting;
        scheduler.ScheduleTellOnce(Interval, directory, new Again(adopted.View), ActorRefs.NoSender);
        return true;
    }

    private async Task<Adopted> AdoptAsync(string[] lost, string[] members, long view)
    {
        var all = await shared.AdoptAsync(lost, members).ConfigureAwait(false);
        return new Adopted(all, view == 0 ? [] : await shared.FindStartingAsync(lost, members).ConfigureAwait(false), view);
    }

    /// <summary>To the directory: this node has adopted the sessions of lost nodes.</summary>
    /// <param name="All">What it inherits.</param>
    /// <param name="Starting">Processes that are the heirs of lost nodes and are not members.</param>
    /// <param name="View">The number of the list of members.</param>
    internal sealed record Adopted(IReadOnlyList<Inheritance> All, IReadOnlyList<string> Starting, long View) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: time to call <see cref="Repeat"/>.</summary>
    /// <param name="View">The number of the list of members.</param>
    internal sealed record Again(long View) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
