using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Akka.Mqtt.Packages.Tests;

/// <summary>docs/ten-minutes.md, as somebody does it who has only the page and the packages.</summary>
public sealed partial class TenMinutesSpec(Feed feed) : IClassFixture<Feed>
{
    [Fact]
    public async Task Each_block_of_the_page_does_what_it_says()
    {
        if (OperatingSystem.IsWindows())
            return; // the page is for another shell
        var folder = await feed.NewFolderAsync("ten-minutes");
        var downloaded = (await Commands.RunAsync(folder, "dotnet", "nuget", "locals", "global-packages", "--list")).Split(": ", 2)[1].Trim();
        var script = ScriptOf(Repository.Read(Path.Combine(Repository.Root, "docs", "ten-minutes.md")));
        await File.WriteAllTextAsync(Path.Combine(folder, "page.sh"), $"""
            set -euo pipefail
            trap 'kill $(jobs -p) 2>/dev/null || true; [ ! -e site.log ] || tail -n 50 site.log' EXIT
            export FEED='{feed.Packages}' DOTNET_CLI_HOME='{folder}' NUGET_FALLBACK_PACKAGES='{downloaded}' NUGET_PACKAGES='{Path.Combine(folder, ".packages")}'
            {script}
            echo "the page is done"
            """);
        var output = await RunAsync(folder);
        Assert.Contains("the page is done", output, StringComparison.Ordinal);
        Assert.Contains("\nHealthy", output, StringComparison.Ordinal);
        Assert.Contains("\ndevices/lamp-7/state on\n", output, StringComparison.Ordinal);
        Assert.Contains("\ndevices/lamp-7/state\t2\t\n", output, StringComparison.Ordinal);
        Assert.Contains("reason=\"BadUserNameOrPassword\"", output, StringComparison.Ordinal);
        Assert.Contains("reason=\"NotAuthorized\"", output, StringComparison.Ordinal);
    }

    /// <summary>The blocks for the shell, and those that are files, in their order; with ports that are free.</summary>
    private static string ScriptOf(string page)
    {
        var blocks = Blocks().Matches(page).Select(static each => each.Groups["file"].Success
            ? $"cat > {each.Groups["file"].Value} <<'END_OF_FILE'\n{each.Groups["text"].Value}END_OF_FILE"
            : each.Groups["text"].Value);
        var script = string.Join('\n', blocks).Replace("\"Transport\": \"tls\",", "\"Transport\": \"tls\", \"Port\": 8883,", StringComparison.Ordinal);
        foreach (var port in (string[])["8883", "8443", "9464"])
            script = Regex.Replace(script, $@"\b{port}\b", FreePort().ToString(CultureInfo.InvariantCulture));
        return script;
    }

    /// <summary>Runs the script; what it has started ends with it.</summary>
    private static async Task<string> RunAsync(string folder)
    {
        using var process = Commands.Start(folder, "bash", "page.sh");
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{output}\n{await errors}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"(<!-- file: (?<file>\S+) -->\n```[a-z]+|```sh)\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
