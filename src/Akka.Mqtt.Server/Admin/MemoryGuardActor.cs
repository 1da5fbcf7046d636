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
/// The last line of defence behind <see cref="MemoryBudget"/>: it measures the memory of the process regularly, sets the level of
/// <see cref="MemoryWatermark"/>, which others obey, and at the last level disconnects the clients that are most behind.
/// </summary>
internal sealed class MemoryGuardActor : UntypedActor, IWithTimers
{
    // A process is large because of what it holds or because of what nobody has collected: find out before clients pay for it.
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
            // Garbage is no load. What is left afterwards is.
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

    /// <summary>Disconnects the clients that are most behind, one at least and as many as are too much.</summary>
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
            excess += bytes; // less than 0
            if (excess <= 0)
                break;
        }
    }

    private sealed class Look : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Look Instance = new();
    }
}
