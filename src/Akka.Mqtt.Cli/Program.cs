using System.CommandLine;
using Akka.Mqtt.Cli;
using Akka.Mqtt.Cli.Bench;
using Akka.Mqtt.Cli.Commands;

// Sockets complete on the thread that waits for them, and what a chunk wakes runs there too: docs/adr/0013. The runtime reads this once, at
// its first socket, and only from here. Whoever sets it wins.
const string inlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(inlineCompletions) is null)
    Environment.SetEnvironmentVariable(inlineCompletions, "1");

var root = new RootCommand("MQTT 3.1, 3.1.1 and 5.0 on Akka.NET.") { ServeCommand.Create(), BenchCommand.Create(), PasswdCommand.Create() };
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // A misspelt option leaves its value over, which is the lesser half of what is wrong.
    var misspelt = parsed.Errors.FirstOrDefault(error => error.Message.EndsWith("is not an option.", StringComparison.Ordinal));
    return CommandFailure.Report((misspelt ?? parsed.Errors[0]).Message);
}
// Signals are the command's own: it drains before it ends.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
    .ConfigureAwait(false);
