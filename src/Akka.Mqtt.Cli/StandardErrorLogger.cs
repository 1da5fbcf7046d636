using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cli;

/// <summary>Logs to stderr: stdout belongs to what a command answers.</summary>
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
                Console.Error.WriteLine(entry.ToString());
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
