using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Opens the storage when a server starts, and reads what must be in memory before it accepts: routes and retained messages. Sessions stay in the storage
/// until they are needed.
/// </summary>
internal static class DurableStart
{
    // With so many sessions one collection at the end of the load costs less than what it gives back: rows, and the lists that filters were sorted in.
    private const int ManySessions = 100_000;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    /// <summary>Opens the storage and reads it.</summary>
    /// <param name="context">The server, before it has actors.</param>
    /// <param name="storage">The storage.</param>
    /// <param name="log">Where progress is said when it takes longer than a second.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The server with the storage.</returns>
    public static async Task<ServerContext> OpenAsync(
        ServerContext context, MqttServerStorage storage, ILoggingAdapter log, CancellationToken cancel)
    {
        var options = new StorageOptions
        {
            Limits = context.SessionLimits,
            MaxPendingBytes = context.Settings.Durability.MaxPendingBytes,
            Log = (level, text) => log.Write(level, null, "{0}", text),
            Dropped = (_, count) => context.Drops.Add(DropReason.QueueFull, count),
            Time = context.Clock,
        };
        var engine = await storage.OpenAsync(options, cancel).ConfigureAwait(false);
        try
        {
            context = context with { Engine = engine };
            await LoadAsync(context, engine, log, cancel).ConfigureAwait(false);
            return context;
        }
        catch
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task LoadAsync(ServerContext context, IStorageEngine engine, ILoggingAdapter log, CancellationToken cancel)
    {
        var started = context.Clock.GetTimestamp();
        var said = started;
        var (sessions, retained, epoch) = (0, 0, 0L);
        var (sessionBytes, subscriptionBytes) = (0L, 0L);
        var index = new IndexBuilder();
        List<StoreOp>? outdated = null;
        context.Targets.Make = (session, clientId) => new SessionTarget(context, session, clientId);
        context.Targets.KeepsNames = context.Topics is { NamesClients: true };
        await foreach (var stored in engine.LoadSessionsAsync(cancel).ConfigureAwait(false))
        {
            foreach (var subscription in stored.Subscriptions)
            {
                var change = RouteChange.Of(subscription, Subscriber.Of(context.Targets, stored.Session, subscription));
                index.Add(change.Filter, change.ShareName, change.Subscriber!);
                context.Stats.AddSubscription(subscription.Options.Filter, 1);
                subscriptionBytes += MemoryCost.OfParkedSubscription(subscription.Options.Filter);
            }
            context.Clients.Parked.Add(stored.Key, stored.Session);
            context.Targets.AddName(stored.Session, stored.Key.ClientId);
            sessionBytes += MemoryCost.OfParkedSession(stored.Key.ClientId, context.Targets.KeepsNames);
            epoch = Math.Max(epoch, stored.Epoch);
            sessions++;
            SayProgress();
        }
        context.Stats.AddSession(sessions);
        context.Memory.Take(MemoryKind.Sessions, sessionBytes);
        context.Memory.Take(MemoryKind.Subscriptions, subscriptionBytes);
        context.Routing.Current = index.Build(); // the first: nobody has subscribed yet
        (context.Directory as MemorySessionDirectory<IActorRef>)?.Raise(epoch);
        await foreach (var record in engine.LoadRetainedAsync(cancel).ConfigureAwait(false))
        {
            var source = record.Listener is null ? null : new ClientIdentity(record.Publisher, record.User, record.Listener);
            if (!context.Retained.Set(record.Packet, record.ReceivedAt, record.Publisher, source))
                context.Drops.Add(DropReason.RetainedFull, 1);
            retained++;
            SayProgress();
            if (context.RetainedEngineOf(record.Packet.Topic) is null)
                (outdated ??= []).Add(new StoreOp.RetainedRemoved(record.Packet.Topic));
        }
        if (sessions >= ManySessions)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (outdated is not null)
            engine.Append(new StoreUnit(outdated, null)); // they are in memory from here on: the next process must not find what is old by then
        log.Info("The storage has {0} sessions and {1} retained messages", sessions, retained);

        void SayProgress()
        {
            if (context.Clock.GetElapsedTime(said) < ProgressInterval)
                return;
            said = context.Clock.GetTimestamp();
            log.Info("Reading the storage: {0} sessions, {1} retained messages so far", sessions, retained);
        }
    }
}
