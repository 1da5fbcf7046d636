using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Mqtt.Tests;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>What the log says of a server that fails for hours: one line for each kind of failure, and one more an hour. In virtual time.</summary>
public sealed class BadServerLogSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private const int Attempts = 12; // with a random source that gives 0.5 they take some six minutes

    private readonly MqttServerProbe _server;
    private readonly TestProbe _handler;
    private readonly TestProbe _log;
    private readonly TestProbe _deadLetters;

    public BadServerLogSpec(ITestOutputHelper output)
        : base(TestSystem.Configured(
            "akka { loglevel = INFO, log-dead-letters = off, scheduler.implementation = \"Akka.Mqtt.Tests.VirtualScheduler, Akka.Mqtt.Client.Tests\" }"), null, output)
    {
        _server = this.CreateMqttServerProbe();
        _handler = CreateTestProbe("handler");
        _log = CreateTestProbe("log");
        _deadLetters = CreateTestProbe("dead-letters");
        Sys.EventStream.Subscribe<DeadLetter>(_deadLetters);
        Sys.EventStream.Subscribe<Warning>(_log);
        Sys.EventStream.Subscribe<Error>(_log);
        Sys.EventStream.Subscribe<Info>(_log);
    }

    private MqttClientSettings Settings => MqttClientSettings.Create((Config?)null) with { Servers = [new Uri($"mqtt://{_server.EndPoint}")], ClientId = "client" };

    private VirtualScheduler Time => (VirtualScheduler)Sys.Scheduler;

    [Fact]
    public Task A_server_that_answers_nothing_gets_one_line() => AssertOneLineAsync(Settings, MqttClientCause.NoAnswer, "did not answer CONNECT", async () =>
    {
        await (await _server.AcceptAsync()).ExpectPacketAsync<Connect>();
        Time.Advance(Settings.AnswerTimeout);
    });

    [Fact]
    public Task Half_a_CONNACK_gets_one_line() => AssertOneLineAsync(Settings, MqttClientCause.ConnectionLost, "closed the connection", async () =>
    {
        var server = await _server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendBytesAsync("2003");
        server.CompleteWrites();
    });

    [Fact]
    public Task A_wrong_packet_gets_one_line() => AssertOneLineAsync(Settings, MqttClientCause.ProtocolError, "the server must send CONNACK first.", async () =>
    {
        var server = await _server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendPacketAsync(new Publish("a"));
        server.CompleteWrites();
    });

    [Fact]
    public Task What_is_no_MQTT_gets_one_line() => AssertOneLineAsync(Settings, MqttClientCause.ProtocolError, "", async () =>
    {
        var server = await _server.AcceptAsync();
        await server.ExpectPacketAsync<Connect>();
        await server.SendBytesAsync(Convert.ToHexString("HTTP/1.1 400 Bad Request\r\n\r\n"u8));
        server.CompleteWrites();
    });

    [Fact]
    public Task A_refusal_for_ever_gets_one_line() => AssertOneLineAsync(Settings, MqttClientCause.Refused, "BadUserNameOrPassword", async () =>
        await (await _server.AcceptAsync()).AcceptClientAsync(new ConnAck(ReasonCode.BadUserNameOrPassword)));

    [Fact]
    public async Task A_port_where_nobody_listens_gets_one_line()
    {
        await _server.DisposeAsync();
        await AssertOneLineAsync(Settings, MqttClientCause.DialFailed, "refused", () => Task.CompletedTask);
    }

    [Fact]
    public async Task A_redirect_loop_gets_one_line()
    {
        using var other = this.CreateMqttServerProbe();
        var (here, there) = (_server, other);
        await AssertOneLineAsync(Settings, MqttClientCause.Refused, "UseAnotherServer", async () =>
        {
            await (await here.AcceptAsync()).AcceptClientAsync(
                new ConnAck(ReasonCode.UseAnotherServer) { Properties = new ConnAckProperties { ServerReference = $"{there.EndPoint}" } });
            (here, there) = (there, here);
        }, attempts: 6); // then the first server again
    }

    [Fact]
    public async Task A_certificate_of_another_name_gets_one_line()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var certificate = TestCertificates.Shared.Server("elsewhere.example");
        var settings = Settings with
        {
            Servers = [new Uri($"mqtts://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}")],
            Tls = new TlsClientSettings { TrustedAuthorities = TestCertificates.Shared.Authorities },
        };
        await AssertOneLineAsync(settings, MqttClientCause.DialFailed, "not for host 'localhost' but for elsewhere.example", async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            await using var stream = new SslStream(new NetworkStream(socket));
            try
            {
                await stream.AuthenticateAsServerAsync(certificate);
                await stream.ReadExactlyAsync(new byte[1]);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // the client has left
            }
        }, attempts: 4);
    }

    [Fact]
    public async Task Each_kind_of_failure_gets_a_line_and_one_more_says_that_the_client_is_connected()
    {
        Start(Settings);
        for (var attempt = 0; attempt < 6; attempt++)
        {
            await (await _server.AcceptAsync()).AcceptClientAsync(new ConnAck(attempt % 2 == 0 ? ReasonCode.ServerBusy : ReasonCode.ServerUnavailable));
            Time.Advance((await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).NextAttemptIn);
        }
        await (await _server.AcceptAsync()).AcceptClientAsync(new ConnAck(ReasonCode.Success));
        await _handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
        Assert.Collection(
            Lines(),
            line => Assert.Contains("ServerBusy", line, StringComparison.Ordinal),
            line => Assert.Contains("ServerUnavailable", line, StringComparison.Ordinal),
            line => Assert.EndsWith("connected.", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_lasted_makes_the_next_failure_the_first_again()
    {
        Start(Settings with { KeepAlive = TimeSpan.Zero });
        for (var connection = 0; connection < 2; connection++)
        {
            var server = await _server.AcceptAsync();
            await server.AcceptClientAsync(new ConnAck(ReasonCode.Success));
            await _handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
            Time.Advance(ManagedClient.FailureLog.ForgetAfter);
            server.Abort();
            Time.Advance((await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true)).NextAttemptIn);
        }
        Assert.Equal(2, Lines().Count(line => line.Contains("Next attempt", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_timer_of_a_client_that_has_stopped_is_no_dead_letter()
    {
        var client = Start(Settings);
        await WatchAsync(client);
        Sys.Stop(client);
        await ExpectTerminatedAsync(client);
        client.Tell(ManagedClient.ClientTick.Next);
        client.Tell("the last one");
        for (object? letter = null; letter is not "the last one";)
        {
            letter = (await _deadLetters.ExpectMsgAsync<DeadLetter>()).Message;
            Assert.IsNotType<ManagedClient.ClientTick>(letter);
        }
    }

    /// <summary>Connections wait for their end in virtual time.</summary>
    protected override void AfterAll()
    {
        using var time = new Timer(_ => Time.Advance(TimeSpan.FromSeconds(1)), null, 0, 5);
        base.AfterAll();
    }

    private async Task AssertOneLineAsync(MqttClientSettings settings, MqttClientCause cause, string text, Func<Task> attemptAsync, int attempts = Attempts)
    {
        Start(settings);
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            await attemptAsync();
            var lost = await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
            Assert.True(lost.Cause.Kind == cause, $"{lost}");
            if (attempt == attempts - 1)
                Time.Advance(TimeSpan.FromHours(1)); // the next attempt begins late
            else
                Time.Advance(lost.NextAttemptIn);
        }
        var line = Assert.Single(Lines());
        Assert.Contains(text, line, StringComparison.Ordinal);
        Assert.Contains("logged once an hour", line, StringComparison.Ordinal);

        await attemptAsync();
        await _handler.FishForMessageAsync<MqttClient.Disconnected>(_ => true);
        line = Assert.Single(Lines());
        Assert.Contains($"The same happened {attempts - 1} times", line, StringComparison.Ordinal);
    }

    private IActorRef Start(MqttClientSettings settings) => Sys.ActorOf(MqttClient.Props(settings, _handler, () => 0.5));

    /// <summary>The lines since the last call. The client logs before it tells its handler.</summary>
    private List<string> Lines()
    {
        var lines = new List<string>();
        while (_log.HasMessages)
        {
            if (_log.ReceiveOne(TimeSpan.Zero) is LogEvent logged && logged.Message.ToString() is { } line && !line.Contains("TestScheduler", StringComparison.Ordinal))
                lines.Add(line);
        }
        Assert.False(_deadLetters.HasMessages); // each would be a line of its own
        return lines;
    }
}
