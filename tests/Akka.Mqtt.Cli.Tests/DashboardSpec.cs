using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Akka.Mqtt.Tests;

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
    [InlineData("serve --http-cert file --http-key file", 2, "--http-cert needs --http-port.")]
    [InlineData("serve --http-port 0 --http-cert file", 2, "--http-cert needs --http-key.")]
    [InlineData("serve --http-port 0 --http-key file", 2, "--http-key needs --http-cert.")]
    [InlineData("serve --http-port 0 --http-bind :: --port 0", 2, "--http-bind :: is an address that other machines reach: the dashboard needs --http-tokens there.")]
    [InlineData("serve --http-tokens file", 2, "--http-tokens needs --http-port.")]
    [InlineData("token file a:b", 2, "'a:b' cannot be a name: at most 64 characters, no colon, no control character, no # or space at its start.")]
    [InlineData("token file a --role root", 2, "--role root is neither read nor admin.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, int code, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((code, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    [Fact]
    public async Task A_hang_up_reads_users_and_certificate_again_and_ends_the_streams_of_who_is_gone()
    {
        using var folder = new TempFolder();
        var old = await TokenAsync(folder["tokens"], "ops");
        WriteCertificate(folder, "before");
        await using var serve = await ServeProcess.StartAsync(
            "--port", "0", "--http-port", "0", "--http-bind", "0.0.0.0", "--http-tokens", folder["tokens"], "--http-cert", folder["cert.pem"], "--http-key", folder["key.pem"]);
        var url = new Uri($"https://127.0.0.1:{serve.Addresses.Single(each => each.Scheme == "https").Port}/");
        var name = "";
        using var trusting = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => (name = certificate!.Subject) != "" };
        using var http = new HttpClient(trusting);
        http.DefaultRequestHeaders.ConnectionClose = true; // each request has a handshake
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(old));
        Assert.Equal("CN=before", name);
        using var live = await http.SendAsync(Request("api/v1/live", old), HttpCompletionOption.ResponseHeadersRead);
        var stream = await live.Content.ReadAsStreamAsync();

        // A file that is wrong changes nothing.
        await File.WriteAllTextAsync(folder["other"], "ops:admin:secret\n");
        File.Move(folder["other"], folder["tokens"], overwrite: true);
        await serve.SignalAsync("HUP");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(old));

        File.Delete(folder["tokens"]);
        var next = await TokenAsync(folder["tokens"], "ops");
        WriteCertificate(folder, "after");
        await serve.SignalAsync("HUP");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await StatusAsync(old) != HttpStatusCode.Unauthorized)
            deadline.Token.ThrowIfCancellationRequested();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(next));
        Assert.Equal("CN=after", name);
        while (await stream.ReadAsync(new byte[4096], deadline.Token) > 0)
            deadline.Token.ThrowIfCancellationRequested();
        await serve.SignalAsync("TERM");
        var (_, _, errors) = await serve.ExitAsync();
        Assert.Contains("akka-mqtt: the dashboard stays as it is: ", errors, StringComparison.Ordinal);
        Assert.Contains("akka-mqtt: users and certificate of the dashboard have been read again.", errors, StringComparison.Ordinal);

        async Task<HttpStatusCode> StatusAsync(string token)
        {
            using var response = await http.SendAsync(Request("api/v1/server", token));
            return response.StatusCode;
        }

        HttpRequestMessage Request(string path, string token) => new(HttpMethod.Get, new Uri(url, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    [Fact]
    public async Task Commands_trust_the_authority_that_they_are_given()
    {
        using var folder = new TempFolder();
        WriteCertificate(folder, "localhost");
        await File.WriteAllTextAsync(folder["ca.pem"], TestCertificates.Shared.Authority.ExportCertificatePem());
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0", "--http-cert", folder["cert.pem"], "--http-key", folder["key.pem"]);
        var url = $"{serve.Addresses.Single(each => each.Scheme == "https")}";
        var (exitCode, _, errors) = await ServeProcess.RunAsync("status", "--url", url);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"akka-mqtt: cannot reach {url}api/v1/: ", errors, StringComparison.Ordinal);
        (exitCode, var output, errors) = await ServeProcess.RunAsync("status", "--url", url, "--ca-file", folder["ca.pem"]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("memory load Normal", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_without_TLS_for_other_machines_are_warned_of()
    {
        using var folder = new TempFolder();
        await TokenAsync(folder["tokens"], "ops");
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0", "--http-bind", "*", "--http-tokens", folder["tokens"]);
        await serve.SignalAsync("TERM");
        Assert.Contains("The dashboard at --http-bind * has no TLS", (await serve.ExitAsync()).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_sends_a_request_slowly_or_not_at_all_is_closed()
    {
        using var folder = new TempFolder();
        var token = await TokenAsync(folder["tokens"], "ops");
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0", "--http-tokens", folder["tokens"]);
        var port = serve.Addresses.Single(each => each.Scheme == "http").Port;
        string[] requests =
        [
            "GET / HTTP/1.1\r\nHost: localhost\r\n", // the headers do not end
            $"POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{", // nor does the body
        ];
        // Both at once: 10 s for the headers; a body slower than 240 bytes a second has 5 s.
        await Task.WhenAll(requests.Select(async request =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            var (answer, buffer) = (new StringBuilder(), new byte[1024]);
            try
            {
                while (await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60)) is > 0 and var count)
                    answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }
            catch (IOException)
            {
                // It is closed by a reset, because not all was read.
            }
            Assert.DoesNotContain("200 OK", $"{answer}", StringComparison.Ordinal);
        }));
    }

    [Fact]
    public void One_address_has_a_bounded_number_of_connections()
    {
        var limit = new AddressLimit(2);
        var (one, other) = (From("2001:db8::1"), From("2001:db8::ffff:2"));
        Assert.True(limit.TryEnter(one));
        Assert.True(limit.TryEnter(other));
        Assert.False(limit.TryEnter(one)); // the same network
        Assert.True(limit.TryEnter(From("::ffff:192.0.2.1")));
        Assert.True(limit.TryEnter(From("192.0.2.1")));
        Assert.False(limit.TryEnter(From("192.0.2.1")));
        limit.Leave(one);
        Assert.True(limit.TryEnter(one));

        static IPEndPoint From(string address) => new(IPAddress.Parse(address), 1);
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

    private static async Task<string> TokenAsync(string file, string name)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync("token", file, name, "--role", "admin");
        Assert.Equal((0, ""), (exitCode, errors));
        return output.Trim();
    }

    private static void WriteCertificate(TempFolder folder, string host)
    {
        using var certificate = TestCertificates.Shared.Server(host);
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(folder["key.pem"], PemEncoding.WriteString("PRIVATE KEY", key.ExportPkcs8PrivateKey()));
        File.WriteAllText(folder["cert.pem"], certificate.ExportCertificatePem());
    }
}
