using System.Text.Json;
using Akka.Mqtt.Cli.Bench;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A run of <c>akka-mqtt bench</c> in this process.</summary>
internal sealed record BenchRun(int ExitCode, string Output, string Errors)
{
    private JsonElement? _json;

    /// <summary>The one line of JSON.</summary>
    public JsonElement Json => _json ??= JsonDocument.Parse(Assert.Single(Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;

    public double this[string field] => Json.GetProperty(field).GetDouble();

    /// <summary>Runs what a command line asks for; <paramref name="change"/> reaches what the command line does not.</summary>
    public static async Task<BenchRun> StartAsync(
        string arguments, Uri url, Func<BenchOptions, BenchOptions>? change = null, TextWriter? errors = null, CancellationToken interrupt = default)
    {
        var words = arguments.Split(' ');
        var mode = new BenchArguments(Enum.Parse<BenchMode>(words[0], ignoreCase: true));
        var command = new System.CommandLine.Command("mode");
        mode.AddTo(command);
        var parsed = command.Parse([.. words.Skip(1), url.OriginalString]);
        Assert.Empty(parsed.Errors);
        var options = mode.Read(parsed) with { Patience = TimeSpan.FromMinutes(1) }; // the machine may be busy
        var output = new StringWriter();
        errors ??= new StringWriter();
        var exitCode = await new BenchRunner(change?.Invoke(options) ?? options, output, errors, interrupt).RunAsync();
        return new BenchRun(exitCode, output.ToString(), errors.ToString()!);
    }

    /// <summary>A run that was measured; stderr may have lines of progress if the machine is slow.</summary>
    public void Succeeded() => Assert.True(ExitCode == 0, Errors);

    /// <summary>A run that failed: nothing on stdout, what is wrong in the last line of stderr.</summary>
    public void FailedWith(string text)
    {
        Assert.Equal((1, ""), (ExitCode, Output));
        Assert.Contains(text, Errors.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }
}
