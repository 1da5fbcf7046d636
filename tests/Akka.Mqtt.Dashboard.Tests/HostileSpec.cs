using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Configuration;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>Requests as no browser and no program of good faith makes them: bytes on a socket.</summary>
public sealed class HostileSpec(Site site) : IClassFixture<Site>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("/dash/../../../../etc/passwd")]
    [InlineData("/dash/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/dash/..%2f..%2fetc%2fpasswd")]
    [InlineData("/dash/dashboard.js/../../secret")]
    [InlineData("/dash/dashboard.js%00.html")]
    [InlineData("/dash/api/v1/../../../etc/passwd")]
    [InlineData("/dash//etc/passwd")]
    [InlineData("/dash/\\..\\..\\etc\\passwd")]
    public async Task A_path_that_leaves_the_dashboard_finds_nothing(string path)
    {
        var answer = await SendAsync($"GET {path} HTTP/1.1\r\nHost: {site.Root.Authority}\r\nConnection: close\r\n\r\n");
        Assert.True(StatusOf(answer) is 400 or 404, answer);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//example.org/dash")]
    [InlineData("/\\example.org/dash")]
    [InlineData("//example.org//dash")]
    [InlineData("/dash?next=//example.org")]
    [InlineData("http://example.org/dash")]
    public async Task No_request_is_redirected_to_another_host(string target)
    {
        var answer = await SendAsync($"GET {target} HTTP/1.1\r\nHost: {(target.StartsWith("http:", StringComparison.Ordinal) ? "example.org" : site.Root.Authority)}\r\nConnection: close\r\n\r\n");
        var location = HeadersOf(answer).FirstOrDefault(static each => each.StartsWith("Location:", StringComparison.OrdinalIgnoreCase));
        Assert.True(location is null or "Location: /dash/", location);
    }

    [Fact]
    public async Task Line_breaks_in_a_request_are_no_headers_of_the_answer()
    {
        foreach (var path in (string[])["/dash%0d%0aX-Injected:%201", "/dash/api/v1/client?id=a%0d%0aX-Injected:%201", "/dash/openapi.json?x=%0d%0aX-Injected:%201"])
        {
            var answer = await SendAsync($"GET {path} HTTP/1.1\r\nHost: {site.Root.Authority}\r\nAuthorization: Bearer {site.Reader}\r\nConnection: close\r\n\r\n");
            Assert.DoesNotContain(HeadersOf(answer), static each => each.StartsWith("X-Injected", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("evil.example.org")]
    [InlineData("127.0.0.1.evil.example.org")]
    [InlineData("localhost.evil.example.org")]
    [InlineData("localhost#.evil.example.org")]
    public async Task A_name_of_a_stranger_that_resolves_to_this_machine_gets_neither_the_page_nor_data_nor_actions(string host)
    {
        foreach (var request in (string[])["GET /open/", "GET /open/dashboard.js", "GET /open/openapi.json", "GET /open/api/v1/server", "GET /open/api/v1/live", "POST /open/api/v1/security/reload"])
        {
            var answer = await SendAsync($"{request} HTTP/1.1\r\nHost: {host}:{site.Root.Port}\r\nX-Akka-Mqtt: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            Assert.True(StatusOf(answer) is 400 or 403, answer);
        }
    }

    [Fact]
    public async Task Two_hosts_or_none_are_refused()
    {
        Assert.Equal(400, StatusOf(await SendAsync($"GET /open/api/v1/server HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.org\r\nConnection: close\r\n\r\n")));
        Assert.Equal(400, StatusOf(await SendAsync("GET /open/api/v1/server HTTP/1.1\r\nConnection: close\r\n\r\n")));
    }

    [Fact]
    public async Task A_page_of_another_origin_is_not_told_that_it_may_ask()
    {
        var answer = await SendAsync(
            $"OPTIONS /dash/api/v1/publish HTTP/1.1\r\nHost: {site.Root.Authority}\r\nOrigin: https://evil.example.org\r\nAccess-Control-Request-Method: POST\r\n"
            + "Access-Control-Request-Headers: authorization,x-akka-mqtt\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("Access-Control-Allow", answer, StringComparison.OrdinalIgnoreCase);
        Assert.True(StatusOf(answer) is 404 or 405, answer);
    }

    [Theory]
    [InlineData("GET", "api/v1/publish")]
    [InlineData("GET", "api/v1/nodes/drain")]
    [InlineData("HEAD", "api/v1/security/reload")]
    [InlineData("POST", "api/v1/server")]
    [InlineData("DELETE", "api/v1/client")]
    public async Task Another_method_does_nothing(string method, string path)
    {
        var answer = await SendAsync($"{method} /open/{path} HTTP/1.1\r\nHost: {site.Root.Authority}\r\nX-Akka-Mqtt: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.True(StatusOf(answer) is 404 or 405, answer);
        Assert.True(site.Server.Health.IsReady);
    }

    [Fact]
    public async Task A_deep_or_endless_body_is_refused_before_it_is_understood()
    {
        var deep = new string('[', 100_000);
        var answer = await SendAsync($"POST /dash/api/v1/publish HTTP/1.1\r\nHost: {site.Root.Authority}\r\nAuthorization: Bearer {site.Admin}\r\nContent-Type: application/json\r\nContent-Length: {deep.Length}\r\nConnection: close\r\n\r\n{deep}");
        Assert.Equal(400, StatusOf(answer));
        // Who says that the body is large gets the answer without sending it.
        answer = await SendAsync($"POST /dash/api/v1/publish HTTP/1.1\r\nHost: {site.Root.Authority}\r\nAuthorization: Bearer {site.Admin}\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\nConnection: close\r\n\r\n");
        Assert.Equal(413, StatusOf(answer));
    }

    [Fact]
    public async Task A_body_is_not_read_of_who_has_no_token()
    {
        var answer = await SendAsync($"POST /dash/api/v1/publish HTTP/1.1\r\nHost: {site.Root.Authority}\r\nContent-Type: application/json\r\nContent-Length: 500000\r\nConnection: close\r\n\r\n");
        Assert.Equal(401, StatusOf(answer));
    }

    [Fact]
    public async Task Of_many_requests_without_a_right_token_those_beyond_a_few_a_second_wait_and_right_ones_do_not()
    {
        var clock = new FakeTimeProvider();
        var limit = new GuessLimit();
        for (var at = 0; at < GuessLimit.AtOnce; at++)
            Assert.True(limit.WaitAsync(clock, default).IsCompletedSuccessfully);
        var late = limit.WaitAsync(clock, default);
        Assert.False(late.IsCompleted);
        using var gone = new CancellationTokenSource();
        var impatient = limit.WaitAsync(clock, gone.Token);
        await gone.CancelAsync();
        await impatient.WaitAsync(Soon);
        clock.Advance(GuessLimit.Pause);
        await late.WaitAsync(Soon);
        Assert.True(limit.WaitAsync(clock, default).IsCompletedSuccessfully); // a new second

        // Whoever guesses keeps nobody with a right token waiting.
        var guesses = Enumerable.Range(0, 3 * GuessLimit.AtOnce).Select(_ => site.AskAsync("wrong", "GET", "server")).ToList();
        Assert.Equal(HttpStatusCode.OK, (await site.AskAsync(site.Reader, "GET", "server")).Status);
        Assert.All(await Task.WhenAll(guesses).WaitAsync(Soon), static each => Assert.Equal(HttpStatusCode.Unauthorized, each.Status));
    }

    [Fact]
    public void One_token_has_at_most_half_of_the_live_streams_and_gets_its_places_back()
    {
        var feed = new LiveFeed(ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty), new FakeTimeProvider()), 5);
        var own = Enumerable.Range(0, 3).Select(_ => feed.TryWatch("reader")!).ToList();
        Assert.Null(feed.TryWatch("reader"));
        using (feed.TryWatch("ops"))
        using (feed.TryWatch("other"))
            Assert.Null(feed.TryWatch("third")); // all places are taken
        own[0].Dispose();
        using var again = feed.TryWatch("reader");
        Assert.NotNull(again);
    }

    [Fact]
    public void What_a_stranger_sends_is_one_line_of_the_audit_log_without_control_characters()
    {
        var lines = new List<string>();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new Lines(lines)));
        var audit = new AuditLog(loggers);
        audit.Add(site.Server, "ops\r\n", "192.0.2.1", "POST api/v1/client/disconnect", "a\r\nops at 192.0.2.1: forged\u202E\e[2J", "done\n");
        audit.AddDenied(site.Server, "192.0.2.1", "GET /a\r\nforged\e[2J", "why");
        Assert.Equal(2, lines.Count);
        Assert.All(lines, static line => Assert.DoesNotContain(line, static each => char.IsControl(each) || each == '\u202E'));
    }

    private static int StatusOf(string answer) => int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static string[] HeadersOf(string answer) => answer.Split("\r\n\r\n")[0].Split("\r\n")[1..];

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, site.Root.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Soon) is > 0 and var count)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (IOException) when (answer.Length > 0)
        {
            // The server has answered, and resets the connection because the body did not come.
        }
        return answer.ToString();
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
