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
internal sealed class MovedSessions(ServerContext context, ExtendedActorSystem system)
{
    /// <summary>
    /// How long messages for a session that has moved are forwarded: by then all nodes know the filters of its new place, and nothing is on its way to the old one.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<SessionKey, Moved> _moved = [];

    /// <summary>The links to other nodes.</summary>
    public IReadOnlyDictionary<UniqueAddress, IActorRef> Links { get; set; } = new Dictionary<UniqueAddress, IActorRef>();

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
        var messages = new MovedMessages(context, key, target);
        target.Mover = messages.Add; // first, so that publishers who do not find it in the store find this
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
    /// <returns>What is to be given to <see cref="RemoveRoutes"/> after <see cref="Grace"/>.</returns>
    public Moved? Forget(in SessionKey key, UniqueAddress? to)
    {
        if (!_moved.Remove(key, out var moved))
            return null;
        moved.Messages.SendTo(to is null ? null : Links.GetValueOrDefault(to));
        foreach (var subscription in moved.Session.Subscriptions.All)
            context.Stats.AddSubscription(subscription.Options.Filter, -1);
        moved.Changes = [.. moved.Session.Subscriptions.All.Select(static each => RouteChange.Of(each, null))];
        moved.Session.Forget();
        return moved;
    }

    /// <summary>Nothing comes to the old place of a session any more.</summary>
    public void RemoveRoutes(Moved moved)
    {
        if (moved.Changes.Length > 0)
            context.Routing.Apply(moved.Target, moved.Changes);
        moved.Target.Close();
        moved.Target.Mover = null;
    }

    /// <summary>Puts a session of another node into the store, and its subscriptions into the routing table.</summary>
    public void Install(in SessionKey key, byte[] content, IActorRef registry)
    {
        SessionSnapshot snapshot;
        try
        {
            snapshot = SessionForm.Read(system, content);
        }
        catch (Exception error) when (error is SerializationException or ArgumentException)
        {
            context.Log.Error(error, "A session of another node cannot be read and is lost: {Key}", key);
            return;
        }
        if (snapshot.Key != key)
            return;
        Raise(snapshot.Epoch);
        var session = SessionCore.Restore(snapshot, context.SessionLimits, context.UtcNow, null, context.SessionMemory);
        var target = new SessionTarget(context, key, ActorRefs.Nobody) { Rights = RightsOf(snapshot) };
        target.TryPark();
        target.Entry!.SetWaiting(session.Outgoing.QueuedCount, session.Outgoing.QueuedBytes);
        context.Store.Park(session, target);
        context.Clients.Add(target.Entry);
        context.Stats.AddSession(1);
        foreach (var subscription in snapshot.Subscriptions.Values)
            context.Stats.AddSubscription(subscription.Options.Filter, 1);
        if (snapshot.Subscriptions.Count > 0)
            context.Routing.Apply(target, [.. snapshot.Subscriptions.Values.Select(each => RouteChange.Of(each, Subscriber.Of(target, each)))]);
        registry.Tell(new SessionProtocol.Retire(key, 0, session.NextDue)); // its will and its expiry are looked at in time
    }

    /// <summary>Messages that came to the place where a session was before.</summary>
    public void Deliver(DirectoryActor.ForSession messages)
    {
        if (context.Clients.Get(messages.Key)?.Target is not SessionTarget target)
        {
            context.Drops.Add(DropReason.SessionEnded, messages.Packets.Length);
            return;
        }
        var delivery = new Deliver(target, new MessageBatch(messages.Packets, isShared: false), messages.ReceivedAt, messages.Shares);
        if (!target.TryDeliver(delivery) && !target.DeliverBehind(delivery, null))
            context.Drops.Add(DropReason.SessionBehind, messages.Packets.Length);
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
