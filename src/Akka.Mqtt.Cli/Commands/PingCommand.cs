using System.Buffers;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// <c>akka-mqtt ping</c>: checks that an MQTT server answers, for the health check of a container. It uses no actor system, because it runs often and must start fast.
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
            Description = "The server: mqtt://host:port or mqtts://host:port; with --ready also http://host:port or https://host:port of --metrics-port or --http-port. Default: mqtt://127.0.0.1:1883.",
            DefaultValueFactory = _ => "mqtt://127.0.0.1:1883",
        };
        url.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is { Length: > 0 } text && Parse(text) is null)
                result.AddError($"{LogText.Escape(text)} is not the URL of a server. The form is mqtt://host:port or mqtts://host:port.");
        });
        var ready = new Option<bool>("--ready")
        {
            Description = "Check that the server accepts clients. It does not while it joins a cluster, or stops. With an http URL this requests /ready. With an mqtt URL it sends CONNECT; this test is not reliable if the server refuses clients without a password.",
        };
        var timeout = new Option<int>("--timeout")
        {
            HelpName = "seconds",
            Description = "Wait this long for the answer. Range: 1 to 300. Default: 5.",
            DefaultValueFactory = _ => DefaultTimeout,
        };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 300))
                result.AddError($"--timeout {result.Tokens[0].Value} is not a number of seconds: 1 to 300.");
        });
        var insecure = new Option<bool>("--insecure") { Description = "Accept any certificate of the server. The command never sends a password. Default: check the certificate." };
        var command = new Command(
            "ping", "Check that a server answers CONNECT. The exit code is 0 if it answers, even with a refusal. It is 1 if it does not answer or, with --ready, accepts no clients.")
        {
            url, ready, timeout, insecure,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(ready) && Parse(result.GetValue(url) ?? "") is { Scheme: "http" or "https" })
                result.AddError("An http URL needs --ready.");
        });
        command.SetAction(parsed => RunAsync(Parse(parsed.GetValue(url)!)!, parsed.GetValue(ready), parsed.GetValue(insecure), TimeSpan.FromSeconds(parsed.GetValue(timeout))));
        return command;
    }

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "mqtt" or "mqtts" or "http" or "https", Host.Length: > 0, AbsolutePath: "" or "/" } ? url : null;

    private static async Task<int> RunAsync(Uri url, bool ready, bool insecure, TimeSpan timeout)
    {
        var server = $"{url.Scheme}://{url.Authority}";
        var clock = Stopwatch.StartNew();
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            var (isReady, answer) = url.Scheme is "http" or "https"
                ? await AskPageAsync(url, insecure, deadline.Token).ConfigureAwait(false)
                : AnswerOf(await AskAsync(url, insecure, deadline.Token).ConfigureAwait(false));
            if (ready && !isReady)
            {
                Console.Error.WriteLine($"akka-mqtt: {server} takes no clients now: {answer}");
                return NoAnswer;
            }
            Console.Out.WriteLine($"{server} has answered in {clock.ElapsedMilliseconds} ms: {answer}");
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"akka-mqtt: {server} has not answered within {timeout.TotalSeconds} s.");
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or HttpRequestException)
        {
            Console.Error.WriteLine($"akka-mqtt: {server} does not answer: {error.Message.ReplaceLineEndings(" ")}");
        }
        return NoAnswer;
    }

    /// <summary>A server that refuses this client for its identity accepts other clients.</summary>
    private static (bool IsReady, string Answer) AnswerOf(ConnAck answer) => (answer.ReasonCode != ReasonCode.ServerUnavailable, $"{answer.ReasonCode}");

    private static async Task<(bool IsReady, string Answer)> AskPageAsync(Uri url, bool insecure, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (insecure)
        {
#pragma warning disable CA5359 // --insecure asks for it, and no secret is sent
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        using var http = new HttpClient(handler) { MaxResponseContentBufferSize = 16 * 1024 };
        using var response = await http.GetAsync(new Uri(url, HealthPages.Ready), cancellation).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
            throw new IOException($"{HealthPages.Ready} is answered {(int)response.StatusCode}.");
        return (response.StatusCode == HttpStatusCode.OK, LogText.Escape(text.Trim()));
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
        // MQTT 3.1.1, which every server supports, and no client identifier, so that no session is taken over.
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
