using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Moves durable sessions between nodes that share a database, and adopts the sessions of lost nodes (docs/adr/0025). The old node writes
/// messages for a session until all nodes know the new node. The client gets the session when the old node has stopped writing. Owned by
/// the directory actor, which receives the answers.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="moves">Decides which node writes which message.</param>
/// <param name="heirs">What this node inherits.</param>
/// <param name="shared">The sessions of the database.</param>
/// <param name="owners">The sessions of this node.</param>
/// <param name="directory">The directory actor.</param>
/// <param name="scheduler">Sends messages to the directory actor after a delay.</param>
internal sealed class DurableMoves(
    ServerContext context, Moves moves, Heirs heirs, ISharedSessions shared, SessionOwners owners, IActorRef directory, IScheduler scheduler)
{
    /// <summary>How often this node asks the database whether the other node of a move has finished its part.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // How long the old node continues to write when the new one is lost, until another node has adopted the session. Both may write the
    // same message.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    // When the new node has not asked for the cuts for this time, it never will: it has an earlier version, or the session has ended
    // there.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    // The time between the removal of the routes of a session and the end of its writes. In this time, publishers that have found a route
    // hand their messages over.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<SessionKey, DurableDeparture> _givenUp = []; // given up; the database has not answered yet
    private readonly Dictionary<SessionKey, (StoredSession Stored, DurableDeparture Departure)> _departing = []; // given up, but not yet deleted here
    private readonly Dictionary<DurableDeparture, Departed> _leaving = []; // claimed by other nodes; messages still arrive here
    private readonly Dictionary<SessionKey, Arrival> _claiming = [];
    private readonly Dictionary<SessionKey, (StoredSession Stored, Arrival Arrival)> _claimed = []; // claimed, but not yet installed
    private readonly Dictionary<SessionKey, (long Session, IOriginFilter? Filter)> _settling = []; // while the old node may still write
    private readonly Dictionary<SessionKey, Action> _delayed = []; // requests of a third node for sessions in _settling
    private readonly HashSet<DurableDeparture> _departed = []; // until this node has no more work for them
    private bool _isAsking;

    /// <summary>
    /// Whether this node may still write messages for sessions that move to other nodes, or waits for sessions of other nodes.
    /// </summary>
    public bool IsBusy => _givenUp.Count + _departing.Count + _leaving.Count + _claiming.Count + _claimed.Count + _settling.Count + _departed.Count > 0;

    /// <summary>The name of a node in the database.</summary>
    public static string NameOf(UniqueAddress node) => $"{node.Address}#{node.Uid}";

    /// <summary>This node is about to join. Other nodes may still have messages for earlier processes of its address.</summary>
    public void Begin()
    {
        if (shared.AtStart is not { } inheritance)
            return;
        heirs.Begin(inheritance, isOpen: true);
        foreach (var stored in inheritance.Sessions)
            Settle(stored, inheritance);
    }

    /// <summary>This node has joined.</summary>
    public void Close()
    {
        heirs.Close();
        heirs.Resend();
    }

    /// <summary>Repeats the questions that have no answer.</summary>
    public void Resend() => heirs.Resend();

    /// <summary>This node has everything of an inheritance.</summary>
    public void End(Inheritance inheritance)
    {
        if (inheritance.Run > 0)
            _ = shared.EndAsync(inheritance);
    }

    /// <summary>Makes the sessions of lost nodes available to the publishers of this node, and asks the other nodes for their messages.</summary>
    /// <param name="adopted">The sessions.</param>
    /// <param name="raise">Receives the epoch of each session.</param>
    /// <returns>Their number.</returns>
    public int Adopt(Adoption.Adopted adopted, Action<long> raise)
    {
        var count = 0;
        foreach (var inheritance in adopted.All)
        {
            heirs.Begin(inheritance, isOpen: false);
            foreach (var stored in inheritance.Sessions)
            {
                if (owners.Owned.ContainsKey(stored.Key))
                    continue; // this node had claimed it
                Settle(stored, inheritance);
                owners.Owned[stored.Key] = stored.Epoch;
                raise(stored.Epoch);
                Install(stored);
                count++;
            }
        }
        heirs.Resend(); // after their filters
        return count;
    }

    /// <summary>Another node wants a parked session: see <see cref="GaveUp"/>.</summary>
    /// <returns>False when this node has no durable session with this key.</returns>
    public bool TryGiveUp(in SessionKey key)
    {
        if (context.Clients.Parked.Find(key) is not (not 0 and var session))
            return false;
        var which = key;
        shared.GiveUpAsync(session, _givenUp[key] = new DurableDeparture(moves)).PipeTo(
            directory, directory, stored => new GaveUp(which, stored is { } found && found.Key == which ? found : null), _ => new GaveUp(which, null));
        return true;
    }

    /// <summary>All rows that were appended for a session are committed.</summary>
    /// <returns>The content of the message to the other node; null when the session does not exist.</returns>
    public byte[]? Begin(GaveUp given)
    {
        if (!_givenUp.Remove(given.Key, out var departure) || given.Stored is not { } stored)
            return null;
        _departing[given.Key] = (stored, departure);
        return DurableForm.Write(stored.Session);
    }

    /// <summary>A session that was given up stays here after all.</summary>
    /// <returns>Whether it is a durable one.</returns>
    public bool Restore(in SessionKey key)
    {
        if (!_departing.Remove(key, out var given))
            return false;
        _ = shared.TakeAllAsync(given.Stored.Session, given.Departure);
        return true;
    }

    /// <summary>
    /// Another node is about to claim a session. No client of this node gets it any more, but its publishers still write messages for it.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The number of the move.</param>
    /// <param name="to">The other node.</param>
    /// <param name="isOver">Whether a newer session with this key exists, so that no message of this one is sent there.</param>
    /// <returns>Whether it is a durable one.</returns>
    public bool Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver)
    {
        if (!_departing.Remove(key, out var given))
            return false;
        var stored = given.Stored;
        ParkedCount.Add(context, stored, -1);
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

    /// <summary>Does the next step for a session that moved to another node.</summary>
    /// <param name="departed">The session.</param>
    /// <param name="isMember">Whether a node is in the cluster.</param>
    /// <returns>The session, when it stays here after all; otherwise null.</returns>
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
                ParkedCount.Add(context, stored, 1);
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
                return null; // it has already moved back
            default:
                _departed.Remove(departed.Departure);
                var last = context.Targets.Of(stored.Session);
                last.Close();
                context.Targets.Remove(last);
                return null;
        }
    }

    /// <summary>The new place of a session has all messages, or is lost.</summary>
    /// <param name="departure">The old place on this node.</param>
    /// <param name="isMember">Whether a node is in the cluster.</param>
    public void Left(DurableDeparture departure, Func<UniqueAddress, bool> isMember)
    {
        if (!isMember(departure.To!))
            departure.TakeAll();
        if (_leaving.Remove(departure, out var departed))
            Continue(departed, isMember);
    }

    // This node no longer writes the messages that publishers hand over from here on. They were flushed after the cut, so the new node
    // gets them too.
    private void Leave(Departed departed)
    {
        var stored = departed.Stored;
        context.Routing.Apply(context.Targets.Of(stored.Session), [.. stored.Subscriptions.Select(static each => RouteChange.Of(each, null))]);
        _ = shared.LeaveAsync(stored.Session, departed.Departure);
        Later(Rest, departed with { Phase = Phase.Left });
    }

    /// <summary>Claims a session that another node has given up, if it is a durable one.</summary>
    /// <returns>Whether this node has it at once, as a session in memory. If not, <see cref="Claimed"/> follows.</returns>
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

    /// <summary>Handles the answer of the database to a claim.</summary>
    /// <returns>Whether this node has the session; its clients must still wait.</returns>
    public bool Settle(Claimed claimed)
    {
        _claiming.Remove(claimed.Key, out var arrival);
        if (claimed.Stored is not { } stored)
            return false;
        _claimed[claimed.Key] = (stored, arrival!);
        Settle(stored, arrival);
        return true;
    }

    /// <summary>Makes a session available to clients and publishers of this node.</summary>
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
            moves.Announce(key); // after the filters
        else
            moves.EndAt(key, arrival.Epoch, arrival.From);
        _ = shared.ReadyAsync(stored.Session);
        return true;
    }

    /// <summary>Clients do not get a session that moved here while another node may still write messages for it.</summary>
    /// <param name="stored">The session.</param>
    /// <param name="filter">The messages that this node writes until then; null for all.</param>
    private void Settle(in StoredSession stored, IOriginFilter? filter)
    {
        owners.Settling[stored.Key] = true;
        _settling[stored.Key] = (stored.Session, filter);
    }

    /// <summary>Makes a session of a lost node available to clients and publishers of this node.</summary>
    private void Install(in StoredSession stored)
    {
        context.Clients.Parked.Add(stored.Key, stored.Session);
        context.Targets.AddName(stored.Session, stored.Key.ClientId);
        ParkedCount.Add(context, stored, 1);
        var session = stored.Session;
        if (stored.Subscriptions.Length == 0)
            return;
        context.Routing.Apply(
            context.Targets.Of(session),
            [.. stored.Subscriptions.Select(each => RouteChange.Of(
                each, new Subscriber(context.Targets, session, StoredOptionsOf.Subscription(each), each.Identifier)))]);
    }

    /// <summary>A third node wants a session: the request must wait while the old node may still write.</summary>
    /// <returns>Whether the request waits.</returns>
    public bool Delays(in SessionKey key, Action giveUp)
    {
        if (!_settling.ContainsKey(key))
            return false;
        _delayed[key] = giveUp;
        return true;
    }

    /// <summary>Asks the database for which sessions that moved here no other node writes any more.</summary>
    public void AskSettled()
    {
        if (_isAsking || _settling.Count == 0)
            return;
        long[] sessions = [.. _settling.Values.Where(static each => each.Filter is not Inheritance { IsOver: false }).Select(static each => each.Session)];
        if (sessions.Length == 0)
            return;
        _isAsking = true;
        shared.FindSettledAsync(sessions).PipeTo(directory, directory, static found => new Settled(found), static _ => new Settled([]));
    }

    /// <summary>Removes the sessions for which no other node writes any more.</summary>
    /// <returns>Their keys.</returns>
    public IReadOnlyList<SessionKey> Take(Settled settled)
    {
        _isAsking = false;
        var found = settled.Sessions.ToHashSet();
        var keys = _settling.Where(each => found.Contains(each.Value.Session)).Select(static each => each.Key).ToList();
        foreach (var key in keys)
        {
            _settling.Remove(key, out var settling);
            if (settling.Filter is Arrival filter) // that of an inheritance ends for all sessions at once
                _ = shared.TakeAllAsync(settling.Session, filter);
            owners.Settling.TryRemove(key, out _);
            if (_delayed.Remove(key, out var giveUp))
                giveUp();
        }
        return keys;
    }

    private void Later(TimeSpan wait, Departed departed) => scheduler.ScheduleTellOnce(wait, directory, departed, ActorRefs.NoSender);

    /// <summary>The state of a session that moved to another node.</summary>
    internal enum Phase
    {
        /// <summary>Deleted here; the other node may claim it.</summary>
        Forgotten,

        /// <summary>The other node has not claimed it.</summary>
        Unclaimed,

        /// <summary>The other node has claimed it and is ready: all nodes start to use its routes.</summary>
        Claimed,

        /// <summary>The other node has had enough time to ask for the cuts.</summary>
        Silent,

        /// <summary>The other node is lost, and another one has had enough time to adopt the session.</summary>
        Over,

        /// <summary>Publishers of this node no longer find a route to it here.</summary>
        Left,
    }

    /// <summary>To the directory: all rows that were appended for a session are committed.</summary>
    internal sealed record GaveUp(SessionKey Key, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="Continue"/>.</summary>
    internal sealed record Departed(StoredSession Stored, UniqueAddress To, Phase Phase) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>Decides which messages this node still writes.</summary>
        public required DurableDeparture Departure { get; init; }
    }

    /// <summary>To the directory: the database has answered a claim.</summary>
    internal sealed record Claimed(SessionKey Key, long Epoch, StoredSession? Stored) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: see <see cref="AskSettled"/>.</summary>
    internal sealed record Settled(IReadOnlyList<long> Sessions) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
