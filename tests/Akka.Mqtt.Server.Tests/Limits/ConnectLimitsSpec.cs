using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class ConnectLimitsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private static Connect Hello(string id, MqttVersion version = MqttVersion.V5) => new() { ClientId = id, Version = version };

    [Theory]
    [InlineData(MqttVersion.V5, ReasonCode.QuotaExceeded)]
    [InlineData(MqttVersion.V311, ReasonCode.ServerUnavailable)]
    public async Task One_connection_over_the_limit_is_refused_and_one_that_ends_makes_room(MqttVersion version, ReasonCode code)
    {
        var server = await StartAsync("max-connections = 1");
        var first = await ClientAsync(server, "first");
        await ExpectRefusedAsync(server, Hello("second", version), code, ReasonCode.QuotaExceeded);
        await ExpectNothingAsync(first);
        first.Close();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connections), Soon);
        await ClientAsync(server, "third", version);
    }

    [Fact]
    public async Task Far_more_connections_than_the_limit_are_closed_without_a_word()
    {
        var server = await StartAsync("max-connections = 1");
        for (var at = 0; at < 5; at++)
            await DialAsync(server);
        await AwaitAssertAsync(() => Assert.Equal(5, server.Context.Stats.Connections), Soon);
        using var sixth = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var ended = await Record.ExceptionAsync(async () =>
        {
            await sixth.ConnectAsync((IPEndPoint)server.Endpoints[0].Address); // the reset may come before this has looked
            Assert.Equal(0, await sixth.ReceiveAsync(new byte[1]));
        });
        Assert.True(ended is null or SocketException { SocketErrorCode: SocketError.ConnectionReset }, $"{ended}");
    }

    [Theory]
    [InlineData(MqttVersion.V5, ReasonCode.ConnectionRateExceeded)]
    [InlineData(MqttVersion.V31, ReasonCode.ServerUnavailable)]
    public async Task Connections_that_come_too_fast_are_refused(MqttVersion version, ReasonCode code)
    {
        var server = await StartAsync(ServerContext.Create(Settings("max-connect-rate = 1, max-connect-burst = 2, max-connect-rate-share = 1"), new StoppedClock()));
        await ClientAsync(server, "a");
        await ClientAsync(server, "b");
        await ExpectRefusedAsync(server, Hello("c", version), code, ReasonCode.ConnectionRateExceeded);
    }

    [Theory]
    [InlineData(MqttVersion.V5, ReasonCode.Banned)]
    [InlineData(MqttVersion.V311, ReasonCode.NotAuthorized)]
    public async Task A_client_that_connects_again_and_again_is_banned_for_a_while_and_others_are_not(MqttVersion version, ReasonCode code)
    {
        var clock = new StoppedClock();
        var server = await StartAsync(ServerContext.Create(Settings("flapping { max-connects = 2, window = 1 m, ban = 5 m }"), clock));
        await ClientAsync(server, "flaps", version);
        await ClientAsync(server, "flaps", version);
        await ExpectRefusedAsync(server, Hello("flaps", version), code, ReasonCode.Banned);
        await ClientAsync(server, "other", version);
        clock.Advance(TimeSpan.FromMinutes(4));
        await ExpectRefusedAsync(server, Hello("flaps", version), code, ReasonCode.Banned);
        clock.Advance(TimeSpan.FromMinutes(2));
        await ClientAsync(server, "flaps", version);
    }

    [Fact]
    public async Task One_address_cannot_use_up_the_connect_rate_of_the_others()
    {
        var settings = Settings("max-connect-rate = 4, max-connect-burst = 4, listeners.tcp.host = \"0.0.0.0\", allow-anonymous = on");
        var server = await StartAsync(ServerContext.Create(settings, new StoppedClock()));
        await ClientAsync(server, "a");
        await ClientAsync(server, "b");
        await ExpectRefusedAsync(server, Hello("c"), ReasonCode.ConnectionRateExceeded);
        using var other = await PacketClient.DialAsync((IPEndPoint)server.Endpoints[0].Address, MqttVersion.V5, IPAddress.Parse("127.0.0.2"));
        await other.SendAsync(Hello("d"));
        Assert.Equal(ReasonCode.Success, (await other.ExpectAsync<ConnAck>()).ReasonCode);
    }

    [Fact]
    public async Task Silent_connections_make_room_for_those_that_send_CONNECT()
    {
        var server = await StartAsync("max-pending-connections = 3");
        var silent = new List<TestKit.MqttProbe>();
        for (var at = 0; at < 3; at++)
        {
            silent.Add(await DialAsync(server));
            var pending = at + 1;
            await AwaitAssertAsync(() => Assert.Equal(pending, server.Context.Gate.Pending), Soon); // two that dial at once may be admitted in either order
        }
        await ClientAsync(server, "client");
        await silent[0].ExpectEndAsync(Soon);
        await AwaitAssertAsync(() => Assert.Equal(3, server.Context.Stats.Connections), Soon);
    }

    [Fact]
    public async Task A_connection_that_sends_no_CONNECT_is_closed_in_time()
    {
        var server = await StartAsync("connection.connect-timeout = 50ms");
        var probe = await DialAsync(server);
        await probe.ExpectEndAsync(Soon);
    }

    [Fact]
    public async Task A_packet_over_the_size_that_CONNACK_says_is_answered_0x95()
    {
        var server = await StartAsync("connection.max-packet-size = 1000 B");
        var (probe, answer) = await ConnectAsync(server, Hello("a"));
        Assert.Equal(1000u, answer.Properties!.MaximumPacketSize);
        await probe.SendPacketAsync(new Publish("t", new byte[2000]));
        Assert.Equal(ReasonCode.PacketTooLarge, (await probe.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Refusals(Refused.Connection, ReasonCode.PacketTooLarge)), Soon);
    }

    [Fact]
    public async Task A_CONNECT_over_the_size_before_CONNECT_is_refused()
    {
        var server = await StartAsync("connection.max-connect-packet-size = 100 B");
        await ClientAsync(server, "small");
        var large = await DialAsync(server);
        await large.SendPacketAsync(Hello(new string('x', 200)));
        await large.ExpectEndAsync(Soon); // its version is not known yet, so it is not told why
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Refusals(Refused.Connect, ReasonCode.PacketTooLarge)), Soon);
    }

    [Fact]
    public async Task A_longer_Keep_Alive_than_the_longest_is_replaced_in_5_0_and_refused_in_3_x()
    {
        var server = await StartAsync("max-keep-alive = 30 s");
        var (_, answer) = await ConnectAsync(server, Hello("five") with { KeepAlive = 0 });
        Assert.Equal((ushort)30, answer.Properties!.ServerKeepAlive);
        (_, answer) = await ConnectAsync(server, Hello("short") with { KeepAlive = 20 });
        Assert.Null(answer.Properties!.ServerKeepAlive);
        await ExpectRefusedAsync(server, Hello("three", MqttVersion.V311), ReasonCode.ServerUnavailable);
        await ClientAsync(server, "six", MqttVersion.V5);
    }

    [Fact]
    public async Task A_longer_session_than_the_longest_is_shortened()
    {
        var server = await StartAsync("max-session-expiry = 10 s");
        var (_, answer) = await ConnectAsync(server, Hello("a") with { Properties = new ConnectProperties { SessionExpiryInterval = 60 } });
        Assert.Equal(10u, answer.Properties!.SessionExpiryInterval);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task An_empty_client_identifier_is_refused_where_none_is_given(MqttVersion version)
    {
        var server = await StartAsync("allow-empty-client-id = off");
        await ExpectRefusedAsync(server, new Connect { Version = version }, ReasonCode.ClientIdentifierNotValid);
    }

    [Fact]
    public async Task Short_of_memory_new_connections_are_refused_and_open_ones_live_on()
    {
        var used = 0L;
        var settings = Settings("memory { limit = 1000 KiB, check-interval = 20ms, refuse-connects-at = 0.5, drop-qos0-at = off, disconnect-at = off }");
        var context = ServerContext.Create(settings);
        var server = await StartAsync(context with { Protection = context.Protection with { UsedMemory = () => Volatile.Read(ref used) } });
        var first = await ClientAsync(server, "first");
        Volatile.Write(ref used, 600 << 10);
        await AwaitAssertAsync(() => Assert.Equal(LoadLevel.RefuseConnects, server.Context.Watermark.Level), Soon);
        await ExpectRefusedAsync(server, Hello("second"), ReasonCode.ServerBusy);
        await ExpectRefusedAsync(server, Hello("second", MqttVersion.V311), ReasonCode.ServerUnavailable, ReasonCode.ServerBusy);
        await ExpectNothingAsync(first);
        var (_, back) = await ConnectAsync(server, Hello("first") with { CleanStart = false }); // who has a session comes to empty it
        Assert.Equal(ReasonCode.Success, back.ReasonCode);
        Volatile.Write(ref used, 100 << 10);
        await AwaitAssertAsync(() => Assert.Equal(LoadLevel.Normal, server.Context.Watermark.Level), Soon);
        await ClientAsync(server, "third");
    }
}
