using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// Protects the server when <see cref="MemoryBudget"/> is not enough. It measures the memory of the process regularly and sets the level
/// of <see cref="MemoryWatermark"/>, which other parts obey. At the last level it disconnects the clients with the most waiting bytes.
/// </summary>
internal sealed class MemoryGuardActor : UntypedActor, IWithTimers
{
    // Milliseconds between forced garbage collections. A large process may hold live data or garbage: the guard collects first, so that no
    // client is disconnected because of garbage.
    private const long CollectEvery = 30_000;

    private readonly ServerContext _context;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private long _collectedAt = long.MinValue;

    public MemoryGuardActor(ServerContext context) => _context = context;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context) => Props.Create(() => new MemoryGuardActor(context)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        var interval = _context.Settings.Limits.MemoryCheckInterval;
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, interval, interval);
    }

    protected override void OnReceive(object message)
    {
        if (message is not Look)
        {
            Unhandled(message);
            return;
        }
        var limit = _context.Memory.Limit;
        var used = _context.Protection.UsedMemory();
        var before = _context.Watermark.Level;
        if (_context.Watermark.LevelAt((double)used / limit) > before && MayCollect())
        {
            // Garbage is no load: measure what is left after a collection.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            used = _context.Protection.UsedMemory();
        }
        var level = _context.Watermark.Update((double)used / limit);
        if (level != before)
            _log.Warning("Memory: {Used} of {Limit} bytes in use, {Counted} of them for clients, now {Level}", used, limit, _context.Memory.Total, level);
        if (level != LoadLevel.Normal && MayCollect())
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        if (level == LoadLevel.Disconnect)
            DisconnectSlowest(used - (long)(limit * (_context.Settings.Limits.DisconnectAt ?? 1)));
    }

    private bool MayCollect()
    {
        if (_collectedAt != long.MinValue && _context.Now - _collectedAt < CollectEvery)
            return false;
        _collectedAt = _context.Now;
        return true;
    }

    /// <summary>Disconnects the clients with the most waiting bytes: at least one, and as many as needed to free the excess.</summary>
    private void DisconnectSlowest(long excess)
    {
        var behind = new PriorityQueue<ClientEntry, long>();
        foreach (var entry in _context.Clients)
        {
            if (entry.WaitingBytes is > 0 and var bytes)
                behind.Enqueue(entry, -bytes);
        }
        while (behind.TryDequeue(out var slowest, out var bytes))
        {
            _context.Clients.Registry.Tell(new SessionProtocol.Ask(slowest.Key, new SessionProtocol.Relieve(ReasonCode.ServerBusy)));
            excess += bytes; // a negative number
            if (excess <= 0)
                break;
        }
    }

    private sealed class Look : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Look Instance = new();
    }
}
