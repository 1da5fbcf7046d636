using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>Transports of the managed client and of the commands, against a server that listens on all of them.</summary>
public sealed class TransportSpec(TransportServer server) : IClassFixture<TransportServer>
{
    [Fact]
    public Task The_client_connects_by_TLS_to_a_server_with_the_right_name() => ConnectsAsync(Secure("tls"));

    [Fact]
    public Task The_client_connects_by_WebSocket() => ConnectsAsync(Plain(server.UriOf(secure: false)));

    [Fact]
    public Task The_client_connects_by_secure_WebSocket() => ConnectsAsync(Plain(server.UriOf(secure: true)) with { Tls = new TlsClientSettings { TrustedAuthorities = server.Authorities } });

    [Fact]
    public Task The_client_connects_by_unix_socket() => ConnectsAsync(Plain(new Uri($"unix://{server.SocketPath}")));

    [Fact]
    public async Task A_server_with_another_name_is_refused_and_the_message_says_so()
    {
        var cause = await FailsAsync(Secure("elsewhere"));
        Assert.Equal(MqttClientCause.DialFailed, cause.Kind);
        Assert.Contains("is not for host 'localhost' but for elsewhere.example.", cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("wss")]
    public async Task A_server_of_an_unknown_authority_is_refused_and_the_message_says_so(string listener)
    {
        var settings = listener == "wss" ? Plain(server.UriOf(secure: true)) : Secure(listener);
        var cause = await FailsAsync(settings with { Tls = new TlsClientSettings { TrustedAuthorities = server.OtherAuthorities } });
        Assert.Equal(MqttClientCause.DialFailed, cause.Kind);
        Assert.Contains("does not lead to a trusted authority.", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_certificate_is_not_accepted_where_one_is_required()
    {
        var cause = await FailsAsync(Secure("mutual"));
        // With TLS 1.3 the server refuses after the handshake of the client has ended.
        Assert.True(cause.Kind is MqttClientCause.DialFailed or MqttClientCause.ConnectionLost, $"{cause}");
    }

    [Fact]
    public async Task The_certificate_of_mutual_TLS_is_chosen_for_each_attempt()
    {
        var attempts = 0;
        var settings = Secure("mutual") with
        {
            OnAttempt = (attempt, _) => ValueTask.FromResult(++attempts == 1
                ? attempt.Settings
                : attempt.Settings with { Tls = attempt.Settings.Tls! with { ClientCertificates = server.Certificates } }),
        };
        var handler = Akka.Actor.Inbox.Create(server.System);
        var client = server.System.ActorOf(MqttClient.Props(settings, handler.Receiver));
        var events = new List<object>();
        while (events.LastOrDefault() is not MqttClient.Connected)
            events.Add(await handler.ReceiveAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains(events, each => each is MqttClient.Disconnected);
        Assert.Equal(2, attempts);
        client.Tell(new MqttClient.Disconnect(), handler.Receiver);
    }

    [Fact]
    public async Task A_path_that_is_no_endpoint_is_named_with_the_answer_of_the_server()
    {
        var cause = await FailsAsync(Plain(new UriBuilder(server.UriOf(secure: false)) { Path = "/nothing" }.Uri));
        Assert.Equal(MqttClientCause.DialFailed, cause.Kind);
        Assert.Contains("404", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unix_socket_that_nobody_listens_on_fails_the_attempt() =>
        Assert.Equal(MqttClientCause.DialFailed, (await FailsAsync(Plain(new Uri($"unix://{server.SocketPath}-missing")))).Kind);

    [Theory]
    [InlineData("mqtts")]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task A_server_that_accepts_and_says_nothing_fails_the_attempt_in_time(string scheme)
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var connection = MqttConnectionSettings.Create(server.System) with { HandshakeTimeout = TimeSpan.FromMilliseconds(100), DialTimeout = TimeSpan.FromMilliseconds(100) };
        var cause = await FailsAsync(Plain(new Uri($"{scheme}://{silent.LocalEndPoint}")) with { Connection = connection });
        Assert.Equal(MqttClientCause.DialFailed, cause.Kind);
        Assert.Contains("it took longer than 0.1 s.", cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls", "--cafile CA")]
    [InlineData("mutual", "--cafile CA --cert CERT --key KEY")]
    [InlineData("elsewhere", "--cafile CA --insecure")]
    [InlineData("ws", "--ws /mqtt")]
    [InlineData("wss", "--ws /mqtt --cafile CA")]
    [InlineData("unix", "--unix SOCKET")]
    public async Task Commands_connect_by_each_transport(string listener, string options)
    {
        var topic = $"transport/{listener}";
        (await RunAsync(listener, $"pub -t {topic} -m by-{listener} -q 1 -r {options}")).Succeeded();
        Assert.Equal($"by-{listener}\n", (await RunAsync(listener, $"sub -t {topic} -C 1 -W 10 {options}")).Succeeded());
        // The request comes back as its own answer.
        Assert.Equal("echo\n", (await RunAsync(listener, $"rr -t {topic}/echo -e {topic}/echo -m echo -W 10 {options}")).Succeeded());
    }

    [Theory]
    [InlineData("elsewhere", "--cafile CA", "is not for host 'localhost'")]
    [InlineData("tls", "--cafile OTHER", "does not lead to a trusted authority")]
    [InlineData("unix", "--unix SOCKET-missing", "socket-missing")]
    public async Task Commands_say_in_one_line_why_a_transport_fails(string listener, string options, string text)
    {
        foreach (var command in (string[])["pub -t a -m x", "sub -t a", "rr -t a -e b -m x"])
        {
            var result = await RunAsync(listener, $"{command} {options}");
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.Contains(text, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        }
    }

    private static MqttClientSettings Plain(Uri uri) => MqttClientSettings.Create((Config?)null) with { Servers = [uri], FirstWait = TimeSpan.FromMilliseconds(1) };

    private MqttClientSettings Secure(string listener) => Plain(new Uri($"mqtts://localhost:{server.PortOf(listener)}")) with
    {
        Tls = new TlsClientSettings { TrustedAuthorities = server.Authorities },
    };

    private async Task ConnectsAsync(MqttClientSettings settings)
    {
        await using var client = await MqttClient.ConnectAsync(settings, server.System);
        Assert.IsType<MqttClient.Acked>(await client.PublishAsync(new Publish("a", "x") { QoS = QualityOfService.AtLeastOnce }));
    }

    private async Task<MqttClient.Cause> FailsAsync(MqttClientSettings settings)
    {
        var thrown = await Assert.ThrowsAsync<MqttClientException>(() => MqttClient.ConnectAsync(settings, server.System));
        Assert.DoesNotContain('\n', thrown.Message);
        return thrown.Cause!;
    }

    private Task<ClientResult> RunAsync(string listener, string words)
    {
        string[] all =
        [
            .. words.Split(' ').Select(word => word switch
            {
                "CA" => server.AuthorityFile,
                "OTHER" => server.OtherAuthorityFile,
                "CERT" => server.CertificateFile,
                "KEY" => server.KeyFile,
                "SOCKET" => server.SocketPath,
                "SOCKET-missing" => $"{server.SocketPath}-missing",
                _ => word,
            }),
        ];
        if (listener == "unix")
            return ClientResult.RunWithoutHostAsync(all);
        var port = listener is "ws" or "wss" ? server.PortOf(listener == "wss") : server.PortOf(listener);
        return ClientResult.RunAsync(new Uri($"mqtt://localhost:{port}"), all);
    }
}
