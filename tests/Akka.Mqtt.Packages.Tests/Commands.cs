using System.Diagnostics;

namespace Akka.Mqtt.Packages.Tests;

/// <summary>Runs programs as a user does.</summary>
internal static class Commands
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>Runs a program that must end with exit code 0.</summary>
    /// <returns>What it has written to stdout.</returns>
    public static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Start(folder, program, arguments);
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{Reasons(output + '\n' + await errors)}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What a program has written, its errors and its last lines first: a list of failed tests shows only the beginning of each message.</summary>
    private static string Reasons(string written)
    {
        var lines = written.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var errors = lines.Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)).Distinct().Take(10);
        return string.Join('\n', [.. errors, "The last lines:", .. lines.TakeLast(10), "All lines:", .. lines]);
    }

    /// <summary>Starts a program.</summary>
    public static Process Start(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the run of these tests has set for itself would count for the program too.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase) || name is "CI").ToList())
            start.Environment.Remove(name);
        return Process.Start(start)!;
    }
}
