using System.CommandLine;
using System.Runtime.InteropServices;

namespace Akka.Mqtt.Cli.Bench;

/// <summary><c>akka-mqtt bench</c>: puts load on any MQTT server and measures it.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var command = new Command("bench", "Put load on an MQTT server and measure it. Progress goes to stderr, the result to stdout as one line of JSON.")
        {
            CreateMode(BenchMode.Pair, "Publisher i publishes to subscriber i."),
            CreateMode(BenchMode.Fanout, "All publishers publish to one topic that every subscriber has subscribed to."),
            CreateMode(BenchMode.Fanin, "Each publisher has its own topic; subscribers subscribe to all of them by a wildcard."),
            CreateMode(BenchMode.Ingest, "Publishers only. With QoS 1 and 2, acknowledgements are counted."),
            CreateMode(BenchMode.Idle, "Open connections that do nothing: measure how fast they open and what they cost the server."),
        };
        command.SetAction(_ => CommandFailure.Report("bench needs a mode: pair, fanout, fanin, ingest or idle."));
        return command;
    }

    private static Command CreateMode(BenchMode mode, string description)
    {
        var arguments = new BenchArguments(mode);
        var command = new Command(mode.ToString().ToLowerInvariant(), description);
        arguments.AddTo(command);
        command.SetAction(async parsed =>
        {
            // The first signal ends the measurement; a second one ends the process as signals do.
            using var interrupt = new CancellationTokenSource();
            void Ended(PosixSignalContext signal)
            {
                signal.Cancel = !interrupt.IsCancellationRequested;
                interrupt.Cancel();
            }
            using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ended);
            using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ended);
            try
            {
                return await new BenchRunner(arguments.Read(parsed), Console.Out, Console.Error, interrupt.Token).RunAsync().ConfigureAwait(false);
            }
            catch (CommandFailure error)
            {
                return CommandFailure.Report(error.Message);
            }
        });
        return command;
    }
}
