using System.CommandLine;
using System.Runtime.InteropServices;
using Akka.Mqtt.Cli.Top;
using Akka.Mqtt.Dashboard.Answers;
using Spectre.Console;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt top</c>: the rates of a running server and its busiest clients, each second.</summary>
internal static class TopCommand
{
    private const int PipeWidth = 132; // if stdout is not a terminal it has no width

    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "Print one table, with the figures of the next second, and end. Default if stdout is not a terminal." };
        var (command, run) = AdminCommands.Start("top", "Show the figures of a running server each second: rates, drops, refusals, memory load, and the clients with the most traffic. Press Ctrl-C to end.");
        command.Options.Add(once);
        run(async (parsed, api, output) =>
        {
            using var end = new CancellationTokenSource();
            void End(PosixSignalContext signal)
            {
                signal.Cancel = true;
                end.Cancel();
            }
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            var top = new TopRun(async (clients, cancel) => (
                await api.GetAsync<ServerAnswer>("server", cancel).ConfigureAwait(false),
                await api.GetAsync<BusyAnswer>("clients/busy", cancel, ("limit", $"{Math.Min(clients, 200)}")).ConfigureAwait(false)), TimeProvider.System);
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Interactive = InteractionSupport.No });
            var isTerminal = !Console.IsOutputRedirected && console.Profile.Capabilities.Ansi;
            if (output.IsJson)
                await top.EachAsync(figures => output.Write(figures, () => ""), parsed.GetValue(once), end.Token).ConfigureAwait(false);
            else if (isTerminal && !parsed.GetValue(once))
                await top.LiveAsync(console, end.Token).ConfigureAwait(false);
            else
                await top.OnceAsync(isTerminal ? console : Plain(), end.Token).ConfigureAwait(false);
        });
        return command;
    }

    private static IAnsiConsole Plain()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(Console.Out),
        });
        console.Profile.Width = PipeWidth;
        return console;
    }
}
