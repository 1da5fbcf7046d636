using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Moves durable sessions between nodes that share a database, and adopts those of lost nodes (docs/adr/0025). The node before writes messages for a session
/// until the routes of the new one are in force; the client gets the session when it has stopped. Owned by the directory actor, which its answers come to.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="shared">The sessions of the database.</param>
/// <param name="owners">What this node has.</param>
/// <param name="directory">The directory actor.</param>
/// <param name="scheduler">Tells it what is due.</param>
internal sealed class DurableMoves(ServerContext context, ISharedSessions shared, SessionOwners owners, IActorRef directory, IScheduler scheduler)
{
    /// <summary>How often the database is asked whether the other node of a move has done its part.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // How long the node before goes on when the new one is ready: by then all nodes know the new one, and nothing is on its way to the one before.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // Between the end of the routes of a session and the end of its writes: publishers that have found a route hand over meanwhile.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<SessionKey, StoredSession> _departing = []; // given up, and not forgotten
    private readonly HashSet<SessionKey> _claiming = [];
    private readonly Dictionary<SessionKey, StoredSession> _claimed = []; // and not installed
    private readonly Dictionary<SessionKey, long> _settling = []; // claimed, while the node before may write still
    private readonly Dictionary<SessionKey, Action> _delayed = []; // of those in _settling: what a third node wants
    private bool _isAsking;

    /// <summary>How the database names a node.</summary>
    public static string NameOf(UniqueAddress node) => $"{node.Address}#{node.Uid}";

    /// <summary>Another node gets a parked session: see <see cref="GaveUp"/>.</summary>
    /// <returns>False when this node has no durable session of the key.</returns>
    public bool TryGiveUp(in SessionKey key)
    {
        if (context.Clients.Parked.Find(key) is not (not 0 and var session))
            return false;
        var which = key;
        shared.GiveUpAsync(session).PipeTo(
            directory, directory, stored => new GaveUp(which, stored is { } found && found.Key == which ? found : null), _ => new GaveUp(which, null));
        return true;
    }

    /// <summary>What was appended for a session is committed.</summary>
    /// <returns>What the other node is sent; null when there is no session.</returns>
    public byte[]? Begin(GaveUp given)
    {
        if (given.Stored is not { } stored)
            return null;
        _departing[given.Key] = stored;
        return DurableForm.Write(stored.Session);
    }

    /// <summary>A session that was given up stays here.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Restore(in SessionKey key) => _departing.Remove(key);

    /// <summary>Another node is about to claim a session: nobody takes it here, but publishers write messages for it.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Forget(in SessionKey key, UniqueAddress? to)
    {
        if (!_departing.Remove(key, out var stored))
            return false;
        Count(stored, -1);
        context.Clients.Parked.Remove(key, stored.Session);
        if (context.Unwritten.Take(stored.Session) is { } unwritten)
            context.Drops.Add(DropReason.SessionEnded, unwritten.Count);
        Later(Interval, new Departed(stored, to, Phase.Forgotten));
        return true;
    }

    /// <summary>The next step of a session that has left.</summary>
    /// <param name="departed">The session.</param>
    /// <param name="isMember">Whether a node is in the cluster.</param>
    /// <returns>The session, when it stays here after all; else null.</returns>
    public StoredSession? Continue(Departed departed, Func<UniqueAddress, bool> isMember)
    {
        var stored = departed.Stored;
        switch (departed.Phase)
        {
            case Phase.Forgotten:
                shared.IsClaimedAsync(stored.Session).PipeTo(
                    directory, directory,
                    isClaimed => departed with { Phase = isClaimed ? Phase.Claimed : Phase.Unclaimed }, _ => departed with { Phase = Phase.Claimed });
                return null;
            case Phase.Unclaimed when departed.To is { } to && isMember(to):
                Later(Interval, departed with { Phase = Phase.Forgotten });
                return null;
            case Phase.Unclaimed:
                Count(stored, 1);
                context.Clients.Parked.Add(stored.Key, stored.Session);
                return stored;
            case Phase.Claimed:
                Later(Grace, departed with { Phase = Phase.Over });
                return null;
            case Phase.Over:
                var target = context.Targets.Of(stored.Session);
                context.Routing.Apply(target, [.. stored.Subscriptions.Select(static each => RouteChange.Of(each, null))]);
                Later(Rest, departed with { Phase = Phase.Left });
                return null;
            default:
                var last = context.Targets.Of(stored.Session);
                last.Close();
                context.Targets.Remove(last);
                _ = shared.LeaveAsync(stored.Session);
                return null;
        }
    }

    /// <summary>A session that another node has given up becomes this node's, if it is a durable one.</summary>
    /// <returns>Whether it is this node's at once, as one in memory is. If not, <see cref="Claimed"/> comes.</returns>
    public bool TryClaim(in SessionKey key, long epoch, UniqueAddress from, byte[] content)
    {
        if (DurableForm.Read(content) is not { } session || _claimed.ContainsKey(key))
            return true;
        if (!_claiming.Add(key))
            return false;
        var which = key;
        shared.ClaimAsync(session, NameOf(from)).PipeTo(
            directory, directory, stored => new Claimed(which, epoch, stored is { } found && found.Key == which ? found : null), _ => new Claimed(which, epoch, null));
        return false;
    }

