using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Dashboard.Security;

/// <summary>Writes every action as a line of the log and as an event. All texts in a line are escaped. Thread safe.</summary>
internal sealed class AuditLog(ILoggerFactory loggers)
{
    /// <summary>The category of the log.</summary>
    public const string Category = "Akka.Mqtt.Dashboard.Audit";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private static readonly Action<ILogger, string, string, string, string, string, Exception?> Acted =
        LoggerMessage.Define<string, string, string, string, string>(LogLevel.Information, new EventId(1, "Action"), "{User} at {Address}: {Action} \"{Subject}\": {Outcome}");

    private static readonly Action<ILogger, string, string, string, long, Exception?> Denied =
        LoggerMessage.Define<string, string, string, long>(
            LogLevel.Warning, new EventId(2, "Denied"), "A request of {Address} was refused: {Action}: {Reason} ({More} more were refused since the last line)");

    private readonly ILogger _log = loggers.CreateLogger(Category);
    private readonly Lock _lock = new();
    private long _deniedAt = long.MinValue;
    private long _more;

    /// <summary>An authorized user has done or tried an action.</summary>
    public void Add(MqttServer server, string user, string address, string action, string subject, string outcome)
    {
        var told = new MqttDashboardAction(server.Admin, user, address, action, subject, outcome);
        server.Events.Publish(told);
        Acted(_log, LogText.Escape(user), address, action, LogText.Escape(subject), LogText.Escape(outcome), null);
    }

    /// <summary>A request was refused. At most one line a second is logged, because an attacker can send many.</summary>
    public void AddDenied(MqttServer server, string address, string action, string reason)
    {
        long more;
        lock (_lock)
        {
            var now = server.Context.Now;
            if (_deniedAt != long.MinValue && now - _deniedAt < (long)Quiet.TotalMilliseconds)
            {
                _more++;
                return;
            }
            (more, _more, _deniedAt) = (_more, 0, now);
        }
        Denied(_log, address, LogText.Escape(action), reason, more, null);
    }
}
