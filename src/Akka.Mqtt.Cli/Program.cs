using System.CommandLine;
using Akka.Mqtt.Cli;

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
