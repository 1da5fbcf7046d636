using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>Removes sessions from this node, and adds sessions of other nodes. Owned by the directory actor.</summary>
/// <param name="context">The server.</param>
/// <param name="system">The actor system.</param>
/// <param name="moves">Handles their messages.</param>
internal sealed class MovedSessions(ServerContext context, ExtendedActorSystem system, Moves moves)
{
    private readonly Dictionary<SessionKey, Moved> _moved = []; // the other nodes do not have them completely yet
    private readonly Dictionary<MovedMessages, Moved> _left = []; // messages still arrive at their old place

    /// <summary>Later claims on this node have higher epochs than this one.</summary>
    public void Raise(long epoch) => (context.Directory as MemorySessionDirectory<IActorRef>)?.Raise(epoch);

    /// <summary>Removes a parked session from the store.</summary>
    /// <param name="key">The session.</param>
    /// <param name="content">The whole session; null when it does not exist.</param>
    /// <returns>False when an actor has taken the session in the meantime, so that the caller must ask it.</returns>
    public bool TryTake(in SessionKey key, out byte[]? content)
    {
        content = null;
        if (context.Clients.Get(key) is not { Target: SessionTarget target } entry)
            return true;
        var messages = new MovedMessages(context, key, target, moves);
        target.Mover = messages; // first, so that publishers that do not find the session in the store find this
        if (context.Store.Take(key) is not { } session)
        {
            target.Mover = null;
            return false;
        }
        context.Clients.Remove(entry);
        context.Stats.AddSession(-1);
        _moved[key] = new Moved(session, target, messages);
        content = SessionForm.Write(system, session.Snapshot());
        return true;
    }

    /// <summary>The session that was removed stays here.</summary>
    public void Restore(in SessionKey key)
    {
        if (!_moved.Remove(key, out var moved))
            return;
        context.Clients.Add(moved.Target.Entry!);
        context.Stats.AddSession(1);
        moved.Messages.GiveBack(moved.Session);
    }

    /// <summary>Another node has the whole session.</summary>
    public void Forget(in SessionKey key, long epoch, UniqueAddress to)
    {
        if (!_moved.Remove(key, out var moved))
            return;
        foreach (var subscription in moved.Session.Subscriptions.All)
            context.Stats.AddSubscription(subscription.Options.Filter, -1);
        moved.Changes = [.. moved.Session.Subscriptions.All.Select(static each => RouteChange.Of(each, null))];
        moved.Session.Forget();
        _left[moved.Messages] = moved;
        moves.Depart(key, epoch, to, moved.Messages); // without a link to the node, or to this node itself, the move is over at once
    }

    /// <summary>No more messages arrive at the old place of a session.</summary>
    public void RemoveRoutes(MovedMessages messages)
    {
        if (!_left.Remove(messages, out var moved))
            return;
        if (moved.Changes.Length > 0)
            context.Routing.Apply(moved.Target, moved.Changes);
        moved.Target.Close(); // it still takes messages that are already sent to it
    }

    /// <summary>Adds a session of another node to the store, and its subscriptions to the routing table.</summary>
    public void Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content, IActorRef registry)
    {
        SessionSnapshot snapshot;
        try
        {
            snapshot = SessionForm.Read(system, content);
        }
        catch (Exception error) when (error is SerializationException or ArgumentException)
        {
            context.Log.Error(error, "A session of another node cannot be read and is lost: {Key}", key);
            snapshot = new SessionSnapshot { IsOver = true };
        }
        if (snapshot.IsOver || snapshot.Key != key)
        {
            if (from is not null)
                moves.EndAt(key, epoch, from);
            return;
        }
        Raise(snapshot.Epoch);
        var session = SessionCore.Restore(snapshot, context.SessionLimits, context.UtcNow, null, context.SessionMemory);
        var target = new ArrivedTarget(context, key, epoch) { Rights = RightsOf(snapshot) };
        target.TryPark();
        if (from is not null && snapshot.Subscriptions.Count > 0)
            moves.Begin(key, epoch, from, target);
        target.Entry!.SetWaiting(session.Outgoing.QueuedCount, session.Outgoing.QueuedBytes);
        context.Store.Park(session, target);
        context.Clients.Add(target.Entry);
        context.Stats.AddSession(1);
        foreach (var subscription in snapshot.Subscriptions.Values)
            context.Stats.AddSubscription(subscription.Options.Filter, 1);
        if (snapshot.Subscriptions.Count > 0)
            context.Routing.Apply(target, [.. snapshot.Subscriptions.Values.Select(each => RouteChange.Of(each, Subscriber.Of(target, each)))]);
        if (snapshot.Subscriptions.Count > 0)
            moves.Announce(key); // after the filters
        else if (from is not null)
            moves.EndAt(key, epoch, from);
        registry.Tell(new SessionProtocol.Retire(key, 0, session.NextDue)); // a timer for its will and its expiry
    }

    /// <summary>The rights of the client for its will, in case it does not connect.</summary>
    private ClientRights? RightsOf(SessionSnapshot session)
    {
        var rules = context.Security.Of("");
        return session.Will is not null && ClientRights.AreNeeded(rules, context.Hooks)
            ? ClientRights.For(new ClientIdentity(session.Key.ClientId, session.Owner, ""), rules, context.Hooks, context.HookWatch, context.Log)
            : null;
    }

    /// <summary>A session that was removed.</summary>
    internal sealed class Moved(SessionCore session, SessionTarget target, MovedMessages messages)
    {
        public SessionCore Session { get; } = session;

        public SessionTarget Target { get; } = target;

        public MovedMessages Messages { get; } = messages;

        public RouteChange[] Changes { get; set; } = [];
    }
}
