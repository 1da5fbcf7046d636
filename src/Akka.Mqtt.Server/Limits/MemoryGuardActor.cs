using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Looks at the memory of the process now and then, and gives up load before the process dies of it: sets the level of
/// <see cref="MemoryWatermark"/>, which others obey, and at the last level disconnects the client that is most behind.
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

    public static Props PropsFor(ServerContext context) => Props.Create(() => new MemoryGuardActor(context));

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
        var limit = _context.Settings.Limits.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var used = _context.UsedMemory();
        var before = _context.Watermark.Level;
        var level = _context.Watermark.Update((double)used / limit);
        if (level != before)
            _log.Warning("Memory: {Used} of {Limit} bytes in use, now {Level}", used, limit, level);
        if (level == LoadLevel.Normal)
            return;
        if (_collectedAt == long.MinValue || _context.Now - _collectedAt >= CollectEvery)
        {
            _collectedAt = _context.Now;
            GC.Collect(2, GCCollectionMode.Forced, blocking: false);
        }
        if (level == LoadLevel.Disconnect)
            DisconnectSlowest();
    }

    private void DisconnectSlowest()
    {
        ClientEntry? slowest = null;
        foreach (var entry in _context.Clients)
        {
            if (entry.WaitingBytes > (slowest?.WaitingBytes ?? 0))
                slowest = entry;
        }
        slowest?.Session.Tell(new SessionActor.Relieve(ReasonCode.ServerBusy));
    }

    private sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
