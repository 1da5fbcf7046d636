using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli;

/// <summary>Logs to stderr, because stdout is for the results of a command.</summary>
internal sealed class StandardErrorLogger : UntypedActor
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry:
                Console.Error.WriteLine(Show($"{entry}"));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Lines of exceptions are indented, so that none of them looks like a log entry; they may contain text of a peer.</summary>
    internal static string Show(string entry) => string.Join("\n    ", entry.ReplaceLineEndings("\n").Split('\n').Select(
        line => LogText.Escape(line.TrimEnd(), 16 * 1024)));
}
