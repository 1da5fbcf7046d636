using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>serve --http-port</c> and <c>token</c>, as a user has them.</summary>
public sealed class DashboardSpec
{
    [Fact]
    public async Task The_dashboard_answers_who_has_a_token_and_actions_are_on_stderr()
    {
        using var folder = new TempFolder();
        var file = folder["tokens"];
        var (exitCode, output, _) = await ServeProcess.RunAsync("token", file, "ops", "--role", "admin");
        Assert.Equal(0, exitCode);
        var token = output.Trim();
        Assert.DoesNotContain(token, await File.ReadAllTextAsync(file), StringComparison.Ordinal);

        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0", "--http-bind", "*", "--http-tokens", file);
        var url = new Uri($"http://127.0.0.1:{serve.Addresses.Single(each => each.Scheme == "http").Port}/");
        using var http = new HttpClient();
        Assert.Contains("<title>MQTT server</title>", await http.GetStringAsync(url), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri(url, "api/v1/server"))).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Contains("\"clients\":0", await http.GetStringAsync(new Uri(url, "api/v1/server")), StringComparison.Ordinal);
        using var body = new StringContent(JsonSerializer.Serialize(new { topic = "greeting", text = "hello", retain = true }), new MediaTypeHeaderValue("application/json"));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(new Uri(url, "api/v1/publish"), body)).StatusCode);
        // A stream that is open does not hold the end of the server up.
        using var live = await http.GetAsync(new Uri(url, "api/v1/live"), HttpCompletionOption.ResponseHeadersRead);
        await serve.SignalAsync("TERM");
        var (ended, _, errors) = await serve.ExitAsync();
        Assert.Equal(0, ended);
        Assert.Contains("dashboard: ops at 127.0.0.1: POST api/v1/publish \"greeting\": done", errors, StringComparison.Ordinal);
        Assert.Contains("GET /api/v1/server: Send a token", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve --port 0 --http-port 0 --http-bind 0.0.0.0", 2, "--http-bind 0.0.0.0 is an address that other machines reach: the dashboard needs --http-tokens there.")]
    [InlineData("serve --http-bind 127.0.0.1", 2, "--http-bind needs --http-port.")]
    [InlineData("serve --http-port 0 --http-bind example", 2, "--http-bind example is not an address.")]
    [InlineData("serve --http-tokens file", 2, "--http-tokens needs --http-port.")]
    [InlineData("token file a:b", 2, "'a:b' cannot be a name: at most 64 characters, no colon, no control character, no # or space at its start.")]
    [InlineData("token file a --role root", 2, "--role root is neither read nor admin.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, int code, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((code, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    [Fact]
    public async Task A_wrong_line_of_the_file_of_tokens_is_named()
    {
        using var folder = new TempFolder();
        var file = folder["tokens"];
        await File.WriteAllTextAsync(file, "# people\nops:admin:secret\n");
        var (exitCode, _, errors) = await ServeProcess.RunAsync("serve", "--port", "0", "--http-port", "0", "--http-tokens", file);
        Assert.Equal(2, exitCode);
        Assert.Equal($"akka-mqtt: {file}, line 2: a line is name:role:hash, with a role read or admin; akka-mqtt token makes one.\n", errors);
    }
}
