using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Akka.Mqtt.Cli.Dashboard;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// <c>akka-mqtt status</c>, <c>top</c>, <c>nodes</c>, <c>clients</c>, <c>kick</c> and <c>retained</c>: they use the HTTP API of the dashboard of a running server. The exit code is 1 when the server cannot be reached or refuses.
/// </summary>
internal static class AdminCommands
{
    /// <summary>The environment variable with the token, because other users can see a command line.</summary>
    private const string TokenVariable = "AKKA_MQTT_TOKEN";

    private const int PageSize = 500;

    public static IEnumerable<Command> Create() => [Status(), TopCommand.Create(), NodesCommand.Create(), Clients(), Kick(), Retained()];

    private static Command Status()
    {
        var (command, run) = Start("status", "Print the counters of a running server.");
        run(async (_, api, output) =>
        {
            var server = await api.GetAsync<ServerAnswer>("server").ConfigureAwait(false);
            output.Write(server, () =>
            {
                var up = TimeSpan.FromSeconds(Math.Floor(server.UptimeSeconds));
                return Lines(
                    $"{server.Name} {server.Version}, up for {up:c}, memory load {server.LoadLevel}",
                    $"clients {server.Clients}, connections {server.Connections}, sessions {server.Sessions}, subscriptions {server.Subscriptions}, retained messages {server.RetainedMessages}",
                    $"messages received {server.Traffic.MessagesReceived}, sent {server.Traffic.MessagesSent}, dropped {server.Drops.Sum(static each => each.Count)}, refusals {server.Refusals.Sum(static each => each.Count)}");
            });
        });
        return command;
    }

