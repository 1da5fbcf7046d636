using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

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

    [Fact]
    public async Task The_formula_of_the_runbook_is_within_a_quarter_of_what_a_server_with_clients_filters_and_messages_has_resident()
    {
        if (!OperatingSystem.IsLinux())
            return; // resident memory is read from /proc
        const int clients = 2000, filters = 5;
        var filterLength = Filter(0, 0).Length;
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0");
        var address = new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port);
        var open = new List<PacketClient>();
        try
        {
            for (var at = 0; at < clients; at++)
            {
                var client = await PacketClient.DialAsync(address, MqttVersion.V311);
                open.Add(client);
                await client.SendAsync(
                    new Connect { ClientId = $"client-{at}", Version = MqttVersion.V311 }, new Subscribe(1, [.. Enumerable.Range(0, filters).Select(each => new Subscription(Filter(at, each), QualityOfService.AtLeastOnce))]));
                await client.ExpectAsync<ConnAck>();
                await client.ExpectAsync<SubAck>();
            }
            await QueueAsync(serve);
            var line = File.ReadLines($"/proc/{serve.Id}/status").Single(static each => each.StartsWith("VmRSS:", StringComparison.Ordinal));
            var resident = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

            var page = DocPage();
            Assert.Contains("memory = 120 MiB + C × (14 KiB + S × (100 + 2T)) + Q × (168 + 2T + M)", page, StringComparison.Ordinal);
            var formula = (120 << 20) + (clients * ((14 << 10) + (filters * (100 + (2L * filterLength))))) + (Messages * (168 + (2L * Topic.Length) + Payload));
            Assert.InRange(resident, formula * 3 / 4, formula * 5 / 4);
        }
        finally
        {
            open.ForEach(static each => each.Dispose());
        }
    }

    private static string Filter(int client, int number) => string.Create(CultureInfo.InvariantCulture, $"plant/{client % 100:D3}/client-{client:D6}/value-{number}");

    private static string DocPage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "runbook.md"));
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
