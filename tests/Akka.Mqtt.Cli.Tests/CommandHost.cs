using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>
/// Runs commands of <c>akka-mqtt</c> that end by themselves, one after the other, in one process for all tests of this assembly: a process for each would
/// load and compile the same code again and again. For commands that are signalled, killed or limited, or that read stdin, take <see cref="ServeProcess"/>.
/// </summary>
internal static class CommandHost
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly SemaphoreSlim OneAtATime = new(1);

    private static Process? _process;

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">Its words.</param>
    /// <returns>The exit code, and what it wrote to stdout and stderr.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await OneAtATime.WaitAsync();
        try
        {
            var process = _process ??= Start();
            using var deadline = new CancellationTokenSource(Soon);
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(arguments));
            var output = ReadAsync(process.StandardOutput, deadline.Token);
            var errors = ReadAsync(process.StandardError, deadline.Token);
            var ((exitCode, written), (_, said)) = (await output, await errors);
            return (exitCode, written, said);
        }
        catch
        {
            _process?.Kill(); // the next command gets a new process
            _process = null;
            throw;
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    /// <summary>Starts the process. It ends when its stdin does: with this process.</summary>
    private static Process Start() => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Akka.Mqtt.Cli.Tests.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static async Task<(int ExitCode, string Text)> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (true)
        {
            var count = await reader.ReadAsync(buffer, cancel);
            Assert.True(count > 0, $"The process has ended after: {text}");
            text.Append(buffer, 0, count);
            if (text[^1] == '\n' && text.ToString() is var all && all.LastIndexOf(CommandLoop.End) is >= 0 and var end)
                return (int.Parse(all[(end + 1)..], System.Globalization.CultureInfo.InvariantCulture), all[..end]);
        }
    }
}
