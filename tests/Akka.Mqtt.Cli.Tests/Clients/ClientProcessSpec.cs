using System.Diagnostics;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary><c>akka-mqtt pub</c>, <c>sub</c> and <c>rr</c> as processes: help, signals, pipes.</summary>
public class ClientProcessSpec
{
    [Theory]
    [InlineData("help pub", "--repeat-delay <seconds>")]
    [InlineData("pub --help", "-D, --property <command> <name> <value>")]
    [InlineData("help sub", "%-20.10t")]
    [InlineData("rr --help", "-e <topic>")]
    [InlineData("help", "Subscribe and write the received messages")]
    public async Task Help_is_on_stdout(string arguments, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_option_is_exit_code_1_as_in_mosquittos_clients()
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync("pub", "-t", "a", "-m", "x", "-q", "3");
        Assert.Equal((1, "", "akka-mqtt: -q 3 is not a QoS. Use 0, 1 or 2.\n"), (exitCode, output, errors));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_a_subscriber_with_exit_code_0_and_lines_are_written_at_once(string signal)
    {
        await using var server = await BenchServer.StartAsync();
        (await ClientResult.RunAsync(server.Url, "pub -t a -m hello -r")).Succeeded();
        using var sub = Start(["sub", "-h", server.Url.Host, "-p", $"{server.Url.Port}", "-t", "a", "-v"]);
        Assert.Equal("a hello", await sub.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        using (var kill = Process.Start("kill", ["-s", signal, $"{sub.Id}"]))
            await kill.WaitForExitAsync();
        await sub.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((0, ""), (sub.ExitCode, await sub.StandardError.ReadToEndAsync()));
    }

    [Fact]
    public async Task Lines_that_are_typed_are_published_one_by_one()
    {
        await using var server = await BenchServer.StartAsync();
        using var sub = Start(["sub", "-h", server.Url.Host, "-p", $"{server.Url.Port}", "-t", "a", "-C", "2"]);
        (await ClientResult.RunAsync(server.Url, "pub -t a -m ready -r")).Succeeded();
        Assert.Equal("ready", await sub.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        using var pub = Start(["pub", "-h", server.Url.Host, "-p", $"{server.Url.Port}", "-t", "a", "-l"]);
        await pub.StandardInput.WriteLineAsync("typed");
        await pub.StandardInput.FlushAsync(); // and stdin stays open
        Assert.Equal("typed", await sub.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        await sub.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        pub.StandardInput.Close();
        await pub.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((0, 0), (sub.ExitCode, pub.ExitCode));
    }

    private static Process Start(string[] arguments)
    {
        var command = ServeProcess.Command(arguments);
        return Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["XDG_CONFIG_HOME"] = Path.GetTempPath() + "none" },
        })!;
    }
}