    /// <summary>The database has answered a claim.</summary>
    /// <returns>Whether this node has the session; its clients must wait still.</returns>
    public bool Settle(Claimed claimed)
    {
        _claiming.Remove(claimed.Key);
        if (claimed.Stored is not { } stored)
            return false;
        _claimed[claimed.Key] = stored;
        owners.Settling[claimed.Key] = true;
        _settling[claimed.Key] = stored.Session;
        return true;
    }

    /// <summary>Makes a session known to clients and publishers of this node.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Install(in SessionKey key)
    {
        if (!_claimed.Remove(key, out var stored))
            return false;
        Install(stored);
        _ = shared.ReadyAsync(stored.Session);
        return true;
    }

    /// <summary>Makes sessions of a lost node known to clients and publishers of this node.</summary>
    public void Install(in StoredSession stored)
    {
        context.Clients.Parked.Add(stored.Key, stored.Session);
        context.Targets.AddName(stored.Session, stored.Key.ClientId);
        Count(stored, 1);
        var session = stored.Session;
        if (stored.Subscriptions.Length == 0)
            return;
        context.Routing.Apply(
            context.Targets.Of(session),
            [.. stored.Subscriptions.Select(each => RouteChange.Of(
                each, new Subscriber(context.Targets, session, StoredOptionsOf.Subscription(each), each.Identifier)))]);
    }

    /// <summary>A third node wants a session: later, while the one before may write still.</summary>
    /// <returns>Whether it is later.</returns>
    public bool Delays(in SessionKey key, Action giveUp)
    {
        if (!_settling.ContainsKey(key))
            return false;
        _delayed[key] = giveUp;
        return true;
    }

    /// <summary>Asks the database which sessions that have come no other node writes for.</summary>
    public void AskSettled()
    {
        if (_isAsking || _settling.Count == 0)
            return;
        _isAsking = true;
        shared.FindSettledAsync([.. _settling.Values]).PipeTo(directory, directory, static found => new Settled(found), static _ => new Settled([]));
    }

    /// <summary>No other node writes for some sessions any more.</summary>
    /// <returns>Their keys.</returns>
    public IReadOnlyList<SessionKey> Take(Settled settled)
    {
        _isAsking = false;
        var found = settled.Sessions.ToHashSet();
        var keys = _settling.Where(each => found.Contains(each.Value)).Select(static each => each.Key).ToList();
        foreach (var key in keys)
        {
            _settling.Remove(key);
            owners.Settling.TryRemove(key, out _);
            if (_delayed.Remove(key, out var giveUp))
                giveUp();
        }
        return keys;
    }

    /// <summary>Takes the sessions of nodes that have left, and of those that are no members and silent: see <see cref="Adopted"/>.</summary>
    public void Adopt(IEnumerable<UniqueAddress> lost, IEnumerable<UniqueAddress> members, long view) => shared.AdoptAsync(
        [.. lost.Select(NameOf)], [.. members.Select(NameOf)]).PipeTo(
        directory, directory, found => new Adopted(found, view), _ => new Adopted([], view)); // the lease of this node is lost

    /// <summary>What the lists and the limits of the server count.</summary>
    private void Count(in StoredSession stored, int one)
    {
        context.Stats.AddSession(one);
        var cost = MemoryCost.OfParkedSession(stored.Key.ClientId, context.Targets.KeepsNames);
        foreach (var subscription in stored.Subscriptions)
        {
            context.Stats.AddSubscription(subscription.Options.Filter, one);
            Count(MemoryKind.Subscriptions, MemoryCost.OfParkedSubscription(subscription.Options.Filter), one);
        }
        Count(MemoryKind.Sessions, cost, one);
    }

    private void Count(MemoryKind kind, long bytes, int one)
    {
        if (one > 0)
            context.Memory.Take(kind, bytes);
        else
            context.Memory.Return(kind, bytes);
    }

    private void Later(TimeSpan wait, Departed departed) => scheduler.ScheduleTellOnce(wait, directory, departed, ActorRefs.NoSender);

    /// <summary>How far a session is that has left.</summary>
    internal enum Phase
    {
        /// <summary>The other node may claim it.</summary>
        Forgotten,

        /// <summary>The other node has not claimed it.</summary>
        Unclaimed,

        /// <summary>The other node has claimed it and is ready: its routes come into force on all nodes.</summary>
        Claimed,

        /// <summary>They are in force.</summary>
        Over,

        /// <summary>No publisher of this node finds a route any more.</summary>
        Left,
    }

    /// <summary>To the directory: what was appended for a session is committed.</summary>
    internal sealed record GaveUp(SessionKey Key, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="Continue"/>.</summary>
    internal sealed record Departed(StoredSession Stored, UniqueAddress? To, Phase Phase) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: the database has answered a claim.</summary>
    internal sealed record Claimed(SessionKey Key, long Epoch, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="AskSettled"/>.</summary>
    internal sealed record Settled(IReadOnlyList<long> Sessions) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: the sessions of lost nodes are this node's.</summary>
    internal sealed record Adopted(IReadOnlyList<StoredSession> Sessions, long View) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
