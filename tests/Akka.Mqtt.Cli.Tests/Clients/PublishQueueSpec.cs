using System.Diagnostics;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary><c>akka-mqtt pub --queue</c>: lines that were read survive the process.</summary>
public sealed class PublishQueueSpec
{
    private const int Lines = 500;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("1", "311")]
    [InlineData("2", "5")]
    public async Task What_was_read_before_the_process_was_killed_is_sent_by_the_next_run_in_order(string qos, string version)
    {
        using var folder = new TempFolder();
        using (var killed = Start("pub", "-h", "127.0.0.1", "-p", "1", "-V", version, "-t", "queued", "-q", qos, "-l", "--progress", "--queue", folder["queue"]))
        {
            for (var line = 0; line < Lines; line++)
                await killed.StandardInput.WriteLineAsync($"{line}");
            await killed.StandardInput.FlushAsync();
            using var deadline = new CancellationTokenSource(Soon);
            while (await killed.StandardError.ReadLineAsync(deadline.Token) is { } said && said != $"{Lines} messages sent")
                Assert.False(killed.HasExited);
            killed.Kill(); // SIGKILL
            await killed.WaitForExitAsync(deadline.Token);
        }

        await using var serve = await ServeProcess.StartAsync("--port", "0");
        var port = $"{serve.Addresses[0].Port}";
        string[] subscriber = ["sub", "-p", port, "-c", "-i", "reader", "-q", qos, "-t", "queued"];
        Assert.Equal(0, (await ServeProcess.RunAsync([.. subscriber, "-E"])).ExitCode);
        using (var next = Start("pub", "-p", port, "-V", version, "-t", "queued", "-q", qos, "-l", "--queue", folder["queue"]))
        {
            await next.StandardInput.WriteLineAsync("last");
            next.StandardInput.Close();
            Assert.Equal((0, ""), await EndAsync(next));
        }
        var (exitCode, output, _) = await ServeProcess.RunAsync([.. subscriber, "-C", $"{Lines + 1}", "-W", "30"]);
        Assert.Equal(0, exitCode);
        Assert.Equal([.. Enumerable.Range(0, Lines).Select(line => $"{line}"), "last"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Without_a_server_it_keeps_the_message_says_so_and_ends()
    {
        using var folder = new TempFolder();
        using var away = Start("pub", "-h", "127.0.0.1", "-p", "1", "-t", "queued", "-q", "1", "-m", "kept", "--queue", folder["queue"]);
        var (exitCode, errors) = await EndAsync(away);
        Assert.Equal(1, exitCode);
        Assert.Contains($"1 messages wait in {folder["queue"]}. The next run with --queue {folder["queue"]} sends them.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pub -t a -m b --queue file", "--queue needs -q 1 or -q 2: nobody acknowledges messages of QoS 0.")]
    [InlineData("pub -t a -m b -q 1 --queue file --repeat 2", "--queue and --repeat exclude each other.")]
    [InlineData("sub -t a --queue file", "--queue is an option of pub, not of sub.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((1, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    private static Process Start(params string[] arguments)
    {
        var command = ServeProcess.Command(arguments);
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardError = true })!;
    }

    private static async Task<(int ExitCode, string Errors)> EndAsync(Process process)
    {
        using var deadline = new CancellationTokenSource(Soon);
        var errors = await process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, errors);
    }
}
