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

/// <summary>Takes sessions out of this node, and puts those of other nodes in. Owned by the directory actor.</summary>
/// <param name="context">The server.</param>
/// <param name="system">The actor system.</param>
/// <param name="moves">Gets their messages.</param>
internal sealed class MovedSessions(ServerContext context, ExtendedActorSystem system, Moves moves)
{
    private readonly Dictionary<SessionKey, Moved> _moved = []; // another node does not have all of them yet
    private readonly Dictionary<MovedMessages, Moved> _left = []; // messages still come to their old place

    /// <summary>What is claimed on this node from now on has higher epochs.</summary>
    public void Raise(long epoch) => (context.Directory as MemorySessionDirectory<IActorRef>)?.Raise(epoch);

    /// <summary>Takes a parked session out of the store.</summary>
    /// <param name="key">The session.</param>
    /// <param name="content">All of it; null when there is none.</param>
    /// <returns>Whether that is settled; if not, an actor has taken it meanwhile.</returns>
    public bool TryTake(in SessionKey key, out byte[]? content)
    {
        content = null;
        if (context.Clients.Get(key) is not { Target: SessionTarget target } entry)
            return true;
        var messages = new MovedMessages(context, key, target, moves);
        target.Mover = messages; // first, so that publishers who do not find it in the store find this
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

    /// <summary>The session that was taken stays here.</summary>
    public void Restore(in SessionKey key)
    {
        if (!_moved.Remove(key, out var moved))
            return;
        context.Clients.Add(moved.Target.Entry!);
        context.Stats.AddSession(1);
        moved.Messages.GiveBack(moved.Session);
    }

    /// <summary>Another node has all of the session.</summary>
    public void Forget(in SessionKey key, long epoch, UniqueAddress to)
    {
        if (!_moved.Remove(key, out var moved))
            return;
        foreach (var subscription in moved.Session.Subscriptions.All)
            context.Stats.AddSubscription(subscription.Options.Filter, -1);
        moved.Changes = [.. moved.Session.Subscriptions.All.Select(static each => RouteChange.Of(each, null))];
        moved.Session.Forget();
        _left[moved.Messages] = moved;
        moves.Depart(key, epoch, to, moved.Messages); // to a node without a link, this one among them: it is over at once
    }

    /// <summary>Nothing comes to the old place of a session any more.</summary>
    public void RemoveRoutes(MovedMessages messages)
    {
        if (!_left.Remove(messages, out var moved))
            return;
        if (moved.Changes.Length > 0)
            context.Routing.Apply(moved.Target, moved.Changes);
        moved.Target.Close(); // it goes on to take what is on its way to it
    }

    /// <summary>Puts a session of another node into the store, and its subscriptions into the routing table.</summary>
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
            moves.Announce(key); // behind the filters
        else if (from is not null)
            moves.EndAt(key, epoch, from);
        registry.Tell(new SessionProtocol.Retire(key, 0, session.NextDue)); // its will and its expiry are looked at in time
    }

    /// <summary>What the client may do with its will, if it does not come.</summary>
    private ClientRights? RightsOf(SessionSnapshot session)
    {
        var rules = context.Security.Of("");
        return session.Will is not null && ClientRights.AreNeeded(rules, context.Hooks)
            ? ClientRights.For(new ClientIdentity(session.Key.ClientId, session.Owner, ""), rules, context.Hooks, context.HookWatch, context.Log)
            : null;
    }

    /// <summary>A session that was taken out.</summary>
    internal sealed class Moved(SessionCore session, SessionTarget target, MovedMessages messages)
    {
        public SessionCore Session { get; } = session;

        public SessionTarget Target { get; } = target;

        public MovedMessages Messages { get; } = messages;

        public RouteChange[] Changes { get; set; } = [];
    }
}
