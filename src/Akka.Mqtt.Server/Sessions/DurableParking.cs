using Akka.Actor;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Parks one durable session, so that only the storage has it, and finds it again. Part of <see cref="SessionLife"/>.</summary>
/// <param name="context">The server.</param>
/// <param name="key">The session.</param>
internal sealed class DurableParking(ServerContext context, SessionKey key)
{
    private List<long>? _foreign; // durable sessions whose keys have the hash of this one

    private long Cost => MemoryCost.OfParkedSession(key.ClientId, context.Targets.KeepsNames);

    /// <summary>Finds the session that is parked under the key, or under another key with the same hash.</summary>
    /// <returns>Its identity; 0 for none.</returns>
    public long Find() => context.Clients.Parked.Find(key, _foreign);

    /// <summary>Makes an actor the holder of a session.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="actor">The actor.</param>
    /// <returns>The target of the session.</returns>
    public SessionTarget Hold(long session, IActorRef actor)
    {
        SessionTarget target;
        do
        {
            target = (SessionTarget)context.Targets.Of(session);
        }
        while (!target.TryHold(key, actor));
        context.Clients.Add(target.Entry!);
        context.Clients.Parked.Remove(key, session);
        return target;
    }

    /// <summary>Prepares parking: keeps the session's messages that are not written.</summary>
    /// <param name="core">The session.</param>
    /// <param name="target">Its target.</param>
    /// <param name="recorder">The recorder that writes the session.</param>
    /// <param name="rights">The rights of its client; null for all.</param>
    /// <returns>The messages in its queue that are written.</returns>
    public QueueCount Begin(SessionCore core, SessionTarget target, DurableRecorder recorder, ClientRights? rights)
    {
        core.Commit();
        var outgoing = core.Outgoing;
        var unwritten = recorder.Collect(outgoing, context.Unwritten);
        var written = new QueueCount(recorder.QueuedCount, outgoing.QueuedBytes - (unwritten?.Bytes ?? 0));
        target.BeginParking(written, core.HasWill ? rights : null);
        if (unwritten is not null)
            context.Unwritten.Put(target.Session, unwritten);
        return written;
    }

    /// <summary>Removes a session that the storage has lost. Its routes have already been removed.</summary>
    /// <param name="target">Its target.</param>
    public void Lose(SessionTarget target)
    {
        target.Close();
        context.Targets.Remove(target);
        context.Clients.Remove(target.Entry!);
        ReturnMemory([]); // the memory of its subscriptions was returned with its routes
        context.Stats.AddSession(-1);
    }

    /// <summary>The rights of a client whose session is from an earlier process, for its will.</summary>
    /// <param name="state">The session.</param>
    public ClientRights? RightsOf(SessionSnapshot state)
    {
        if (state.Will is null)
            return null;
        var identity = new ClientIdentity(key.ClientId, state.Owner, "");
        var rules = context.Security.Of("");
        return ClientRights.AreNeeded(rules, context.Hooks) ? ClientRights.For(identity, rules, context.Hooks, context.HookWatch, context.Log) : null;
    }

    /// <summary>
    /// Parks the session. It is added to the table of parked sessions before its entry is removed, so that a lookup always finds it.
    /// </summary>
    /// <param name="target">The target of the session.</param>
    public void End(SessionTarget target)
    {
        context.Clients.Parked.Add(key, target.Session);
        context.Clients.Remove(target.Entry!);
        target.EndParking();
    }

    /// <summary>
    /// Parks a session again that was read by mistake: the storage returned the session of another key with the same hash.
    /// </summary>
    /// <param name="target">The target of that session.</param>
    /// <param name="state">The state that the storage returned.</param>
    public void ReturnForeign(SessionTarget target, SessionSnapshot state)
    {
        var (count, bytes) = (0, 0L);
        foreach (var message in state.Queue.Values)
        {
            count++;
            bytes += message.KeptSize;
        }
        (_foreign ??= []).Add(target.Session);
        context.Engine!.Append(new StoreUnit([new StoreOp.Parked(target.Session, count, bytes)], null));
        target.BeginParking(new QueueCount(count, bytes), null);
        target.Leave();
        End(target);
    }

    /// <summary>Counts the memory of the session from now on.</summary>
    /// <param name="subscriptions">Its subscriptions.</param>
    public void TakeMemory(IEnumerable<SessionSubscription> subscriptions)
    {
        context.Memory.Take(MemoryKind.Sessions, Cost);
        foreach (var subscription in subscriptions)
            context.Memory.Take(MemoryKind.Subscriptions, MemoryCost.OfParkedSubscription(subscription.Options.Filter));
    }

    /// <summary>Returns the counted memory, because an actor holds the session or it is lost.</summary>
    /// <param name="filters">Its filters.</param>
    public void ReturnMemory(IEnumerable<string> filters)
    {
        context.Memory.Return(MemoryKind.Sessions, Cost);
        foreach (var filter in filters)
            context.Memory.Return(MemoryKind.Subscriptions, MemoryCost.OfParkedSubscription(filter));
    }
}
