using System.Text;
using Akka.Mqtt.Cli.Clients;
using Akka.Mqtt.Cli.Clients.Arguments;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>What a client command in this process has done.</summary>
internal sealed record ClientResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a command line against a server, with what comes from stdin.</summary>
    public static Task<ClientResult> RunAsync(Uri server, string words, string input = "") => RunAsync(server, words.Split(' '), input);

    /// <summary>The same with words that may have spaces; <paramref name="change"/> reaches what the command line does not.</summary>
    public static Task<ClientResult> RunAsync(Uri server, string[] words, string input = "", Func<ClientOptions, ClientOptions>? change = null) =>
        RunWithoutHostAsync([.. words, "-h", server.Host, "-p", $"{server.Port}"], input, change);

    /// <summary>The same, where the words say which server.</summary>
    public static async Task<ClientResult> RunWithoutHostAsync(string[] words, string input = "", Func<ClientOptions, ClientOptions>? change = null)
    {
        var kind = Enum.Parse<ClientKind>(words[0], ignoreCase: true);
        var output = new MemoryStream();
        var errors = new StringWriter();
        var options = ClientArguments.Read(kind, words[1..]);
        var run = new ClientRun(change?.Invoke(options) ?? options, new MemoryStream(Encoding.UTF8.GetBytes(input)), output, errors);
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
