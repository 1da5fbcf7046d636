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
/// until all nodes know the new one; the client gets the session when it has stopped. Owned by the directory actor, which its answers come to.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="moves">Says which node writes which message.</param>
/// <param name="shared">The sessions of the database.</param>
/// <param name="owners">What this node has.</param>
/// <param name="directory">The directory actor.</param>
/// <param name="scheduler">Tells it what is due.</param>
internal sealed class DurableMoves(ServerContext context, Moves moves, ISharedSessions shared, SessionOwners owners, IActorRef directory, IScheduler scheduler)
{
    /// <summary>How often the database is asked whether the other node of a move has done its part.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // How long the node before goes on when the new one is lost: until another one has adopted the session. A message may then be written by both.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    // When the new node has not asked for the cuts for so long, it never will: it is of an earlier version, or the session has ended there.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    // Between the end of the routes of a session and the end of its writes: publishers that have found a route hand over meanwhile.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<SessionKey, DurableDeparture> _givenUp = []; // and the database has not answered
    private readonly Dictionary<SessionKey, (StoredSession Stored, DurableDeparture Departure)> _departing = []; // given up, and not forgotten
    private readonly Dictionary<DurableDeparture, Departed> _leaving = []; // claimed by other nodes, and messages come still
    private readonly Dictionary<SessionKey, Arrival> _claiming = [];
    private readonly Dictionary<SessionKey, (StoredSession Stored, Arrival Arrival)> _claimed = []; // and not installed
    private readonly Dictionary<SessionKey, (long Session, IOriginFilter? Filter)> _settling = []; // while the node before may write still
    private readonly Dictionary<SessionKey, Action> _delayed = []; // of those in _settling: what a third node wants
    private readonly HashSet<DurableDeparture> _departed = []; // until this node does nothing for them any more
    private bool _isAsking;

    /// <summary>Whether this node may write messages for sessions that go to other nodes, or waits for some of others.</summary>
    public bool IsBusy => _givenUp.Count + _departing.Count + _leaving.Count + _claiming.Count + _claimed.Count + _settling.Count + _departed.Count > 0;

    /// <summary>How the database names a node.</summary>
    public static string NameOf(UniqueAddress node) => $"{node.Address}#{node.Uid}";

    /// <summary>Another node gets a parked session: see <see cref="GaveUp"/>.</summary>
    /// <returns>False when this node has no durable session of the key.</returns>
    public bool TryGiveUp(in SessionKey key)
    {
        if (context.Clients.Parked.Find(key) is not (not 0 and var session))
            return false;
        var which = key;
        shared.GiveUpAsync(session, _givenUp[key] = new DurableDeparture(moves)).PipeTo(
            directory, directory, stored => new GaveUp(which, stored is { } found && found.Key == which ? found : null), _ => new GaveUp(which, null));
        return true;
    }

    /// <summary>What was appended for a session is committed.</summary>
    /// <returns>What the other node is sent; null when there is no session.</returns>
    public byte[]? Begin(GaveUp given)
    {
        if (!_givenUp.Remove(given.Key, out var departure) || given.Stored is not { } stored)
            return null;
        _departing[given.Key] = (stored, departure);
        return DurableForm.Write(stored.Session);
    }

    /// <summary>A session that was given up stays here.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Restore(in SessionKey key)
    {
        if (!_departing.Remove(key, out var given))
            return false;
        _ = shared.TakeAllAsync(given.Stored.Session, given.Departure);
        return true;
    }

