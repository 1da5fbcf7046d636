using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests;

public class BenchCommandSpec
{
    [Theory]
    [InlineData("pair --pubs 3", 1)]
    [InlineData("pair --window 1 --qos 1", 1)]
    [InlineData("pair --qos 1 --protocol 5 --size 16", 1)]
    [InlineData("pair --qos 2 --protocol 3.1", 1)]
    [InlineData("pair --topics 100 --size 2000", 1)]
    [InlineData("pair --bg 20", 1)]
    [InlineData("fanout --subs 5", 5)]
    [InlineData("fanout --subs 3 --pubs 2 --qos 1 --topics 10", 3)]
    [InlineData("fanin --pubs 5", 1)]
    [InlineData("fanin --pubs 2 --subs 3 --qos 2 --protocol 5", 3)]
    [InlineData("fanin --pubs 3 --subs 4 --share --protocol 5", 1)]
    [InlineData("fanin --pubs 3 --subs 2 --share --protocol 5 --qos 1 --topics 7", 1)]
    public async Task Nothing_is_lost_in_closed_loop(string arguments, int copies)
    {
        await using var server = await BenchServer.StartAsync();
        var run = await BenchRun.StartAsync($"{arguments} --warmup 0.05 --seconds 0.2", server.Url);
        run.Succeeded();
        Assert.Equal(0, run["lost"]);
        // What was under way when measuring began may arrive on top of what was sent meanwhile.
        Assert.InRange(run["received"], 1, (run["sent"] + (run["pubs"] * run["window"])) * copies);
        Assert.Equal(run["received"] / run["measured"], run["received_per_s"], run["received_per_s"] * 0.01);
        Assert.Equal(run["received_per_s"] * run["size"] / 1e6, run["mb_per_s"], 0.01);
        var latency = run.Json.GetProperty("latency_us").EnumerateObject().Select(each => each.Value.GetDouble()).ToList();
        Assert.Equal(5, latency.Count);
        Assert.Equal(latency.Order(), latency);
        Assert.True(latency[0] > 0);
    }

    [Fact]
    public async Task The_line_of_JSON_repeats_the_options()
    {
        await using var server = await BenchServer.StartAsync();
        var run = await BenchRun.StartAsync($"fanin --pubs 2 --subs 3 --qos 1 --size 100 --topics 4 --window 50 --bg 2 --warmup 0 --seconds 0.1 --pid {Environment.ProcessId}", server.Url);
        Assert.Equal(
            ("fanin", $"{server.Url}", "3.1.1", false),
            (run.Json.GetProperty("mode").GetString(), run.Json.GetProperty("url").GetString(), run.Json.GetProperty("protocol").GetString(), run.Json.GetProperty("tls").GetBoolean()));
        Assert.Equal((2, 3, 1, 100, 4), (run["pubs"], run["subs"], run["qos"], run["size"], run["topics"]));
        Assert.Equal((50, 2, 0, 0.1), (run["window"], run["bg"], run["warmup"], run["seconds"]));
        Assert.False(run.Json.TryGetProperty("rate", out _));
        Assert.True(run["server_cpu_us_per_message"] > 0 && run["server_rss_mb"] > 1 && run["own_cpu_us_per_message"] > 0, run.Output);
    }

    [Theory]
    [InlineData("ingest --pubs 3 --qos 1", true)]
    [InlineData("ingest --qos 2 --protocol 5 --topics 10", true)]
    [InlineData("ingest", false)]
    public async Task Ingest_counts_acknowledgements(string arguments, bool acknowledged)
    {
        await using var server = await BenchServer.StartAsync();
        var run = await BenchRun.StartAsync($"{arguments} --warmup 0 --seconds 0.5", server.Url);
        run.Succeeded();
        Assert.True(run["received"] > 0 && run["subs"] == 0, run.Output);
        Assert.Equal((acknowledged, acknowledged), (run.Json.TryGetProperty("lost", out var lost), run.Json.TryGetProperty("latency_us", out _)));
        Assert.True(!acknowledged || lost.GetInt64() == 0);
    }

