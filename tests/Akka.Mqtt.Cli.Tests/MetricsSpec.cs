using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>--metrics-port</c> and <c>--otlp</c>, and the files in docs that build on their names.</summary>
public sealed partial class MetricsSpec
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_page_has_every_name_that_the_dashboard_and_the_alerts_use()
    {
        await using var serve = await ServeProcess.StartAsync(
            "--port", "0", "--metrics-port", "0", "--set", "listeners.closed.port=0", "--set", "listeners.closed.allow-anonymous=off");
        var (open, closed) = (serve.Addresses.First(each => each.Scheme == "mqtt"), serve.Addresses.Last(each => each.Scheme == "mqtt"));
        // A session that is kept, a message that it does not get, one that a client gets; and the same on the listener that refuses.
        foreach (var url in (Uri[])[open, closed])
        {
            await ServeProcess.RunAsync("sub", "-p", $"{url.Port}", "-c", "-i", "away", "-q", "1", "-t", "topic", "-E");
            await ServeProcess.RunAsync("pub", "-p", $"{url.Port}", "-t", "topic", "-m", "dropped");
            await ServeProcess.RunAsync("rr", "-p", $"{url.Port}", "-t", "live", "-e", "live", "-m", "delivered", "-W", "10");
        }
        using var http = new HttpClient();
        var page = await http.GetStringAsync(serve.Addresses.Single(each => each.Scheme == "http"));
        var names = Samples().Matches(page).Select(each => each.Groups["name"].Value).ToHashSet();

        Assert.Contains("mqtt_server_load_level", names); // no suffix: it is no ratio
        Assert.Contains("# TYPE mqtt_server_load_level gauge", page, StringComparison.Ordinal);
        var used = Expressions().SelectMany(each => Names().Matches(each).Select(name => name.Value)).ToHashSet();
        Assert.True(used.Count > 15, $"only {used.Count} names were found in the files");
        Assert.Empty(used.Except(names).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_last_values_are_sent_by_OTLP_when_the_server_ends()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = AnswerAllAsync(listener, first);
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--otlp", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1/metrics");
        await serve.SignalAsync("TERM");
        var text = await first.Task.WaitAsync(Soon);
        Assert.StartsWith("POST /v1/metrics HTTP/1.1", text, StringComparison.Ordinal);
        Assert.Contains("mqtt.server.clients", text, StringComparison.Ordinal);
        Assert.Equal(0, (await serve.ExitAsync()).ExitCode);
        listener.Stop();
        await answers;
    }

    [Fact]
    public async Task A_message_that_carries_a_trace_has_a_span_that_is_sent_by_OTLP()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var serve = await ServeProcess.StartAsync(
            "--port", "0", "--set", "tracing=on", "--otlp", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1/metrics");
        await CommandHost.RunAsync(
            "pub", "-p", $"{serve.Addresses[0].Port}", "-V", "5", "-q", "1", "-t", "traced", "-m", "x", "-D", "publish", "user-property", "traceparent", $"00-{trace}-b7ad6b7169203331-01");
        await serve.SignalAsync("TERM");
        using var deadline = new CancellationTokenSource(Soon);
        while (await ReadRequestAsync(listener).WaitAsync(deadline.Token) is var text)
        {
            if (!text.StartsWith("POST /v1/traces HTTP/1.1", StringComparison.Ordinal))
                continue; // metrics
            Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(trace)), text, StringComparison.Ordinal);
            Assert.Contains("traced", text, StringComparison.Ordinal);
            break;
        }
        Assert.Equal(0, (await serve.ExitAsync()).ExitCode);
    }

    [Fact]
    public async Task The_page_holds_a_bounded_number_of_connections_and_is_there_again_when_they_end()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--metrics-port", "0");
        var page = serve.Addresses.Single(each => each.Scheme == "http");
        var silent = new List<TcpClient>();
        try
        {
            // One of 65 is closed at once, not always the last one; the others wait for the time of a request.
            for (var at = 0; at < 65; at++)
            {
                var client = new TcpClient();
                silent.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, page.Port).WaitAsync(Soon);
            }
            Assert.True(await await Task.WhenAny(silent.Select(IsClosedAsync)).WaitAsync(Soon / 2));
        }
        finally
        {
            silent.ForEach(static each => each.Dispose());
        }
        using var http = new HttpClient();
        var until = Environment.TickCount64 + (long)Soon.TotalMilliseconds;
        while (true)
        {
            try
            {
                Assert.Contains("mqtt_server_load_level", await http.GetStringAsync(page), StringComparison.Ordinal);
                break;
            }
            catch (HttpRequestException) when (Environment.TickCount64 < until)
            {
                // The server has not seen yet that the connections have ended.
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenTelemetry_is_loaded_only_by_a_server_that_is_asked_for_metrics(bool asked)
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var serve = await ServeProcess.StartAsync(["--port", "0", .. asked ? ["--metrics-port", "0"] : Array.Empty<string>()]);
        var loaded = File.ReadAllLines($"/proc/{serve.Id}/maps").Select(line => Path.GetFileName(line)).ToHashSet();
        Assert.Equal(asked, loaded.Any(each => each.StartsWith("OpenTelemetry", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("serve --metrics-host example", "--metrics-host example is not an address.")]
    [InlineData("serve --metrics-host *", "--metrics-host needs --metrics-port.")]
    [InlineData("serve --otlp localhost:4317", "--otlp localhost:4317 is not a URL: http://host:4317 for gRPC, http://host:4318/v1/metrics for HTTP.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((2, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    [Fact]
    public void Each_alert_has_its_section_in_the_runbook_and_no_section_is_of_none()
    {
        var alerts = Read("docs/prometheus/akka-mqtt.rules.yml").Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("- alert: ", StringComparison.Ordinal))
            .Select(line => line["- alert: ".Length..]).Order();
        var page = Read("docs/runbook.md");
        var sections = page[page.IndexOf("## Alerts", StringComparison.Ordinal)..].Split("\n### ")[1..];
        Assert.Equal(alerts, sections.Select(section => section.Split('\n')[0]).Order());
        Assert.All(sections, section =>
        {
            Assert.Contains("**Means**: ", section, StringComparison.Ordinal);
            Assert.Contains("**Do**: ", section, StringComparison.Ordinal);
        });
    }

    private static async Task<bool> IsClosedAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1]) == 0;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return true; // by a reset
        }
    }

    /// <summary>What the files ask Prometheus for.</summary>
    private static IEnumerable<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(Read("docs/grafana/akka-mqtt.json"));
        var targets = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.TryGetProperty("targets", out var all) ? all.EnumerateArray().ToList() : []);
        var rules = Read("docs/prometheus/akka-mqtt.rules.yml").Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("expr:", StringComparison.Ordinal));
        return [.. targets.Select(target => target.GetProperty("expr").GetString()!), .. rules];
    }

    private static string Read(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder.FullName, file));
    }

    /// <summary>Answers requests until the listener stops. The first one has the values of the server.</summary>
    private static async Task AnswerAllAsync(TcpListener listener, TaskCompletionSource<string> first)
    {
        try
        {
            while (true)
                first.TrySetResult(await ReadRequestAsync(listener));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener has stopped.
        }
    }

    /// <summary>The next request, answered with 200: its head and its body.</summary>
    private static async Task<string> ReadRequestAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var buffer = new byte[1 << 20];
        var count = 0;
        while (true)
        {
            var text = Encoding.Latin1.GetString(buffer, 0, count);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && ContentLength().Match(text) is { Success: true } length && count >= end + 4 + int.Parse(length.Groups[1].Value, null))
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                return text;
            }
            var read = await stream.ReadAsync(buffer.AsMemory(count));
            if (read == 0)
                return text;
            count += read;
        }
    }

    [GeneratedRegex(@"^(?<name>[a-z_:][a-z0-9_:]*)[ {]", RegexOptions.Multiline)]
    private static partial Regex Samples();

    [GeneratedRegex(@"\b(mqtt|dotnet)_[a-z0-9_]+")]
    private static partial Regex Names();

    [GeneratedRegex(@"content-length: (\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex ContentLength();
}