    /// <summary>Another node is about to claim a session: nobody takes it here, but publishers write messages for it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The number of the move.</param>
    /// <param name="to">The other node.</param>
    /// <param name="isOver">Whether there is a later life of the session, so that nothing of this one goes there.</param>
    /// <returns>Whether it is a durable one.</returns>
    public bool Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver)
    {
        if (!_departing.Remove(key, out var given))
            return false;
        var stored = given.Stored;
        Count(stored, -1);
        context.Clients.Parked.Remove(key, stored.Session);
        if (context.Unwritten.Take(stored.Session) is { } unwritten)
            context.Drops.Add(DropReason.SessionEnded, unwritten.Count);
        if (isOver)
            given.Departure.End();
        else
            moves.Depart(key, epoch, to, given.Departure);
        _departed.Add(given.Departure);
        Later(Interval, new Departed(stored, to, Phase.Forgotten) { Departure = given.Departure });
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
            case Phase.Unclaimed when isMember(departed.To):
                Later(Interval, departed with { Phase = Phase.Forgotten });
                return null;
            case Phase.Unclaimed or Phase.Over when owners.Owned.ContainsKey(stored.Key):
                _departed.Remove(departed.Departure);
                return null; // this node has adopted it
            case Phase.Unclaimed:
                _departed.Remove(departed.Departure);
                _ = shared.TakeAllAsync(stored.Session, departed.Departure);
                Count(stored, 1);
                context.Clients.Parked.Add(stored.Key, stored.Session);
                return stored;
            case Phase.Claimed when !isMember(departed.To):
                departed.Departure.TakeAll();
                Later(Grace, departed with { Phase = Phase.Over });
                return null;
            case Phase.Claimed when departed.Departure.IsOver:
                Leave(departed);
                return null;
            case Phase.Claimed:
                _leaving[departed.Departure] = departed;
                if (!departed.Departure.HasBegun)
                    Later(LongestSilence, departed with { Phase = Phase.Silent });
                return null;
            case Phase.Silent when !departed.Departure.HasBegun && _leaving.Remove(departed.Departure):
                Leave(departed);
                return null;
            case Phase.Silent:
                return null;
            case Phase.Over:
                Leave(departed);
                return null;
            case Phase.Left when owners.Owned.ContainsKey(stored.Key):
                _departed.Remove(departed.Departure);
                return null; // it has come back already
            default:
                _departed.Remove(departed.Departure);
                var last = context.Targets.Of(stored.Session);
                last.Close();
                context.Targets.Remove(last);
                return null;
        }
    }

    /// <summary>The new place of a session has everything, or is lost.</summary>
    /// <param name="departure">The old place, here.</param>
    /// <param name="isMember">Whether a node is in the cluster.</param>
    public void Left(DurableDeparture departure, Func<UniqueAddress, bool> isMember)
    {
        if (!isMember(departure.To!))
            departure.TakeAll();
        if (_leaving.Remove(departure, out var departed))
            Continue(departed, isMember);
    }

    // What publishers hand over from here on is not written here: it was flushed since the cut, so the new node gets it too.
    private void Leave(Departed departed)
    {
        var stored = departed.Stored;
        context.Routing.Apply(context.Targets.Of(stored.Session), [.. stored.Subscriptions.Select(static each => RouteChange.Of(each, null))]);
        _ = shared.LeaveAsync(stored.Session, departed.Departure);
        Later(Rest, departed with { Phase = Phase.Left });
    }

    /// <summary>A session that another node has given up becomes this node's, if it is a durable one.</summary>
    /// <returns>Whether it is this node's at once, as one in memory is. If not, <see cref="Claimed"/> comes.</returns>
    public bool TryClaim(in SessionKey key, long epoch, UniqueAddress from, byte[] content)
    {
        if (DurableForm.Read(content) is not { } session || _claimed.ContainsKey(key))
            return true;
        if (_claiming.ContainsKey(key))
            return false;
        var which = key;
        var arrival = _claiming[key] = new Arrival(context, key, epoch, from, null);
        shared.ClaimAsync(session, NameOf(from), arrival).PipeTo(
            directory, directory, stored => new Claimed(which, epoch, stored is { } found && found.Key == which ? found : null), _ => new Claimed(which, epoch, null));
        return false;
    }

    /// <summary>The database has answered a claim.</summary>
    /// <returns>Whether this node has the session; its clients must wait still.</returns>
    public bool Settle(Claimed claimed)
    {
        _claiming.Remove(claimed.Key, out var arrival);
        if (claimed.Stored is not { } stored)
            return false;
        _claimed[claimed.Key] = (stored, arrival!);
        Settle(stored, arrival);
        return true;
    }

    /// <summary>Makes a session known to clients and publishers of this node.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Install(in SessionKey key)
    {
        if (!_claimed.Remove(key, out var claimed))
            return false;
        var (stored, arrival) = claimed;
        if (stored.Subscriptions.Length > 0)
            moves.Begin(arrival);
        Install(stored);
        if (stored.Subscriptions.Length > 0)
            moves.Announce(key); // behind the filters
        else
            moves.EndAt(key, arrival.Epoch, arrival.From);
        _ = shared.ReadyAsync(stored.Session);
        return true;
    }

    /// <summary>Clients do not get a session that has come, while another node may write messages for it.</summary>
    /// <param name="stored">The session.</param>
    /// <param name="filter">Which messages this node writes until then; null for all.</param>
    public void Settle(in StoredSession stored, IOriginFilter? filter)
    {
        owners.Settling[stored.Key] = true;
        _settling[stored.Key] = (stored.Session, filter);
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
        shared.FindSettledAsync([.. _settling.Values.Select(static each => each.Session)]).PipeTo(directory, directory, static found => new Settled(found), static _ => new Settled([]));
    }

    /// <summary>No other node writes for some sessions any more.</summary>
    /// <returns>Their keys.</returns>
    public IReadOnlyList<SessionKey> Take(Settled settled)
    {
        _isAsking = false;
        var found = settled.Sessions.ToHashSet();
        var keys = _settling.Where(each => found.Contains(each.Value.Session)).Select(static each => each.Key).ToList();
        foreach (var key in keys)
        {
            _settling.Remove(key, out var settling);
            if (settling.Filter is { } filter)
                _ = shared.TakeAllAsync(settling.Session, filter);
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

        /// <summary>The other node has had time to ask for the cuts.</summary>
        Silent,

        /// <summary>The other node is lost, and another one has had time to adopt the session.</summary>
        Over,

        /// <summary>No publisher of this node finds a route any more.</summary>
        Left,
    }

    /// <summary>To the directory: what was appended for a session is committed.</summary>
    internal sealed record GaveUp(SessionKey Key, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="Continue"/>.</summary>
    internal sealed record Departed(StoredSession Stored, UniqueAddress To, Phase Phase) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>What this node writes still.</summary>
        public required DurableDeparture Departure { get; init; }
    }

    /// <summary>To the directory: the database has answered a claim.</summary>
    internal sealed record Claimed(SessionKey Key, long Epoch, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="AskSettled"/>.</summary>
    internal sealed record Settled(IReadOnlyList<long> Sessions) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: the sessions of lost nodes are this node's.</summary>
    internal sealed record Adopted(IReadOnlyList<StoredSession> Sessions, long View) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