    [Theory]
    [InlineData("pair --pubs 2")]
    [InlineData("pair --pubs 3 --qos 1")]
    [InlineData("ingest --qos 1")]
    public async Task Open_loop_sends_at_the_rate_that_was_asked_for(string arguments)
    {
        await using var server = await BenchServer.StartAsync();
        var run = await BenchRun.StartAsync($"{arguments} --rate 1000 --warmup 0.1 --seconds 0.5", server.Url);
        run.Succeeded();
        Assert.Equal((0, 1000), (run["lost"], run["rate"]));
        Assert.InRange(run["sent_per_s"], 100, 5000); // the machine may be busy; in closed loop it would be many more
    }

    [Fact]
    public async Task Latency_of_open_loop_counts_from_the_time_a_message_was_meant_to_be_sent()
    {
        // One message at a time goes through a window of 1, and each takes its time; 100 times as many are due. In closed loop each would
        // be as fast as the first, here they get later and later.
        await using var server = await BenchServer.StartAsync(packet => packet is Publish message ? Late(message) : BenchServer.Swallow(packet));
        static PubAck Late(Publish message)
        {
            SpinWait.SpinUntil(() => false, 10);
            return new PubAck(message.PacketId);
        }
        var run = await BenchRun.StartAsync("ingest --qos 1 --window 1 --rate 10000 --warmup 0 --seconds 0.5", server.Url);
        run.Succeeded();
        Assert.True(run["sent_per_s"] < 1000, run.Output);
        Assert.True(run.Json.GetProperty("latency_us").GetProperty("max").GetDouble() > 200_000, run.Output);
    }

    [Fact]
    public async Task Idle_opens_connections_and_tells_their_price()
    {
        await using var server = await BenchServer.StartAsync();
        var run = await BenchRun.StartAsync($"idle --conns 300 --seconds 0.1 --pid {Environment.ProcessId}", server.Url);
        Assert.Equal((0, 300), (run.ExitCode, run["conns"]));
        Assert.True(run["connects_per_s"] > 0, run.Output);
        Assert.True(run.Json.TryGetProperty("server_kb_per_connection", out _) && run.Json.TryGetProperty("server_cpu_us_per_connect", out _));
    }

