using System.CommandLine;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>
/// <c>akka-mqtt pub</c>, <c>sub</c> and <c>rr</c>. Their options are those of mosquitto's clients, and therefore parsed here: <c>-h</c> is the host, and
/// <c>-D</c> has several values.
/// </summary>
internal static class ClientCommand
{
    private static readonly ClientKind[] Kinds = [ClientKind.Pub, ClientKind.Sub, ClientKind.Rr];

    /// <summary>The commands for the list of <c>akka-mqtt help</c>.</summary>
    public static IEnumerable<Command> Create() => Kinds.Select(kind => new Command(Name(kind), ClientHelp.Describe(kind)));

    /// <summary>The command at the start of the words; null for another one.</summary>
    public static ClientKind? Find(IReadOnlyList<string> words) =>
        words.Count > 0 && Array.Find(Kinds, kind => Name(kind) == words[0]) is var found and not 0 ? found : null;

    /// <summary>Runs a command of the process.</summary>
    public static async Task<int> RunAsync(ClientKind kind, string[] words)
    {
        if (words.Contains("--help"))
        {
            await Console.Out.WriteAsync(ClientHelp.Show(kind)).ConfigureAwait(false);
            return 0;
        }
        using var input = Console.OpenStandardInput();
        using var output = Console.OpenStandardOutput();
        try
        {
            var run = new ClientRun(ClientArguments.Read(kind, words, ConfigFile.Find(kind)), input, output, Console.Error);
            return await RunAsync(run, signals: kind == ClientKind.Sub).ConfigureAwait(false);
        }
        catch (CommandFailure error)
        {
            CommandFailure.Report(error);
            return ExitCodes.Failed;
        }
    }

    /// <summary>Runs a command.</summary>
    /// <param name="run">The run.</param>
    /// <param name="signals">Whether the first SIGINT or SIGTERM ends the run, with exit code 0. Otherwise signals end the process.</param>
    /// <exception cref="CommandFailure">A file cannot be read, or an address cannot be used.</exception>
    public static async Task<int> RunAsync(ClientRun run, bool signals)
    {
        var payload = await MessageAsync(run).ConfigureAwait(false);
        var system = ActorSystem.Create("akka-mqtt-client", ConfigurationFactory.ParseString(ServeConfiguration.Base));
        try
        {
            var (dial, hello) = (ClientTarget.Dial(run.Options, system), ClientTarget.Hello(run.Options));
            system.Mqtt(); // starts it on this thread, so that no thread of the actors waits
            var client = system.ActorOf((run.Options.Kind switch
            {
                ClientKind.Pub when run.Options.Queue is not null => QueuedProps(run, dial, hello, payload, system),
                ClientKind.Pub => Props.Create(() => new PublishActor(run, dial, hello, payload)),
                ClientKind.Sub => Props.Create(() => new SubscribeActor(run, dial, hello)),
                _ => Props.Create(() => new RequestActor(run, dial, hello, payload)),
            }).WithDeploy(Deploy.Local), "client");
            if (!signals)
                return await run.Ended.ConfigureAwait(false);
            var ending = false;
            void End(PosixSignalContext signal)
            {
                signal.Cancel = !ending; // a second one ends the process
                ending = true;
                client.Tell(new ClientActor.Stop(0));
            }
            using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            return await run.Ended.ConfigureAwait(false);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }

    private static Props QueuedProps(ClientRun run, Mqtt.Connect dial, Connect hello, MqttBinary payload, ActorSystem system)
    {
        var settings = ClientTarget.Managed(run.Options, dial, hello, system);
        return Props.Create(() => new QueuedPublishActor(run, settings, payload));
    }

    /// <summary>The message of <c>-m</c>, <c>-n</c>, <c>-f</c> and <c>-s</c>; empty with <c>-l</c>.</summary>
    private static async Task<MqttBinary> MessageAsync(ClientRun run)
    {
        switch (run.Options.Source)
        {
            case MessageSource.Words:
                return MqttBinary.FromText(run.Options.Message!);
            case MessageSource.File:
                return await FileAsync(run.Options.File!).ConfigureAwait(false);
            case MessageSource.Input:
                var all = new MemoryStream();
                await run.Input.CopyToAsync(all).ConfigureAwait(false);
                return MqttBinary.Wrap(all.GetBuffer().AsMemory(0, (int)all.Length));
            default:
                return default;
        }
    }

    private static async Task<MqttBinary> FileAsync(string file)
    {
        try
        {
            return MqttBinary.Wrap(await File.ReadAllBytesAsync(file).ConfigureAwait(false));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {file}: {error.Message}");
        }
    }

    private static string Name(ClientKind kind) => kind.ToString().ToLowerInvariant();
}
