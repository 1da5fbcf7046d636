using System.Text.Json;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>status</c>, <c>clients</c>, <c>kick</c> and <c>retained</c> against a server that runs.</summary>
public sealed class AdminCommandsSpec
{
    [Fact]
    public async Task Commands_list_clients_and_retained_messages_and_end_what_is_unwanted()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0");
        var port = $"{serve.Addresses.First(each => each.Scheme == "mqtt").Port}";
        var url = $"{serve.Addresses.Single(each => each.Scheme == "http")}";
        await ServeProcess.RunAsync("sub", "-p", port, "-c", "-i", "away", "-q", "1", "-t", "topic", "-E");
        await ServeProcess.RunAsync("pub", "-p", port, "-r", "-q", "1", "-t", "plant/7", "-m", "on");

        Assert.Equal((0, "away\toffline\t-\t0\n", ""), await ServeProcess.RunAsync("clients", "--url", url, "--search", "AWA"));
        var (_, json, _) = await ServeProcess.RunAsync("clients", "--url", url, "--json");
        Assert.Equal("away", JsonDocument.Parse(json).RootElement.GetProperty("clientId").GetString());
        Assert.Equal((0, "plant/7\t2\t\n", ""), await ServeProcess.RunAsync("retained", "plant", "--url", url));
        Assert.Equal((0, "plant/7 is cleared\n", ""), await ServeProcess.RunAsync("retained", "plant/7", "--clear", "--url", url));
        Assert.Equal((0, "away was not connected\n", ""), await ServeProcess.RunAsync("kick", "away", "--end-session", "--ban", "60", "--url", url));
        Assert.Equal((1, "", "akka-mqtt: There is no session of this client.\n"), await ServeProcess.RunAsync("kick", "nobody", "--url", url));
        Assert.Contains("clients 0, connections 0, sessions 0", (await ServeProcess.RunAsync("status", "--url", url)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_reached_is_exit_code_1()
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync("status", "--url", "http://127.0.0.1:1/");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("akka-mqtt: cannot reach http://127.0.0.1:1/api/v1/: ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status --url localhost", "--url localhost is not a URL such as http://127.0.0.1:8080/.")]
    [InlineData("clients --limit 0", "--limit 0 is not a number above 0.")]
    [InlineData("kick a --ban soon", "--ban soon is not a number of seconds.")]
    [InlineData("retained --clear", "--clear needs a topic.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((2, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }
}