    [Fact]
    public async Task TLS_and_WebSocket_work_too()
    {
        using var folder = new TempFolder();
        WriteCertificate(folder["cert.pem"], folder["key.pem"]);
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--ws-port", "0", "--tls-port", "0", "--cert", folder["cert.pem"], "--key", folder["key.pem"]);
        var tls = serve.Addresses.First(each => each.Scheme == "mqtts");
        foreach (var (url, options) in new[]
        {
            (serve.Addresses.First(each => each.Scheme == "ws"), ""),
            (tls, " --insecure"),
            (new Uri($"mqtt://localhost:{tls.Port}"), $" --tls --ca {folder["cert.pem"]}"),
        })
        {
            var run = await BenchRun.StartAsync($"pair --warmup 0.1 --seconds 0.3{options}", url);
            run.Succeeded();
            Assert.True(run["lost"] == 0 && run["received"] > 0, run.Output);
        }
        var untrusted = await BenchRun.StartAsync("pair", tls);
        untrusted.FailedWith("certificate");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_and_the_exit_code_is_1()
    {
        var run = await BenchRun.StartAsync("pair", new Uri("mqtt://127.0.0.1:1"));
        run.FailedWith("127.0.0.1:1");
    }

    [Fact]
    public async Task A_server_that_refuses_is_told_with_its_reason()
    {
        await using var server = await BenchServer.StartAsync(_ => new ConnAck(ReasonCode.NotAuthorized));
        (await BenchRun.StartAsync("pair", server.Url)).FailedWith("refused");
        (await BenchRun.StartAsync("idle --conns 3", server.Url)).FailedWith("NotAuthorized");
    }

    [Theory]
    [InlineData("pair --qos 2 --protocol 5", ReasonCode.NotAuthorized, "refused the subscription to load/0/v: NotAuthorized")]
    [InlineData("pair --qos 2", ReasonCode.GrantedQoS1, "grants load/0/v QoS 1, not 2")]
    public async Task A_subscription_that_is_not_granted_ends_the_run(string arguments, ReasonCode code, string told)
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Subscribe subscribe ? new SubAck(subscribe.PacketId, code) : BenchServer.Swallow(packet));
        (await BenchRun.StartAsync(arguments, server.Url)).FailedWith(told);
    }

    [Theory]
    [InlineData("3.1.1", "closed the connection")]
    [InlineData("5", "ServerShuttingDown")]
    public async Task A_server_that_goes_away_ends_the_run(string protocol, string told)
    {
        await using var server = await BenchServer.StartAsync(packet => packet switch
        {
            Publish when protocol == "5" => new Disconnect(ReasonCode.ServerShuttingDown),
            Publish => null,
            _ => BenchServer.Swallow(packet),
        });
        (await BenchRun.StartAsync($"pair --protocol {protocol}", server.Url)).FailedWith(told);
    }

    [Fact]
    public async Task A_server_that_swallows_everything_ends_the_run()
    {
        await using var server = await BenchServer.StartAsync(BenchServer.Swallow);
        var run = await BenchRun.StartAsync("pair --pubs 2 --window 10", server.Url, options => options with { Patience = TimeSpan.FromSeconds(0.3) });
        run.FailedWith("nothing arrives: 20 sent, 0 of 20 received");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_CONNECT_ends_the_run()
    {
        await using var server = await BenchServer.StartAsync(_ => "nothing");
        var run = await BenchRun.StartAsync("idle --conns 3", server.Url, options => options with { Patience = TimeSpan.FromSeconds(0.3) });
        run.FailedWith("nothing arrives: 0 of 3 connections are ready");
    }

    [Fact]
    public async Task What_was_measured_until_an_interrupt_is_reported()
    {
        await using var server = await BenchServer.StartAsync();
        using var interrupt = new CancellationTokenSource();
        await using var errors = new Trigger("measured", interrupt.Cancel);
        var run = await BenchRun.StartAsync("pair --warmup 0 --seconds 600", server.Url, errors: errors, interrupt: interrupt.Token);
        Assert.Equal((0, 0), (run.ExitCode, run["lost"]));
        Assert.True(run.Json.GetProperty("interrupted").GetBoolean() && run["received"] > 0 && run["measured"] is > 0.5 and < 300, run.Output);
    }

    [Fact]
    public async Task A_signal_ends_the_process_with_its_line_of_JSON()
    {
        await using var server = await BenchServer.StartAsync();
        var command = ServeProcess.Command(["bench", "pair", "--warmup", "0", "--seconds", "600", $"{server.Url}"]);
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var line = ""; !line.Contains("received/s", StringComparison.Ordinal);) // where the machine is slow, opening is progress too
            line = await process.StandardError.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException("it ended before the signal");
        using var kill = Process.Start("kill", ["-s", "INT", $"{process.Id}"]);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        var run = new BenchRun(0, await process.StandardOutput.ReadToEndAsync(deadline.Token), await errors);
        await process.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, process.ExitCode);
        Assert.True(run.Json.GetProperty("interrupted").GetBoolean() && run["received"] > 0);
    }

    [Theory]
    [InlineData("", "pair, fanout, fanin, ingest or idle")]
    [InlineData("fan", "fan")]
    [InlineData("pair --qos 3", "--qos 3")]
    [InlineData("idle --qos 1", "--qos")]
    [InlineData("pair --wndow 1", "--wndow is not an option of pair. Did you mean --window?")]
    [InlineData("pair --rate 0", "--rate 0")]
    [InlineData("pair --pubs 2 --subs 3", "3 and 2")]
    [InlineData("pair http://localhost", "cannot be dialled")]
    public async Task What_is_wrong_is_said_in_one_line_on_stderr_and_the_exit_code_is_2(string arguments, string named)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(["bench", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Theory]
    [InlineData("pair --ca f", "--ca")]
    [InlineData("pair --tls --ca no-such-file.pem", "no-such-file.pem")]
    [InlineData("pair --password p", "--user")]
    [InlineData("pair --qos 1 --window 65536", "65535")]
    [InlineData("pair --size 200000 --window 100000", "1 GiB")]
    [InlineData("fanin --subs 0", "--subs 0")]
    [InlineData("pair --pid 2147483647", "2147483647")]
    public async Task Options_that_do_not_go_together_are_refused(string arguments, string named)
    {
        var refused = await Assert.ThrowsAsync<CommandFailure>(() => BenchRun.StartAsync(arguments, new Uri("mqtt://127.0.0.1:1")));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    private static void WriteCertificate(string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Does something when a line with that text is written.</summary>
    private sealed class Trigger(string text, Action action) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override Task WriteLineAsync(string? value)
        {
            if (value?.Contains(text, StringComparison.Ordinal) == true)
                action();
            return base.WriteLineAsync(value);
        }
    }
}
