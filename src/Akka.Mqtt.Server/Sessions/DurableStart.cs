using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Opens the storage when a server starts, and reads what must be in memory before the server accepts clients: routes and retained
/// messages. Sessions stay in the storage until they are needed.
/// </summary>
internal static class DurableStart
{
    // From this number of sessions on, a garbage collection at the end of the load pays: it frees the rows in which the filters were
    // sorted.
    private const int ManySessions = 100_000;

    /// <summary>Opens the storage and reads it.</summary>
    /// <param name="context">The server, before its actors are started.</param>
    /// <param name="storage">The storage.</param>
    /// <param name="node">The name of this node of a cluster; null for a server without a cluster.</param>
    /// <param name="log">Receives progress when reading takes longer than a second.</param>
    /// <param name="cancel">Cancels the start.</param>
    /// <returns>The server with the storage.</returns>
    public static async Task<ServerContext> OpenAsync(
        ServerContext context, MqttServerStorage storage, string? node, ILoggingAdapter log, CancellationToken cancel)
    {
        var options = new StorageOptions
        {
            Limits = context.SessionLimits,
            MaxPendingBytes = context.Settings.Durability.MaxPendingBytes,
            Log = (level, text) => log.Write(level, null, "{0}", text),
            Dropped = (_, count) => context.Drops.Add(DropReason.QueueFull, count),
            Waiting = (session, messages, bytes) =>
            {
                var written = new QueueCount(messages, bytes);
                context.Targets.SetWaiting(session, written);
                context.Unwritten.Trim(session, written).AddTo(context.Drops);
            },
            Found = context.Targets.Found,
            Lost = session => context.Targets.Find(session)?.TellActor(new SessionProtocol.StorageLost(session)),
            Time = context.Clock,
            Node = node,
        };
        var engine = await storage.OpenAsync(options, cancel).ConfigureAwait(false);
        try
        {
            context = context with { Stores = context.Stores with { Engine = engine } };
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
        var retained = 0;
        List<StoreOp>? outdated = null;
        context.Targets.Make = (session, clientId) => new SessionTarget(context, session, clientId);
        context.Targets.KeepsNames = context.Topics is { NamesClients: true };
        var routes = new RouteLoad(context, log);
        await engine.LoadRoutesAsync(routes, cancel).ConfigureAwait(false);
        routes.Finish();
        (context.Directory as MemorySessionDirectory<IActorRef>)?.Raise(routes.Epoch);
        await foreach (var record in engine.LoadRetainedAsync(cancel).ConfigureAwait(false))
        {
            if (record.Packet.Topic.StartsWith("$SYS/", StringComparison.Ordinal))
            {
                (outdated ??= []).Add(new StoreOp.RetainedRemoved(record.Packet.Topic)); // a topic of the server, which an earlier version has written
                continue;
            }
            var source = record.Listener is null ? null : new ClientIdentity(record.Publisher, record.User, record.Listener);
            if (!context.Retained.Set(record.Packet, record.ReceivedAt, record.Publisher, source))
                context.Drops.Add(DropReason.RetainedFull, 1);
            retained++;
            routes.LogProgress(retained);
            if (context.Stores.RetainedEngineOf(record.Packet.Topic) is null)
                (outdated ??= []).Add(new StoreOp.RetainedRemoved(record.Packet.Topic));
        }
        if (routes.Sessions >= ManySessions)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (outdated is not null)
            engine.Append(new StoreUnit(outdated, null)); // removed, because the next process must not read outdated values
        log.Info("The storage has {0} sessions and {1} retained messages", routes.Sessions, retained);
    }
}
