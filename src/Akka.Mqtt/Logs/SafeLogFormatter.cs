using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Logs;

/// <summary>
/// Formats our log messages. Every argument that is text, or becomes text, is escaped and shortened, so that no log call can forget it.
/// The template is not changed. Immutable; thread safe.
/// </summary>
internal sealed class SafeLogFormatter(ILogMessageFormatter inner) : ILogMessageFormatter
{
    public string Format(string format, params object[] args) => inner.Format(format, Escaped(args));

    public string Format(string format, IEnumerable<object> args) => inner.Format(format, Escaped([.. args]));

    private static object[] Escaped(object[] args)
    {
        var safe = new object[args.Length];
        for (var at = 0; at < args.Length; at++)
        {
            safe[at] = args[at] switch
            {
                null => "(none)",
                // These cannot contain text of a peer, and a template may contain a format for them.
                IFormattable and (ValueType or Enum) and var value => value,
                var other => LogText.Escape(other.ToString(), LogText.DefaultLength * 4),
            };
        }
        return safe;
    }
}

/// <summary>Loggers whose arguments are escaped.</summary>
internal static class SafeLogging
{
    /// <summary>The logger of an actor.</summary>
    public static ILoggingAdapter GetSafeLogger(this IActorContext context) =>
        context.GetLogger(new SafeLogFormatter(context.System.Settings.LogFormatter));

    /// <summary>A logger that belongs to no actor.</summary>
    public static ILoggingAdapter GetSafeLogger(this ActorSystem system, Type source) =>
        Logging.GetLogger(system, source, new SafeLogFormatter(system.Settings.LogFormatter));

    /// <summary>
    /// Logs at a level that is only known at run time. Akka's own <c>Log</c> does not check whether the level is enabled.
    /// </summary>
    public static void Write(this ILoggingAdapter log, LogLevel level, Exception? cause, string template, params object[] arguments)
    {
        if (log.IsEnabled(level))
            log.Log(level, cause, template, arguments);
    }
}
