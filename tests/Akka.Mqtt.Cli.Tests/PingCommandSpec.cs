using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>akka-mqtt ping</c>, which health checks run.</summary>
public sealed class PingCommandSpec
{
    [Theory]
    [InlineData("on", "Success")]
    [InlineData("off", "NotAuthorized")]
    public async Task A_server_that_answers_is_there_whether_it_accepts_the_client_or_not(string anonymous, string answer)
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--set", $"allow-anonymous={anonymous}");
        var (exitCode, output, errors) = await CommandHost.RunAsync("ping", $"{serve.Addresses[0]}");
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Matches($@"^mqtt://127.0.0.1:\d+ has answered in \d+ ms: {answer}\n$", output);
    }

    [Fact]
    public async Task A_server_is_ready_by_its_pages_and_by_CONNECT()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--metrics-port", "0", "--http-port", "0");
        foreach (var address in serve.Addresses)
        {
            var url = new Uri($"{address}").GetLeftPart(UriPartial.Authority);
            var (exitCode, output, errors) = await CommandHost.RunAsync("ping", "--ready", url);
            Assert.Equal((0, ""), (exitCode, errors));
            Assert.Matches($@"^{url} has answered in \d+ ms: (Ready|Success)\n$", output);
        }
        Assert.Equal(3, serve.Addresses.Count);
    }

    [Fact]
    public async Task A_node_that_has_joined_no_cluster_is_live_and_not_ready()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--metrics-port", "0", "--cluster-port", "0", "--seed", "127.0.0.1:1");
        var page = new Uri($"{serve.Addresses[1]}").GetLeftPart(UriPartial.Authority);
        var (exitCode, output, errors) = await CommandHost.RunAsync("ping", "--ready", page);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"akka-mqtt: {page} takes no clients now: Starting: ", errors, StringComparison.Ordinal);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{page}/live"))).StatusCode);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_has_no_server()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen
        await ExpectFailureAsync(((IPEndPoint)taken.LocalEndPoint!).Port, "does not answer: ");
    }

    [Fact]
    public async Task A_server_that_closes_the_connection_does_not_answer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = listener.AcceptSocketAsync().ContinueWith(each => each.Result.Dispose(), TaskScheduler.Default);
        await ExpectFailureAsync(((IPEndPoint)listener.LocalEndpoint).Port, "does not answer: ");
        await accepted;
    }

    [Fact]
    public async Task A_server_of_another_protocol_does_not_answer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = listener.AcceptSocketAsync();
        var ping = ExpectFailureAsync(((IPEndPoint)listener.LocalEndpoint).Port, "does not answer: what it has sent is not MQTT.");
        using var socket = await accepted;
        await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await ping;
    }

    [Fact]
    public async Task A_silent_server_is_waited_for_as_long_as_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await ExpectFailureAsync(((IPEndPoint)listener.LocalEndpoint).Port, "has not answered within 1 s.", "--timeout", "1");
    }

    [Theory]
    [InlineData("ping ftp://localhost", "ftp://localhost is not the URL of a server. The form is mqtt://host:port or mqtts://host:port.")]
    [InlineData("ping http://localhost", "An http URL needs --ready.")]
    [InlineData("ping --timeout 0", "--timeout 0 is not a number of seconds: 1 to 300.")]
    public async Task What_is_wrong_with_the_command_is_named(string arguments, string said)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(arguments.Split(' '));
        Assert.Equal((2, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    private static async Task ExpectFailureAsync(int port, string said, params string[] options)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(["ping", $"mqtt://127.0.0.1:{port}", .. options]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"akka-mqtt: mqtt://127.0.0.1:{port} {said}", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }
}
