using System.Diagnostics;
using System.Text.Json;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>What docs/runbook.md says a message costs.</summary>
public sealed class SizingSpec
{
    private const int Messages = 9000; // below max-queued-messages
    private const string Topic = "sizing/topic";
    private const int Payload = 64;

    [Fact]
    public async Task A_message_that_waits_costs_what_the_runbook_says_in_memory()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0");
        await QueueAsync(serve);
        using var http = new HttpClient();
        var server = JsonDocument.Parse(await http.GetStringAsync(new Uri(serve.Addresses.Single(each => each.Scheme == "http"), "api/v1/server"))).RootElement;
        var used = server.GetProperty("memory").EnumerateArray().Single(each => each.GetProperty("kind").GetString() == "Queued").GetProperty("used").GetInt64();
        Assert.Equal(168 + Payload + (2 * Topic.Length), used / Messages);
    }

    [Fact]
    public async Task A_durable_message_that_waits_needs_no_more_disk_than_the_runbook_says()
    {
        using var folder = new TempFolder();
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--data", folder["data"]);
        await QueueAsync(serve);
        await serve.SignalAsync("TERM");
        await serve.ExitAsync();
        var (_, output, _) = await ServeProcess.RunAsync("store", "stats", folder["data"]);
        var stats = JsonDocument.Parse(output).RootElement;
        Assert.Equal(Messages, stats.GetProperty("messages_waiting").GetInt64());
        Assert.InRange(stats.GetProperty("file_bytes").GetInt64() / (double)Messages, Payload + Topic.Length, 100 + Payload + Topic.Length);
    }

    /// <summary>Messages wait for a client that is away.</summary>
    private static async Task QueueAsync(ServeProcess serve)
    {
        var port = $"{serve.Addresses[0].Port}";
        Assert.Equal(0, (await ServeProcess.RunAsync("sub", "-p", port, "-c", "-i", "away", "-q", "1", "-t", Topic, "-E")).ExitCode);
        string[] command = ServeProcess.Command(["pub", "-p", port, "-q", "1", "-t", Topic, "-l"]);
        using var publisher = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })!;
        for (var each = 0; each < Messages; each++)
            await publisher.StandardInput.WriteLineAsync($"{each}".PadLeft(Payload, '0'));
        publisher.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await publisher.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, publisher.ExitCode);
    }
}
