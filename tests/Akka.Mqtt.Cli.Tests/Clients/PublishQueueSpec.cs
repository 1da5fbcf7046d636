using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary><c>akka-mqtt pub --queue</c>: lines that were read survive the process.</summary>
public sealed class PublishQueueSpec
{
    private const int Lines = 500;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("1", "311")]
    [InlineData("2", "5")]
    public async Task What_was_read_before_the_process_was_killed_is_sent_by_the_next_run_in_order(string qos, string version)
    {
        using var folder = new TempFolder();
        using (var killed = Start("pub", "-h", "127.0.0.1", "-p", "1", "-V", version, "-t", "queued", "-q", qos, "-l", "--progress", "--queue", folder["queue"]))
        {
            for (var line = 0; line < Lines; line++)
                await killed.StandardInput.WriteLineAsync($"{line}");
            await killed.StandardInput.FlushAsync();
            using var deadline = new CancellationTokenSource(Soon);
            while (await killed.StandardError.ReadLineAsync(deadline.Token) is { } said && said != $"{Lines} messages kept, {Lines} of the file wait for the server")
                Assert.False(killed.HasExited);
            killed.Kill(); // SIGKILL
            await killed.WaitForExitAsync(deadline.Token);
        }

        await using var serve = await ServeProcess.StartAsync("--port", "0");
        var port = $"{serve.Addresses[0].Port}";
        string[] subscriber = ["sub", "-p", port, "-c", "-i", "reader", "-q", qos, "-t", "queued"];
        Assert.Equal(0, (await ServeProcess.RunAsync([.. subscriber, "-E"])).ExitCode);
        using (var next = Start("pub", "-p", port, "-V", version, "-t", "queued", "-q", qos, "-l", "--queue", folder["queue"]))
        {
            await next.StandardInput.WriteLineAsync("last");
            next.StandardInput.Close();
            Assert.Equal((0, ""), await EndAsync(next));
        }
        var (exitCode, output, _) = await ServeProcess.RunAsync([.. subscriber, "-C", $"{Lines + 1}", "-W", "30"]);
        Assert.Equal(0, exitCode);
        Assert.Equal([.. Enumerable.Range(0, Lines).Select(line => $"{line}"), "last"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Without_a_server_it_keeps_the_message_says_so_and_ends()
    {
        using var folder = new TempFolder();
        using var away = Start("pub", "-h", "127.0.0.1", "-p", "1", "-t", "queued", "-q", "1", "-m", "kept", "--queue", folder["queue"]);
        var (exitCode, errors) = await EndAsync(away);
        Assert.Equal(1, exitCode);
        Assert.Contains($"1 message waits in {folder["queue"]}. The next run with --queue {folder["queue"]} sends it.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_options_of_the_command_line_make_the_same_CONNECT_with_and_without_a_queue()
    {
        using var folder = new TempFolder();
        var packets = new ConcurrentQueue<MqttPacket>();
        await using var server = await BenchServer.StartAsync(packet =>
        {
            packets.Enqueue(packet);
            return packet is Publish publish ? new PubAck(publish.PacketId) : BenchServer.Swallow(packet);
        });
        var words = "pub -t a -m b -q 1 -V 5 -c -i me -x 100 -k 77 -u name -P secret --will-topic w --will-payload gone --will-qos 1 --will-retain -D will will-delay-interval 9"
            + " -D connect receive-maximum 17 -D connect topic-alias-maximum 3 -D connect maximum-packet-size 70000 -D connect request-problem-information 0"
            + " -D connect request-response-information 1 -D connect user-property key value -D connect authentication-method m -D connect authentication-data d"
            + " -D disconnect user-property why done";
        (await ClientResult.RunAsync(server.Url, words)).Succeeded();
        (await ClientResult.RunAsync(server.Url, $"{words} --queue {folder["queue"]}")).Succeeded();
        await AwaitAsync(() => packets.Count == 6);
        MqttPacket[] all = [.. packets];
        Assert.Equal(all[0], all[3]); // CONNECT
        Assert.Equal(all[2], all[5]); // DISCONNECT
    }

    [Fact]
    public async Task The_local_address_is_used_and_packets_are_shown_as_without_a_queue()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = new Uri($"mqtt://{listener.LocalEndpoint}");
        var publishing = ClientResult.RunAsync(server, $"pub -t a -m b -q 1 -i me -A 127.0.0.2 -d --queue {folder["queue"]}");
        using var socket = await listener.AcceptSocketAsync();
        Assert.Equal("127.0.0.2", ((IPEndPoint)socket.RemoteEndPoint!).Address.ToString());
        await using var stream = new NetworkStream(socket);
        await stream.ReadExactlyAsync(new byte[1]);
        await stream.WriteAsync(new byte[] { 0x20, 2, 0, 0 });
        var read = new byte[100];
        while (!read.AsSpan().Contains((byte)0x32)) // PUBLISH; its packet identifier is 1
            Assert.NotEqual(0, await stream.ReadAsync(read));
        await stream.WriteAsync(new byte[] { 0x40, 2, 0, 1 });
        while (!read.AsSpan().Contains((byte)0xE0)) // DISCONNECT
            Assert.NotEqual(0, await stream.ReadAsync(read));
        socket.Close(); // as a server does
        var result = await publishing;
        Assert.Equal(0, result.ExitCode);
        var lines = result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Collection(
            lines,
            line => Assert.StartsWith("sending Connect", line, StringComparison.Ordinal),
            line => Assert.StartsWith("received ConnAck", line, StringComparison.Ordinal),
            line => Assert.StartsWith("sending Publish", line, StringComparison.Ordinal),
            line => Assert.StartsWith("received PubAck", line, StringComparison.Ordinal),
            line => Assert.StartsWith("sending Disconnect", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("311", "-I name-")]
    [InlineData("5", "-I name-")]
    [InlineData("311", "")]
    public async Task The_next_run_with_a_file_resumes_the_session(string version, string options)
    {
        using var folder = new TempFolder();
        var connects = new ConcurrentQueue<Connect>();
        await using var server = await BenchServer.StartAsync(packet =>
        {
            if (packet is Connect connect)
                connects.Enqueue(connect);
            return packet is Publish publish ? new PubAck(publish.PacketId) : BenchServer.Swallow(packet);
        });
        for (var run = 0; run < 2; run++)
            (await ClientResult.RunAsync(server.Url, $"pub -t a -m b -q 1 -V {version} {options} --queue {folder["queue"]}".Split(' ', StringSplitOptions.RemoveEmptyEntries))).Succeeded();
        Connect[] both = [.. connects];
        Assert.Equal((both[0].ClientId, false, false), (both[1].ClientId, both[0].CleanStart, both[1].CleanStart));
        Assert.Matches(options.Length > 0 ? "^name-[0-9a-f]{12}$" : "^akka-queue-[0-9a-f]{12}$", both[0].ClientId);
    }

    [Theory]
    [InlineData("311", ReasonCode.BadUserNameOrPassword, 4, "the server refused the connection: bad user name or password (4). Messages wait in FILE.")]
    [InlineData("5", ReasonCode.BadUserNameOrPassword, 134, "the server refused the connection: bad user name or password (134). Messages wait in FILE.")]
    [InlineData("5", ReasonCode.ServerBusy, 137, "the server refused the connection: server busy (137). Messages wait in FILE.")]
    [InlineData("31", ReasonCode.UnsupportedProtocolVersion, 1, "the server refused the connection: unsupported protocol version (1). Try another version of MQTT: -V.")]
    public async Task The_exit_code_of_a_refusal_is_the_code_of_CONNACK_and_the_message_is_kept(string version, ReasonCode code, int exitCode, string said)
    {
        using var folder = new TempFolder();
        await using var server = await BenchServer.StartAsync(_ => new ConnAck(code));
        var result = await ClientResult.RunAsync(server.Url, $"pub -V {version} -t a -m b -q 1 --queue {folder["queue"]}");
        var file = folder["queue"];
        var waits = $"akka-mqtt: 1 message waits in {file}. The next run with --queue {file} sends it.\n";
        Assert.Equal((exitCode, "", $"akka-mqtt: {said.Replace("FILE", file, StringComparison.Ordinal)}\n{waits}"), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory]
    [InlineData("pub -t a -m b --queue file", "--queue needs -q 1 or -q 2: messages of QoS 0 are not acknowledged.")]
    [InlineData("pub -t a -m b -q 1 --queue file --repeat 2", "--queue and --repeat exclude each other.")]
    [InlineData("sub -t a --queue file", "--queue is an option of pub, not of sub.")]
    public async Task What_is_wrong_with_an_option_is_named(string arguments, string said)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(arguments.Split(' '));
        Assert.Equal((1, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    private static async Task AwaitAsync(Func<bool> isTrue)
    {
        using var deadline = new CancellationTokenSource(Soon);
        while (!isTrue())
            await Task.Delay(10, deadline.Token);
    }

    private static Process Start(params string[] arguments)
    {
        var command = ServeProcess.Command(arguments);
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardError = true })!;
    }

    private static async Task<(int ExitCode, string Errors)> EndAsync(Process process)
    {
        using var deadline = new CancellationTokenSource(Soon);
        var errors = await process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, errors);
    }
}
