using System.Text;
using Akka.Mqtt.Cli.Clients;
using Akka.Mqtt.Cli.Clients.Arguments;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>What a client command in this process has done.</summary>
internal sealed record ClientResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a command line against a server, with what comes from stdin.</summary>
    public static Task<ClientResult> RunAsync(Uri server, string words, string input = "") => RunAsync(server, words.Split(' '), input);

    /// <inheritdoc cref="RunAsync(Uri, string, string)"/>
    public static async Task<ClientResult> RunAsync(Uri server, string[] words, string input = "")
    {
        var kind = Enum.Parse<ClientKind>(words[0], ignoreCase: true);
        string[] all = [.. words[1..], "-h", server.Host, "-p", $"{server.Port}"];
        var output = new MemoryStream();
        var errors = new StringWriter();
        var run = new ClientRun(ClientArguments.Read(kind, all), new MemoryStream(Encoding.UTF8.GetBytes(input)), output, errors);
        var exitCode = await ClientCommand.RunAsync(run, signals: false).WaitAsync(TimeSpan.FromMinutes(2));
        return new ClientResult(exitCode, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }

    /// <summary>A run that did what it should and said nothing else.</summary>
    public string Succeeded()
    {
        Assert.Equal((0, ""), (ExitCode, Errors));
        return Output;
    }
}
