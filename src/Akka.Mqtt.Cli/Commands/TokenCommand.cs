using System.CommandLine;
using Akka.Mqtt.Cli.Dashboard;
using Akka.Mqtt.Dashboard;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt token</c>: creates the tokens of the dashboard.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "The file for serve --http-tokens; it is created if it does not exist. It contains only hashes of tokens." };
        var name = new Argument<string>("name") { Description = "The name of the user, which appears in the audit log." };
        var role = new Option<string?>("--role") { HelpName = "role", Description = "Give the user this role: read or admin. Default: read." };
        role.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is not ("read" or "admin"))
                result.AddError($"--role {result.Tokens[0].Value} is neither read nor admin.");
        });
        var command = new Command("token", "Create a token for the dashboard and its API, print it once, and write its hash to a file. A user that already has a token gets a new one.")
        {
            file, name, role,
        };
        command.SetAction(parsed =>
        {
            try
            {
                var user = parsed.GetValue(name)!;
                if (user.Length > 64 || user.Contains(':', StringComparison.Ordinal) || user.StartsWith('#') || user.Trim() != user || user.Any(char.IsControl))
                    throw new CommandFailure($"'{LogText.Escape(user)}' cannot be a name: at most 64 characters, no colon, no control character, no # or space at its start.");
                Console.Out.WriteLine(TokenFile.Add(parsed.GetValue(file)!, user, parsed.GetValue(role) == "admin" ? MqttDashboardRole.Admin : MqttDashboardRole.Read));
                return 0;
            }
            catch (CommandFailure error)
            {
                return CommandFailure.Report(error.Message);
            }
        });
        return command;
    }
}
