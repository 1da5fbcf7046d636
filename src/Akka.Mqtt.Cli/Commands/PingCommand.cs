using System.Buffers;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// <c>akka-mqtt ping</c>: checks that an MQTT server answers, for the health check of a container. It uses no actor system: that starts faster, and such a check runs often.
/// </summary>
internal static class PingCommand
{
    /// <summary>The exit code when the server does not answer.</summary>
    private const int NoAnswer = 1;

    private const int DefaultTimeout = 5;

    public static Command Create()
    {
        var url = new Argument<string>("url")
        {
            Description = "The server: mqtt://host:port or mqtts://host:port. Default: mqtt://127.0.0.1:1883.",
            DefaultValueFactory = _ => "mqtt://127.0.0.1:1883",
        };
        url.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is { Length: > 0 } text && Parse(text) is null)
                result.AddError($"{LogText.Escape(text)} is not the URL of a server. The form is mqtt://host:port or mqtts://host:port.");
        });
        var timeout = new Option<int>("--timeout")
        {
            HelpName = "seconds",
            Description = "Wait so long for the answer. 1 to 300; the default is 5.",
            DefaultValueFactory = _ => DefaultTimeout,
        };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 300))
                result.AddError($"--timeout {result.Tokens[0].Value} is not a number of seconds: 1 to 300.");
        });
        var insecure = new Option<bool>("--insecure") { Description = "Accept any certificate of the server. The command sends no password." };
        var command = new Command(
            "ping", "Check that a server answers CONNECT. The exit code is 0 if it does, whether it accepts the client or not, and 1 if it does not.")
        {
            url, timeout, insecure,
        };
        command.SetAction(parsed => RunAsync(Parse(parsed.GetValue(url)!)!, parsed.GetValue(insecure), TimeSpan.FromSeconds(parsed.GetValue(timeout))));
        return command;
    }

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "mqtt" or "mqtts", Host.Length: > 0, AbsolutePath: "" or "/" } ? url : null;

    private static async Task<int> RunAsync(Uri url, bool insecure, TimeSpan timeout)
    {
        var server = $"{url.Scheme}://{url.Authority}";
        var clock = Stopwatch.StartNew();
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            var answer = await AskAsync(url, insecure, deadline.Token).ConfigureAwait(false);
            Console.Out.WriteLine($"{server} has answered in {clock.ElapsedMilliseconds} ms: {answer.ReasonCode}");
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"akka-mqtt: {server} has not answered within {timeout.TotalSeconds} s.");
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException)
        {
            Console.Error.WriteLine($"akka-mqtt: {server} does not answer: {error.Message.ReplaceLineEndings(" ")}");
        }
        return NoAnswer;
    }

    private static async Task<ConnAck> AskAsync(Uri url, bool insecure, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var port = url.IsDefaultPort || url.Port < 0 ? url.Scheme == "mqtts" ? 8883 : 1883 : url.Port;
        await socket.ConnectAsync(url.DnsSafeHost, port, cancellation).ConfigureAwait(false);
        Stream stream = new NetworkStream(socket);
        if (url.Scheme == "mqtts")
        {
            var tls = new SslStream(stream);
            stream = tls;
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = url.DnsSafeHost,
                RemoteCertificateValidationCallback = (_, _, _, problems) => insecure || problems == SslPolicyErrors.None, // no secret is sent
            };
            await tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
        }
        await using var __ = stream.ConfigureAwait(false);
        // 3.1.1, which every server speaks; without a client identifier, so that no client of this name is taken over.
        var connect = new Connect { Version = MqttVersion.V311, CleanStart = true };
        await stream.WriteAsync(MqttEncoder.Encode(connect, MqttVersion.V311), cancellation).ConfigureAwait(false);
        var answer = await ReadAsync(stream, cancellation).ConfigureAwait(false);
        if (answer.ReasonCode == ReasonCode.Success)
            await stream.WriteAsync(MqttEncoder.Encode(new Disconnect(), MqttVersion.V311), cancellation).ConfigureAwait(false);
        return answer;
    }

    private static async Task<ConnAck> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var decoder = new MqttFrameDecoder(new MqttDecoder(MqttRole.Client, MqttVersion.V311));
        var packets = new List<MqttPacket>();
        while (packets.Count == 0)
        {
            var chunk = new byte[256]; // the decoder may keep it
            var count = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false);
            if (count == 0)
                throw new IOException("it has closed the connection.");
            if (decoder.Decode(chunk.AsMemory(0, count), packets) == OperationStatus.InvalidData)
                break;
        }
        return packets.FirstOrDefault() as ConnAck ?? throw new IOException("what it has sent is not MQTT.");
    }
}
