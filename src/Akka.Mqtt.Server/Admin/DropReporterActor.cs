using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// Reports dropped messages at each <c>drop-report-interval</c>, with one log line and one event for each reason. Also logs the summaries
/// of refused clients.
/// </summary>
internal sealed class DropReporterActor : UntypedActor, IWithTimers
{
    private readonly ServerContext _context;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly DropWarnings _warnings = new();
    private readonly long[] _told = new long[Enum.GetValues<DropReason>().Length];

    public DropReporterActor(ServerContext context) => _context = context;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context) => Props.Create(() => new DropReporterActor(context)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        var interval = _context.Settings.DropReportInterval;
        Timers.StartPeriodicTimer(Report.Instance, Report.Instance, interval, interval);
    }

    protected override void PostStop() => Tell();

    protected override void OnReceive(object message)
    {
        if (message is Report)
            Tell();
        else
            Unhandled(message);
    }

    private void Tell()
    {
        _context.Refusals.Report(_log);
        for (var at = 0; at < _told.Length; at++)
        {
            var reason = (DropReason)at;
            var dropped = _context.Drops.Of(reason) - _told[at];
            if (dropped == 0)
                continue;
            _told[at] += dropped;
            if (_warnings.Dropped(reason, TimeSpan.FromMilliseconds(_context.Now)) is { } warning)
                _log.Warning(warning);
            // A message to an offline client needs no action. The other reasons mean that a client is too slow or that a limit is too
            // small.
            if (reason is DropReason.Offline or DropReason.Expired or DropReason.SessionEnded)
                _log.Debug("{Count} messages dropped: {Reason}", dropped, reason);
            else
                _log.Info("{Count} messages dropped: {Reason}", dropped, reason);
            Context.System.EventStream.Publish(new MessageDropped(_context.Admin, reason, dropped));
        }
    }

    private sealed class Report : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Report Instance = new();
    }
}
