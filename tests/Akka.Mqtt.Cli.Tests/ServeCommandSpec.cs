using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Cli.Tests;

public class ServeCommandSpec
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task It_is_ready_when_it_accepts_and_a_signal_ends_it_with_0(string signal)
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0");
        var address = serve.Addresses[0];
        Assert.Equal([$"mqtt://127.0.0.1:{address.Port}/"], serve.Addresses.Select(each => each.ToString()));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await serve.SignalAsync(signal);
        Assert.Equal((0, "", ""), await serve.ExitAsync());
    }

    [Theory]
    [InlineData("127.0.0.1", "mqtt://127.0.0.1:{0}/", "ws://127.0.0.1:{1}/mqtt")]
    [InlineData("::1", "mqtt://[::1]:{0}/", "ws://[::1]:{1}/mqtt")]
    [InlineData("localhost", "mqtt://127.0.0.1:{0}/ mqtt://[::1]:{0}/", "ws://127.0.0.1:{1}/mqtt ws://[::1]:{1}/mqtt")]
    [InlineData("*", "mqtt://0.0.0.0:{0}/ mqtt://[::]:{0}/", "ws://0.0.0.0:{1}/mqtt ws://[::]:{1}/mqtt")]
    [InlineData("::", "mqtt://[::]:{0}/ mqtt://0.0.0.0:{0}/", "ws://[::]:{1}/mqtt ws://0.0.0.0:{1}/mqtt")]
    public async Task The_ready_line_has_all_that_listens(string host, string mqtt, string ws)
    {
        if (!Socket.OSSupportsIPv6)
            return;
        await using var serve = await ServeProcess.StartAsync("--host", host, "--port", "0", "--ws-port", "0");
        var (port, webSocketPort) = (serve.Addresses[0].Port, serve.Addresses.First(each => each.Scheme == "ws").Port);
        Assert.Equal(string.Format(null, $"{mqtt} {ws}", port, webSocketPort), string.Join(' ', serve.Addresses));
        foreach (var address in serve.Addresses)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "::1", StringComparison.Ordinal), address.Port);
        }
    }

    [Theory]
    [InlineData("akka.mqtt.server {\n  max-qos = 3\n}", ":2: max-qos = 3 is out of range")]
    [InlineData("akka.mqtt.server {\n  max-queued-bytes = lots\n}", ":2: max-queued-bytes = lots cannot be read")]
    [InlineData("akka {\n mqtt.server {\n  listeners {\n   tcp {\n    prot = 1\n", ":4: '{' is never closed")]
    [InlineData("akka {\n mqtt.server {\n  listeners {\n   tcp {\n    prot = 1\n}}}}", ":5: akka.mqtt.server.listeners.tcp.prot is not a setting")]
    [InlineData("# akka { \nakka.mqtt.server.listeners.tcp.port : 0 // {\n}", ":3: '}' closes nothing")]
    [InlineData("a = [1, 2\nb = 1", ":1: '[' is never closed")]
    [InlineData("a = \"x\nb = 1", ":1: a quotation mark is never closed")]
    [InlineData("a = \"\"\"x\n}\"\"\"\nhello\n", ":3: hello has no value")]
    [InlineData("a = 1\nb { c = 1 }, d = 1", ":2: this is not valid HOCON")]
    [InlineData("akka.mqtt.server.memory {\n  shares {\n    quued = 0.1\n  }\n}", ":3: akka.mqtt.server.memory.shares.quued is not a setting")]
    [InlineData("akka.mqtt.server.durability {\n  rules = [\n    { client = a, class = memory }\n    { client = b\n      class = disk }\n  ]\n}", ":5: durability.rules[1].class = disk")]
    [InlineData("akka.mqtt.server.durability.rules = [\n  { client = a, class = memory },\n  { client = b } ]", ":3: durability.rules[1] has no class")]
    [InlineData("akka.mqtt.server.durability.rules = [\n  { listener = tsl, class = memory } ]", ":2: durability.rules[0].listener = tsl: no enabled listener")]
    [InlineData("akka.mqtt.server {\n  durability.rules = [ memory ]\n}", ":2: durability.rules[0] is not of the form")]
    [InlineData("akka.mqtt.server.connection.close-timeout = 0", ":1: close-timeout = 0 must be more than 0")]
    public async Task What_is_wrong_in_a_file_is_said_with_its_line(string text, string said)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["server.conf"], text);
        var (exitCode, output, errors) = await CommandHost.RunAsync("serve", folder["server.conf"]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains($"{folder["server.conf"]}{said}", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task A_file_with_all_that_HOCON_has_is_taken()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["server.conf"], """"
            // a comment { with a brace
            my { port : 0, "quoted key" = "a } b", list = [ "{", 1 ], text = """
              } ] "
            """ }
            akka.mqtt.server
            {
              listeners.tcp { port =
                ${my.port} }
              max-qos = 1 # one
              response-information = "a//b#c"
            }
            """");
        await using var serve = await ServeProcess.StartAsync(folder["server.conf"]);
        Assert.NotEmpty(serve.Addresses);
    }

    [Fact]
    public async Task A_draining_server_tells_5_0_clients_0x8B()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0");
        using var client = new TcpClient();
        await client.ConnectAsync(serve.Addresses[0].Host, serve.Addresses[0].Port);
        var stream = client.GetStream();
        await stream.WriteAsync(new byte[] { 0x10, 14, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 5, 2, 0, 60, 0, 0, 1, (byte)'c' });
        var head = new byte[2];
        await stream.ReadExactlyAsync(head);
        Assert.Equal(0x20, head[0]);
        await stream.ReadExactlyAsync(new byte[head[1]]);
        await serve.SignalAsync("TERM");
        var disconnect = new byte[3];
        await stream.ReadExactlyAsync(disconnect);
        Assert.Equal([0xE0, 0x01, 0x8B], disconnect);
        client.Close();
        Assert.Equal(0, (await serve.ExitAsync()).ExitCode);
    }

    [Theory]
    [InlineData("--port 70000", "--port")]
    [InlineData("--prot 1883", "--prot is not an option of serve. Did you mean --port?")]
    [InlineData("--set nothing=1", "akka.mqtt.server.nothing")]
    [InlineData("--set max-topic-levels=0", "max-topic-levels")]
    [InlineData("--set max-topic-levels", "path=value")]
    [InlineData("--log-level loud", "--log-level loud is not a level")]
    [InlineData("--set connection.max-packet=1", "akka.mqtt.server.connection.max-packet")]
    [InlineData("--set listeners.tcp.prot=1", "akka.mqtt.server.listeners.tcp.prot")]
    [InlineData("--tls-port 0", "--cert")]
    [InlineData("--cert a.pem", "--tls-port")]
    [InlineData("--tls-port 0 --cert nothing.pem --key nothing.pem", "nothing.pem")]
    [InlineData("--host nowhere", "nowhere")]
    [InlineData("--data d --database Host=h", "--data and --database exclude each other")]
    [InlineData("--durability durable", "--durability durable needs --data or --database")]
    [InlineData("--durability half", "--durability half is neither memory nor durable")]
    [InlineData("--data /dev/null/x", "/dev/null/x")]
    [InlineData("--mosquitto-conf f", "f cannot be read")]
    [InlineData("no-such-file.conf", "no-such-file.conf")]
    public async Task What_is_wrong_is_said_in_one_line_on_stderr_and_the_exit_code_is_2(string arguments, string named)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(["serve", .. arguments.Split(' ')]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task All_errors_of_a_file_are_reported_in_one_run_each_with_its_line()
    {
        using var folder = new TempFolder();
        var file = folder["server.conf"];
        await File.WriteAllTextAsync(file, """
            akka.mqtt.server {
              max-qas = 1
              max-qos = 3
              max-queued-bytes = lots
              listeners.tcp { prot = 1, port = 99999 }
              connection { close-timeout = 0, closee = 1 }
            }
            """);
        var (exitCode, output, errors) = await CommandHost.RunAsync("serve", file, "--set", "receive-maximum=0");
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Equal(
            [
                "akka-mqtt: receive-maximum = 0 is out of range: 1 to 65535.",
                $"akka-mqtt: {file}:2: akka.mqtt.server.max-qas is not a setting. Did you mean max-qos?",
                $"akka-mqtt: {file}:3: max-qos = 3 is out of range: 0 to 2.",
                $"akka-mqtt: {file}:4: max-queued-bytes = lots cannot be read.",
                $"akka-mqtt: {file}:5: akka.mqtt.server.listeners.tcp.prot is not a setting. Did you mean port?",
                $"akka-mqtt: {file}:5: listeners.tcp.port = 99999 is out of range: 0 to 65535.",
                $"akka-mqtt: {file}:6: akka.mqtt.server.connection.closee is not a setting.",
                $"akka-mqtt: {file}:6: close-timeout = 0 must be more than 0.",
            ],
            errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_key_that_nothing_reads_is_a_warning_with_a_suggestion_and_the_server_starts()
    {
        using var folder = new TempFolder();
        var file = folder["server.conf"];
        await File.WriteAllTextAsync(file, """
            mqtt.server.max-qos = 1
            aka.loglevel = DEBUG
            most = 1
            akka {
              loglevl = DEBUG
              mqqt.server.max-qos = 1
              server { max-qos = 1 }
              my-module = 3
              persistence.journal = 1
              actor.debug.unhandled = off
              mqtt.server.max-qos = ${most}
            }
            """);
        await using var serve = await ServeProcess.StartAsync(file, "--port", "0");
        await serve.SignalAsync("TERM");
        Assert.Equal(
            (0, "", $"""
            akka-mqtt: {file}:1: mqtt is not used: settings are below akka. Did you mean akka.mqtt?
            akka-mqtt: {file}:2: aka is not used: settings are below akka. Did you mean akka?
            akka-mqtt: {file}:5: akka.loglevl is not used. Did you mean loglevel?
            akka-mqtt: {file}:6: akka.mqqt is not used. Did you mean akka.mqtt?
            akka-mqtt: {file}:7: akka.server is not used. Did you mean akka.mqtt.server?

            """.ReplaceLineEndings("\n")),
            await serve.ExitAsync());
    }

    [Fact]
    public async Task A_port_in_use_is_said_in_one_line_and_the_exit_code_is_2()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0");
        var (exitCode, _, errors) = await CommandHost.RunAsync("serve", "--port", $"{serve.Addresses[0].Port}");
        Assert.Equal(2, exitCode);
        Assert.Contains($"{serve.Addresses[0].Port}", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task A_file_is_read_and_the_command_line_wins_over_it()
    {
        var folder = Directory.CreateTempSubdirectory();
        var file = Path.Combine(folder.FullName, "server.conf");
        await File.WriteAllTextAsync(file, """
            akka.mqtt.server {
              listeners.tcp.port = 1
              listeners.other { port = 0, host = "::1" }
            }
            """);
        await using var serve = await ServeProcess.StartAsync(file, "--host", "127.0.0.1", "--port", "0", "--set", "listeners.other.host=\"127.0.0.1\"");
        Assert.Equal(2, serve.Addresses.Count);
        Assert.All(serve.Addresses, address => Assert.Equal("127.0.0.1", address.Host));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task TLS_is_served_with_certificate_and_key_of_PEM_files()
    {
        var folder = Directory.CreateTempSubdirectory();
        var (cert, key) = (Path.Combine(folder.FullName, "cert.pem"), Path.Combine(folder.FullName, "key.pem"));
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", pair, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(cert, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(key, pair.ExportPkcs8PrivateKeyPem());
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--tls-port", "0", "--cert", cert, "--key", key);
        var address = serve.Addresses.First(each => each.Scheme == "mqtts");
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        using var tls = new System.Net.Security.SslStream(client.GetStream(), false, (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString());
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(new byte[] { 0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 60, 0, 1, (byte)'c' });
        var answer = new byte[4];
        await tls.ReadExactlyAsync(answer);
        Assert.Equal([0x20, 2, 0, 0], answer);
        folder.Delete(recursive: true);
    }
}
