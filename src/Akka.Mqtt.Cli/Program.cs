using System.CommandLine;
using Akka.Mqtt.Cli;
using Akka.Mqtt.Cli.Bench;
using Akka.Mqtt.Cli.Clients;
using Akka.Mqtt.Cli.Commands;

// Sockets complete on the thread that waits for them, and the actors that handle a chunk run there too: docs/adr/0013. The runtime reads this variable once,
// at its first socket. An existing value is kept.
const string inlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(inlineCompletions) is null)
    Environment.SetEnvironmentVariable(inlineCompletions, "1");

string[] words = args is ["help", .. var rest] ? [.. rest, "--help"] : args; // "help serve" is "serve --help"
if (ClientCommand.Find(words) is { } client)
    return await ClientCommand.RunAsync(client, words[1..]).ConfigureAwait(false);
var root = new RootCommand("MQTT 3.1, 3.1.1 and 5.0 on Akka.NET.") { ServeCommand.Create(), BenchCommand.Create(), PasswdCommand.Create(), TokenCommand.Create(), StoreCommand.Create(), PingCommand.Create() };
foreach (var command in ClientCommand.Create().Concat(AdminCommands.Create()))
    root.Add(command);
if (Words.CommandProblem(root, words) is { } unknown)
    return CommandFailure.Report(unknown);
var parsed = root.Parse(words);
if (parsed.Errors.Count > 0)
{
    // A misspelt option also makes its value an unknown argument; the message names only the option.
    return CommandFailure.Report(Words.OptionProblem(parsed) ?? Words.ArgumentProblem(parsed) ?? parsed.Errors[0].Message);
}
if (Words.EmptyProblem(parsed) is { } empty)
    return CommandFailure.Report(empty);
// Each command handles signals itself: serve drains before it ends.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
    .ConfigureAwait(false);
