using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class ConnectSpec(ITestOutputHelper output) : ServerSpec(output, "server-keep-alive = 30 s, max-session-expiry = 60 s")
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_client_of_each_version_is_accepted_and_its_pings_are_answered(MqttVersion version)
    {
        var client = await ClientAsync("a", version);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task CONNACK_of_5_0_tells_the_limits_of_the_server()
    {
        var (_, answer) = await ConnectAsync(new Connect
        {
            KeepAlive = 600,
            Properties = new ConnectProperties { SessionExpiryInterval = 3600 },
        });
        var properties = answer.Properties!;
        Assert.Equal(60u, properties.SessionExpiryInterval);
        Assert.Equal((ushort)30, properties.ServerKeepAlive);
        Assert.Equal((ushort)16, properties.TopicAliasMaximum);
        Assert.Equal((ushort)1024, properties.ReceiveMaximum);
        Assert.Equal(16u << 20, properties.MaximumPacketSize);
        Assert.StartsWith("auto-", properties.AssignedClientIdentifier, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_client_identifier_of_3_1_1_without_clean_session_is_refused()
    {
        var client = await DialAsync(MqttVersion.V311);
        await client.SendBytesAsync([0x10, 12, 0, 4, .. "MQTT"u8, 4, 0x00, 0, 60, 0, 0]);
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task An_authentication_method_is_refused_with_0x8C()
    {
        var (client, answer) = await ConnectAsync(new Connect { Properties = new ConnectProperties { AuthenticationMethod = "x" } });
        Assert.Equal(ReasonCode.BadAuthenticationMethod, answer.ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task What_comes_with_CONNECT_in_one_chunk_is_handled_after_CONNACK()
    {
        var client = await DialAsync();
        await client.SendAsync(new Connect { ClientId = "early" }, new Subscribe(1, "t"), new PingReq());
        await client.ExpectAsync<ConnAck>();
        MqttPacket?[] answers = [await client.NextAsync(), await client.NextAsync()];
        Assert.Contains(new SubAck(1, ReasonCodes.GrantedQoS0), answers);
        Assert.Contains(new PingResp(), answers);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_later_connection_of_the_same_client_takes_over(MqttVersion version)
    {
        var first = await ClientAsync("same", version);
        var second = await ClientAsync("same", version);
        if (version == MqttVersion.V5)
            Assert.Equal(ReasonCode.SessionTakenOver, (await first.ExpectAsync<Disconnect>()).ReasonCode);
        await first.ExpectClosedAsync();
        await second.ExpectNothingAsync();
    }

    // 3.1, section 3.1: these bits are not used; 3.1.1 [MQTT-2.2.2-2], 5.0 [MQTT-2.1.3-1]
    [Theory]
    [InlineData(MqttVersion.V31, true)]
    [InlineData(MqttVersion.V311, false)]
    [InlineData(MqttVersion.V5, false)]
    public async Task Flags_of_CONNECT_mean_nothing_in_3_1_and_are_refused_later(MqttVersion version, bool accepted)
    {
        var client = await DialAsync(version);
        var connect = MqttEncoder.Encode(new Connect { ClientId = "c", Version = version }, version);
        connect[0] |= 0x0B;
        await client.SendBytesAsync(connect);
        if (version != MqttVersion.V311)
            Assert.Equal(accepted ? ReasonCode.Success : ReasonCode.MalformedPacket, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        if (accepted)
            await client.ExpectNothingAsync();
        else
            await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_reset_connection_leaves_the_others_alone()
    {
        var other = await ClientAsync("other");
        var killed = await ClientAsync("killed");
        killed.Kill();
        await other.ExpectNothingAsync();
        var again = await ClientAsync("killed");
        await again.ExpectNothingAsync();
    }

    [Fact]
    public async Task AUTH_without_a_method_in_CONNECT_is_a_protocol_error()
    {
        var client = await ClientAsync("a");
        await client.SendAsync(new Auth(ReasonCode.ReAuthenticate) { Properties = new AuthProperties { AuthenticationMethod = "x" } });
        Assert.Equal(ReasonCode.ProtocolError, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Stopping_tells_5_0_clients_0x8B_and_closes_all()
    {
        var five = await ClientAsync("five");
        var three = await ClientAsync("three", MqttVersion.V311);
        var stopping = Server.StopAsync();
        await five.ExpectAsync(new Disconnect(ReasonCode.ServerShuttingDown));
        await five.ExpectClosedAsync();
        await three.ExpectClosedAsync();
        five.Dispose();
        three.Dispose();
        await stopping;
    }

    [Fact]
    public async Task Without_anonymous_access_a_client_is_refused()
    {
        await using var closed = await MqttServer.StartAsync(Sys, Settings("allow-anonymous = off"));
        using var client = await PacketClient.DialAsync((System.Net.IPEndPoint)closed.Endpoints[0].Address, MqttVersion.V5);
        await client.SendAsync(new Connect());
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_port_in_use_fails_the_start_and_names_the_listener()
    {
        var taken = Settings() with { Listeners = [new ListenerSettings("taken", MqttTransport.Tcp, Address)] };
        var error = await Assert.ThrowsAsync<MqttServerException>(() => MqttServer.StartAsync(Sys, taken));
        Assert.Contains("taken", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max-topic-levels = 0", "max-topic-levels")]
    [InlineData("allow-anonymous = perhaps", "allow-anonymous")]
    [InlineData("listeners.tcp.transport = smoke", "listeners.tcp.transport")]
    [InlineData("listeners.x.transport = tls", "listeners.x")]
    [InlineData("max-outstanding-bytes = 8 MiB", "max-outstanding-bytes")]
    public void A_setting_out_of_its_range_is_refused_by_name(string config, string key)
    {
        var error = Assert.ThrowsAny<ConfigurationException>(() => Settings(config));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }
}
