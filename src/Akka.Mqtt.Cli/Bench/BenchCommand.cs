using System.CommandLine;
using System.Runtime.InteropServices;

namespace Akka.Mqtt.Cli.Bench;

/// <summary><c>akka-mqtt bench</c>: puts load on any MQTT server and measures it.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var command = new Command("bench", "Put load on an MQTT server and measure it. Writes progress to stderr, and the result to stdout as one line of JSON.")
        {
            CreateMode(BenchMode.Pair, "Connect each publisher with its own subscriber: publisher i publishes to the topic of subscriber i."),
            CreateMode(BenchMode.Fanout, "Let all publishers publish to one topic, to which every subscriber subscribes."),
            CreateMode(BenchMode.Fanin, "Let each publisher publish to its own topic; subscribers subscribe to all of them with a wildcard."),
            CreateMode(BenchMode.Ingest, "Run publishers without subscribers. With QoS 1 and 2, acknowledgements are counted."),
            CreateMode(BenchMode.Idle, "Open idle connections; measure how fast they open, and their cost for the server."),
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
            // The first signal ends the measurement; a second one ends the process.
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