    private static Command Clients()
    {
        var search = new Option<string?>("--search") { HelpName = "text", Description = "List only sessions with this text in the client identifier, the user name or the address; ignores case. Default: list all." };
        var connected = new Option<bool>("--connected") { Description = "List only connected clients. Default: list offline sessions too." };
        var limit = new Option<int>("--limit") { HelpName = "number", Description = "Print at most this many sessions. Default: 1000.", DefaultValueFactory = static _ => 1000 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0))
                result.AddError($"--limit {result.Tokens[0].Value} is not a number above 0.");
        });
        var (command, run) = Start("clients", "List the sessions of a running server: client identifier, address or \"offline\", user name, number of queued messages, and in a cluster the node.");
        command.Options.Add(search);
        command.Options.Add(connected);
        command.Options.Add(limit);
        run(async (parsed, api, output) =>
        {
            string? after = null;
            var left = parsed.GetValue(limit);
            do
            {
                var page = await api.GetAsync<ClientsAnswer>(
                    "clients", ("search", parsed.GetValue(search)), ("connected", parsed.GetValue(connected) ? "true" : null), ("after", after),
                    ("limit", $"{Math.Min(left, PageSize)}")).ConfigureAwait(false);
                foreach (var client in page.Clients)
                    output.Write(client, () => $"{LogText.Escape(client.ClientId)}\t{client.Connection?.Address ?? "offline"}\t{LogText.Escape(client.Connection?.UserName ?? "-")}\t{client.QueuedMessages}{(client.Node is { } node ? $"\t{node}" : "")}");
                if (page.Missing.Count > 0 && after is null)
                    CommandFailure.Report($"without the sessions of {string.Join(", ", page.Missing)}: no answer.");
                left -= page.Clients.Count;
                after = page.Next;
            }
            while (after is not null && left > 0);
        });
        return command;
    }

    private static Command Kick()
    {
        var client = new Argument<string>("client") { Description = "The client identifier." };
        var end = new Option<bool>("--end-session") { Description = "End its session too: delete its subscriptions and queued messages. Default: keep the session." };
        var ban = new Option<long?>("--ban") { HelpName = "seconds", Description = "Refuse the client for this time. Default: it may connect again at once." };
        ban.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0))
                result.AddError($"--ban {result.Tokens[0].Value} is not a number of seconds.");
        });
        var (command, run) = Start("kick", "Disconnect a client of a running server. The server publishes its will.");
        command.Arguments.Add(client);
        command.Options.Add(end);
        command.Options.Add(ban);
        run(async (parsed, api, output) =>
        {
            var id = parsed.GetValue(client)!;
            if (parsed.GetValue(ban) is { } seconds)
            {
                var banned = await api.PostAsync<BanChangeAnswer>("bans/add", new BanRequest(id, Seconds: seconds, Disconnect: false)).ConfigureAwait(false);
                if (banned.Missing.Count > 0)
                    CommandFailure.Report($"not banned on {string.Join(", ", banned.Missing)}: no answer.");
            }
            var answer = await api.PostAsync<DisconnectAnswer>("client/disconnect", new DisconnectRequest(id, parsed.GetValue(end))).ConfigureAwait(false);
            output.Write(answer, () => $"{LogText.Escape(id)} {(answer.WasConnected ? "is disconnected" : "was not connected")}");
        });
        return command;
    }

    private static Command Retained()
    {
        var topic = new Argument<string?>("topic") { Description = "The topic whose subtopics are listed. Default: list the first levels.", Arity = ArgumentArity.ZeroOrOne };
        var clear = new Option<bool>("--clear") { Description = "Clear the retained message of the topic instead of listing." };
        var (command, run) = Start("retained", "List the topics one level below a topic that have retained messages, or have subtopics with them. A line has the topic, the size in bytes (- for no message), and + if subtopics have messages.");
        command.Arguments.Add(topic);
        command.Options.Add(clear);
        command.Validators.Add(result =>
        {
            if (result.GetValue(clear) && result.GetValue(topic) is null)
                result.AddError("--clear needs a topic.");
        });
        run(async (parsed, api, output) =>
        {
            if (parsed.GetValue(clear))
            {
                var cleared = parsed.GetValue(topic)!;
                var answer = await api.PostAsync<PublishAnswer>("retained/clear", new ClearRequest(cleared)).ConfigureAwait(false);
                output.Write(answer, () => $"{LogText.Escape(cleared)} is cleared");
                return;
            }
            string? after = null;
            do
            {
                var page = await api.GetAsync<RetainedAnswer>("retained", ("topic", parsed.GetValue(topic)), ("after", after), ("limit", $"{PageSize}")).ConfigureAwait(false);
                foreach (var row in page.Levels)
                    output.Write(row, () => $"{LogText.Escape(row.Topic, 4096)}\t{(row.HasMessage ? $"{row.Size}" : "-")}\t{(row.HasMore ? "+" : "")}");
                after = page.Next;
            }
            while (after is not null);
        });
        return command;
    }

    /// <summary>A command with the common options.</summary>
    internal static (Command Command, Action<Func<ParseResult, ApiClient, Output, Task>> Run) Start(string name, string description)
    {
        var url = new Option<string>("--url") { HelpName = "url", Description = "Connect to the dashboard of the server at this URL. Default: http://127.0.0.1:8080/.", DefaultValueFactory = static _ => "http://127.0.0.1:8080/" };
        url.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
                result.AddError($"--url {result.Tokens[0].Value} is not a URL such as http://127.0.0.1:8080/.");
        });
        var tokenFile = new Option<string?>("--token-file") { HelpName = "file", Description = $"Read the token from this file. Default: use the environment variable {TokenVariable}, or no token." };
        var json = new Option<bool>("--json") { Description = "Print JSON, one object on each line. Default: print text." };
        var authority = new Option<string?>("--ca-file") { HelpName = "file", Description = "Trust the authorities in this PEM file. Default: trust those of the operating system." };
        var command = new Command(name, $"{description} The server must run with --http-port.") { url, tokenFile, authority, json };
        return (command, run => command.SetAction(async parsed =>
        {
            try
            {
                using var api = new ApiClient(new Uri(parsed.GetValue(url)!), TokenOf(parsed.GetValue(tokenFile)), AuthoritiesOf(parsed.GetValue(authority)));
                await run(parsed, api, new Output(parsed.GetValue(json))).ConfigureAwait(false);
                return 0;
            }
            catch (ApiFailure error)
            {
                CommandFailure.Report(error.Message);
                return 1;
            }
            catch (CommandFailure error)
            {
                return CommandFailure.Report(error);
            }
        }));
    }

    private static string? TokenOf(string? file)
    {
        string token;
        try
        {
            token = file is not null ? File.ReadAllText(file).Trim() : Environment.GetEnvironmentVariable(TokenVariable) ?? "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {file}: {error.Message}");
        }
        if (token.Any(static each => each is <= ' ' or > '~'))
            throw new CommandFailure($"{file ?? TokenVariable} has no token: it is one word of letters, digits, - and _.");
        return token.Length > 0 ? token : null;
    }

    private static X509Certificate2Collection? AuthoritiesOf(string? file)
    {
        if (file is null)
            return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailure($"cannot read {file}: {error.Message}");
        }
        return authorities.Count > 0 ? authorities : throw new CommandFailure($"{file} has no certificate in PEM format.");
    }

    private static string Lines(params string[] lines) => string.Join('\n', lines);

    /// <summary>Writes to stdout, as text or as JSON.</summary>
    internal sealed class Output(bool json)
    {
        public bool IsJson => json;

        public void Write<T>(T value, Func<string> text) => Console.Out.WriteLine(json ? JsonSerializer.Serialize(value, DashboardJson.Options) : text());
    }
}
